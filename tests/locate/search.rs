//! Patterns.

use basematrix::locate::{Search, SearchFault, Unfound, Unwritable, pattern};

use super::marked::{applied, file, unmarked};

#[test]
fn the_group_of_each_match_is_found() {
    for (pattern, marked) in [
        (r"^version: (\S+)$", "a\nversion: «v1»\nb version: v2\n"),
        (r"^version: (.*)$", "a\r\nversion: «v1»\r\nb\r\n"),
        (r"image:(v[0-9]+)", "é image:«v1».2 and image:«v1».\n"),
        (r"(?:a|b)=(\d+)", "\u{feff}a=«1» b=«2» c=3"),
    ] {
        let (text, spans) = unmarked(marked);
        let search = Search::parse(pattern).expect("a pattern");
        let found = search
            .find(&file("notes", &text), spans.len())
            .expect(marked);
        let places: Vec<_> = found.iter().map(|f| f.span.clone()).collect();
        assert_eq!(places, spans);
        assert!(found.iter().all(|f| f.value == text[f.span.clone()]));
        let other = search
            .find(&file("notes", &text), 7)
            .expect_err("not seven");
        assert_eq!(other.to_string(), format!("found {} times", spans.len()));
        assert_eq!(other, Unfound::Count(spans));
    }
}

#[test]
fn what_the_pattern_would_not_find_again_is_not_written() {
    let (text, search) = (
        "v=v1\nv=v1\n",
        Search::parse(r"^v=(v[0-9.]+)$").expect("a pattern"),
    );
    let found = search.find(&file("a", text), 2).expect("two");
    let edits: Vec<_> = found
        .iter()
        .flat_map(|f| f.edits(text, "v2.0").expect("fits"))
        .collect();
    assert_eq!(applied(text, &edits), "v=v2.0\nv=v2.0\n");
    for value in ["2.0", "v2.0rc1", "v2\nv=v3", ""] {
        let refused = found[1].edits(text, value);
        assert_eq!(refused, Err(Unwritable::Pattern(value.to_owned())));
    }
    assert_eq!(
        Unwritable::Pattern("2.0".to_owned()).to_string(),
        "with `2.0` in its place the pattern would not find it again"
    );
}

#[test]
fn a_wrong_pattern_is_told_where() {
    for (pattern, span, words) in [
        ("é(v", 2..3, "unclosed group"),
        ("(v[0-9+)", 2..3, "unclosed character class"),
        (r"(\pX)", 1..4, "Unicode property not found"),
    ] {
        match Search::parse(pattern) {
            Err(SearchFault::Syntax { span: at, what }) => {
                assert_eq!((at, what.as_str()), (span, words));
            }
            other => panic!("{pattern}: {other:?}"),
        }
    }
    for (pattern, words) in [
        (
            "v.*",
            "the pattern has no group: put `(` and `)` around the value",
        ),
        (
            "(a)(b)",
            "the pattern has 2 groups, and one is the value: write the others `(?:…)`",
        ),
        (r"(\w{1000}){1000}", "the pattern is too large"),
    ] {
        assert_eq!(
            Search::parse(pattern).expect_err(pattern).to_string(),
            words
        );
    }
}

/// A pattern that is proposed finds the version, and that alone.
#[test]
fn a_pattern_that_is_proposed_was_tried() {
    for (marked, near) in [
        ("def f():\n    TAG = \"«v1.2.0»\"\n", "TAG"),
        ("TAG = join(\"a\", '«v1.2.0»')\r\n", "TAG"),
        (
            "TAG = f(\n    \"a\",\n    x=\"«v1.2.0»\",\n)\n",
            "TAG = f(\n    \"a\",\n    x=\"v1.2.0\",\n)",
        ),
        ("{ pkgs }: {\n  tag = \"«v1.2.0»\"; # é\n}\n", "tag"),
        ("x TAG: «1.2.0-rc.1»\nTAG: 1.3.0\n", "TAG"),
        ("  TAG (3.12) «v1.2.0»\n", "TAG"),
    ] {
        let (text, spans) = unmarked(marked);
        let file = file("notes", &text);
        let at = text.find(near).expect(near);
        let pattern = pattern(&file, &(at..at + near.len()), &["v1.2.0"]).expect(marked);
        let search = Search::parse(&pattern).expect("a pattern");
        let found = search.find(&file, 1).expect(&pattern);
        assert_eq!(found[0].span, spans[0], "{pattern}");
        assert!(found[0].edits(&text, "v10.0.0-rc.1").is_ok());
    }
    // Nothing is proposed where there is no version, or nothing that tells it.
    for (text, near) in [
        ("TAG = f()\n", "TAG"),
        ("1.2.0\n", "1.2.0"),
        ("a 1.2\na 1.2\n", "a"),
    ] {
        let at = text.find(near).expect(near);
        assert_eq!(
            pattern(&file("notes", text), &(at..at + 1), &[]),
            None,
            "{text}"
        );
    }
}
