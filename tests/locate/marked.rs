//! Cases whose expected places are marked in their text.

use std::ops::Range;
use std::sync::Arc;

use basematrix::locate;
use basematrix::locate::{Edit, Found, FoundList, Unfound};
use basematrix::source::SourceFile;

/// A text without its `«»`, and what was between them.
pub(super) fn unmarked(marked: &str) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    let mut spans = Vec::new();
    for piece in marked.split_inclusive(['«', '»']) {
        text.push_str(piece.trim_end_matches(['«', '»']));
        if piece.ends_with('«') {
            spans.push(text.len()..text.len());
        } else if piece.ends_with('»') {
            spans.last_mut().expect("an opening mark").end = text.len();
        }
    }
    (text, spans)
}

pub(super) fn file(path: &str, text: &str) -> Arc<SourceFile> {
    SourceFile::new(path, text)
}

pub(super) fn applied(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for (span, new) in edits.iter().rev() {
        text.replace_range(span.clone(), new);
    }
    text
}

/// How values are looked up: as a constant, or by key.
pub(super) type One = fn(&SourceFile, &str) -> Result<Found, Unfound>;
pub(super) type Many = fn(&SourceFile, &str) -> Result<FoundList, Unfound>;

/// That `name` is found between the marks and says `value`, and that `v2.0.1` can stand there instead: the same text
/// but for what is marked, and read back.
pub(super) fn says_by(one: One, path: &str, marked: &str, name: &str, value: &str) {
    let (text, spans) = unmarked(marked);
    let found = one(&file(path, &text), name)
        .unwrap_or_else(|unfound| panic!("{path}: {marked}\n{unfound:?}"));
    assert_eq!(found.value, value, "{path}: {marked}");
    assert_eq!(vec![found.span.clone()], spans, "{path}: {marked}");
    assert_eq!(found.edits(&text, value), Ok(vec![]), "{path}: {marked}");
    let edits = found.edits(&text, "v2.0.1").expect("a plain word");
    let moved = applied(&text, &edits);
    let kept = (&text[..found.span.start], &text[found.span.end..]);
    assert!(
        moved.starts_with(kept.0) && moved.ends_with(kept.1),
        "{moved}"
    );
    let again = one(&file(path, &moved), name)
        .unwrap_or_else(|unfound| panic!("{path}: {moved}\n{unfound:?}"));
    assert_eq!(again.value, "v2.0.1", "{moved}");
}

/// That `name` is refused with these words at the marked places.
pub(super) fn refuses_by(one: One, path: &str, marked: &str, name: &str, words: &str) {
    let (text, spans) = unmarked(marked);
    match one(&file(path, &text), name) {
        Ok(found) => panic!("{path}: {marked}\nfound {found:?}"),
        Err(unfound) => {
            assert_eq!(unfound.to_string(), words, "{path}: {marked}");
            assert_eq!(places(&unfound), spans, "{path}: {marked}\n{unfound:?}");
        }
    }
}

pub(super) fn places(unfound: &Unfound) -> Vec<Range<usize>> {
    match unfound {
        Unfound::Valueless { span }
        | Unfound::Computed { span, .. }
        | Unfound::NotText { span, .. }
        | Unfound::Syntax { span, .. } => vec![span.clone()],
        Unfound::Several(spans) | Unfound::Count(spans) => spans.clone(),
        Unfound::Nothing { .. } | Unfound::Language { .. } | Unfound::Path(_) => vec![],
    }
}

/// That the list `name` has as its items what is marked, with these values.
pub(super) fn lists_by(many: Many, path: &str, marked: &str, name: &str, values: &[&str]) {
    let (text, spans) = unmarked(marked);
    let list = many(&file(path, &text), name)
        .unwrap_or_else(|unfound| panic!("{path}: {marked}\n{unfound:?}"));
    let found: Vec<&str> = list.items.iter().map(|i| i.value.as_str()).collect();
    assert_eq!(found, values, "{path}: {marked}");
    let places: Vec<Range<usize>> = list.items.iter().map(|i| i.span.clone()).collect();
    assert_eq!(places, spans, "{path}: {marked}");
    for place in places {
        assert!(list.span.start <= place.start && place.end <= list.span.end);
    }
}

/// That the list `name` is refused with these words at the marked place.
pub(super) fn refuses_list_by(many: Many, path: &str, marked: &str, name: &str, words: &str) {
    let (text, spans) = unmarked(marked);
    match many(&file(path, &text), name) {
        Ok(list) => panic!("{path}: {marked}\nfound {list:?}"),
        Err(unfound) => {
            assert_eq!(unfound.to_string(), words, "{path}: {marked}");
            assert_eq!(places(&unfound), spans, "{path}: {marked}\n{unfound:?}");
        }
    }
}

/// Cases of one kind of file: the marked text, and what it says of `X`.
pub(super) fn say_x(path: &str, cases: &[(&str, &str)]) {
    for (marked, value) in cases {
        says_by(locate::constant, path, marked, "X", value);
    }
}

pub(super) fn refuse_x(path: &str, cases: &[(&str, &str)]) {
    for (marked, words) in cases {
        refuses_by(locate::constant, path, marked, "X", words);
    }
}

pub(super) fn list_x(path: &str, cases: &[(&str, &[&str])]) {
    for (marked, values) in cases {
        lists_by(locate::list, path, marked, "X", values);
    }
}

pub(super) fn refuse_list_x(path: &str, cases: &[(&str, &str)]) {
    for (marked, words) in cases {
        refuses_list_by(locate::list, path, marked, "X", words);
    }
}
