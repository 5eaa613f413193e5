//! Python.

use basematrix::locate::{Unfound, Unwritable, constant};

use super::marked::{applied, file, list_x, refuse_list_x, refuse_x, refuses_by, say_x, says_by};

#[test]
fn a_string_however_it_is_written() {
    say_x(
        "a.py",
        &[
            ("X = \"«v1»\"\n", "v1"),
            ("X = '«v1»'", "v1"),
            ("X: str = \"«v1»\"", "v1"),
            ("X: Final = \"«v1»\"", "v1"),
            ("X: Final[str] = \"«v1»\"  # X = 'no'", "v1"),
            ("X: typing.Final[\"str\"] = '«v1»'", "v1"),
            ("X = (\"«v1»\")", "v1"),
            (
                "X = (  # why\n    # and how\n    (\"«v1»\"\n    )\n)\n",
                "v1",
            ),
            ("X = \\\n    \"«v1»\"", "v1"),
            ("X = \"\"\"«v1»\"\"\"", "v1"),
            ("X = '''«v1»'''", "v1"),
            ("X = r\"«v1»\"", "v1"),
            ("X = R'''«v1»'''", "v1"),
            ("X = u\"«v1»\"", "v1"),
            ("X = f\"«v1»\"", "v1"),
            ("X = Rf'«v1»'", "v1"),
            ("X = \"«»\"", ""),
            ("X = \"«v\\x31\\u00e9\\\"»\"", "v1é\""),
        ],
    );
}

#[test]
fn wherever_it_is_declared() {
    say_x(
        "pkg/a.pyi",
        &[
            ("if sys.version_info > (3,):\n    X = '«v1»'\n", "v1"),
            (
                "try:\n    import a\nexcept ImportError:\n    pass\nelse:\n    X = '«v1»'\n",
                "v1",
            ),
            ("with a as b:\n    X = '«v1»'\n", "v1"),
            ("X = '«v1»'  # type: str\n", "v1"),
            ("A, X = \"a\", \"«v1»\"", "v1"),
            ("(A, X) = (\"a\", \"«v1»\")", "v1"),
            ("[A, (B, X)] = 'a', ('b', '«v1»')", "v1"),
            ("X = Y = \"«v1»\"", "v1"),
            ("Y = X = \"«v1»\"", "v1"),
            ("a = 1; X = '«v1»'; b = 2", "v1"),
            ("X: str\nX = '«v1»'", "v1"),
        ],
    );
    says_by(
        constant,
        "a.py",
        "class A(B):\n    X = '«v1»'\nX = 'x'\n",
        "A.X",
        "v1",
    );
    says_by(
        constant,
        "a.py",
        "class A:\n    X = 'a'\nX = '«v1»'\n",
        "X",
        "v1",
    );
    says_by(
        constant,
        "a.py",
        "@d\nclass A:\n    class B:\n        X: str = '«v1»'\n",
        "A.B.X",
        "v1",
    );
}

#[test]
fn not_fooled_by_what_looks_like_it() {
    let noise = "\"\"\"X = 'doc'\"\"\"\n# X = 'comment'\nMAX_X = X_MAX = aX = 'other'\nassert X == 'same'\nf(X='keyword')\n\
        def g(X='default'):\n    X = 'local'\n    global Y\nd = {'X': 'key'}\nd['X'] = 'item'\nd.X = 'attribute'\n\
        async def h():\n    X = 'local'\nclass C:\n    X = 'class'\n    def X(self): X = 'l'\n(lambda X='v': X)\nfor aX in 'abc': pass\n";
    for marked in [
        format!("{noise}X = '«v1»'\n"),
        format!("X = '«v1»'\n{noise}"),
    ] {
        says_by(constant, "a.py", &marked, "X", "v1");
    }
    let without = noise.replace("class C:\n    X = 'class'\n", "class C:\n");
    refuses_by(
        constant,
        "a.py",
        &without,
        "X",
        "nothing by this name; there is `d.X`",
    );
    refuses_by(
        constant,
        "a.py",
        noise,
        "X",
        "nothing by this name; there is `d.X`",
    );
    refuses_by(
        constant,
        "a.py",
        "TRUSS_TAG = 'a'",
        "TRUS_TAG",
        "nothing by this name; there is `TRUSS_TAG`",
    );
    refuses_by(constant, "a.py", "", "X", "nothing by this name");
}

#[test]
fn a_tuple_of_numbers() {
    let version = |text: &str| constant(&file("a.py", text), "VERSION").expect("a version");
    let text = "VERSION = (0, 12,  # minor\n  1,)\n";
    let found = version(text);
    assert_eq!(
        (found.value.as_str(), &text[found.span.clone()]),
        ("0.12.1", "0, 12,  # minor\n  1")
    );
    let edits = found.edits(text, "1.0.1").expect("three numbers");
    assert_eq!(edits, [(11..12, "1".to_owned()), (14..16, "0".to_owned())]);
    assert_eq!(applied(text, &edits), "VERSION = (1, 0,  # minor\n  1,)\n");
    for (value, fault, words) in [
        (
            "0.13",
            Unwritable::Parts {
                holds: 3,
                given: 2,
                value: "0.13".into(),
            },
            "the place holds 3 parts, and `0.13` has 2",
        ),
        (
            "0.12.2rc1",
            Unwritable::Number("2rc1".into()),
            "`2rc1` is not a whole number, as the place needs",
        ),
        (
            "0.12.02",
            Unwritable::Number("02".into()),
            "`02` is not a whole number, as the place needs",
        ),
    ] {
        assert_eq!(found.edits(text, value), Err(fault.clone()));
        assert_eq!(fault.to_string(), words);
    }
    for (text, value) in [
        ("VERSION = (12,)", "12"),
        ("VERSION = 1, 2", "1.2"),
        ("VERSION = [1, 2]", "1.2"),
    ] {
        assert_eq!(version(text).value, value, "{text}");
    }
    refuse_x(
        "a.py",
        &[
            ("X = «(1, 2, 'final')»", "the value is a tuple"),
            ("X = «()»", "the value is a tuple"),
        ],
    );
}

#[test]
fn what_is_computed_is_pointed_at() {
    refuse_x(
        "a.py",
        &[
            ("X = «f'v{a}'»", "the value is a string with fields in it"),
            (
                "X = «'v' '1'»",
                "the value is pieced together from several strings",
            ),
            (
                "X = («'v'\n  '1'»)",
                "the value is pieced together from several strings",
            ),
            ("X = «'v' + a»", "the value is the result of an expression"),
            (
                "X = «'v%s' % a»",
                "the value is the result of an expression",
            ),
            (
                "X = «'v{}'.format(a)»",
                "the value is the result of `'v{}'.format(…)`",
            ),
            (
                "X = «importlib.metadata.version('a')»",
                "the value is the result of `importlib.metadata.version(…)`",
            ),
            (
                "X = «os.environ.get('X')»",
                "the value is the result of `os.environ.get(…)`",
            ),
            (
                "X = «__version__»",
                "the value is another name's, `__version__`",
            ),
            ("X = «a.b»", "the value is another name's, `a.b`"),
            (
                "X = «'a' if b else 'c'»",
                "the value is the result of an expression",
            ),
            ("A, X = «f()»", "the value is unpacked from this"),
            ("A, *X = «'a', 'b'»", "the value is unpacked from this"),
            ("«X += 'v1'»", "the value is added to here"),
        ],
    );
}

#[test]
fn what_is_no_text_is_pointed_at() {
    refuse_x(
        "a.py",
        &[
            (
                "X = «3.10»",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            ("X = «3»", "the value is the number `3`, without quotes"),
            ("X = «None»", "the value is `None`"),
            ("X = «b'v1'»", "the value is bytes"),
            ("X = «['v1']»", "the value is a list"),
            ("X = «{'a': 1}»", "the value is a dictionary"),
            (
                "X = «'\\N{BULLET}'»",
                "the value is a text with `\\N` in it, which is not read here",
            ),
            ("«X»: str", "declared without a value"),
        ],
    );
}

#[test]
fn several_are_all_shown() {
    refuse_x(
        "a.py",
        &[
            (
                "try:\n  «X» = f()\nexcept E:\n  «X» = 'v1'",
                "declared 2 times",
            ),
            ("«X» = 'v1'\n«X» = 'v1'\n", "declared 2 times"),
            ("«X» = ['a']\n«X» += ['b']\n", "declared 2 times"),
        ],
    );
}

#[test]
fn a_broken_file_is_used_where_it_is_sound() {
    say_x(
        "a.py",
        &[
            ("X = '«v1»'\n\ndef f(:\n    pass\n\ny = 1\n", "v1"),
            ("print 'old'\nX = '«v1»'\n", "v1"),
        ],
    );
    for text in [
        "X = 'v1\n",
        "X = (\n  'v1'\n",
        "def f(:\n",
        "X = = 'v1'\n",
        "X = 'v1' 'a\n",
    ] {
        let unfound = constant(&file("a.py", text), "X").expect_err(text);
        let syntax = matches!(unfound, Unfound::Syntax { .. });
        assert_eq!(syntax, text.contains('X'), "{text}: {unfound:?}");
    }
}

#[test]
fn lists_however_they_are_written() {
    list_x(
        "a.py",
        &[
            ("X = ['«3.9»', \"«3.10»\"]", &["3.9", "3.10"]),
            (
                "X: list[str] = [\n  '«3.9»',  # old\n  # '3.8',\n  '«3.10»',\n]\n",
                &["3.9", "3.10"],
            ),
            ("X = ('«3.9»',)", &["3.9"]),
            ("X = '«3.9»', '«3.10»'", &["3.9", "3.10"]),
            ("X = {'«3.9»', '«3.10»'}", &["3.9", "3.10"]),
            ("X = {'«3.9»': 'a', '«3.10»': f(b), }", &["3.9", "3.10"]),
            ("X = frozenset({'«3.9»'})", &["3.9"]),
            (
                "X: Final = frozenset(['«3.9»', '«3.10»'])",
                &["3.9", "3.10"],
            ),
            ("X = tuple(('«3.9»',))", &["3.9"]),
            ("X = types.MappingProxyType({'«3.9»': 1})", &["3.9"]),
            ("X = []", &[]),
        ],
    );
}

#[test]
fn lists_that_are_not_written_out() {
    refuse_list_x(
        "a.py",
        &[
            (
                "X = ['3.9', «3.10»]",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            ("X = ['3.9', «f()»]", "the value is the result of `f(…)`"),
            (
                "X = ['3.9', «f'3.{a}'»]",
                "the value is a string with fields in it",
            ),
            (
                "X = ['3.9', «*OLD»]",
                "the value is whatever another list holds",
            ),
            (
                "X = {'3.9': 1, «**OLD»}",
                "the value is whatever another list holds",
            ),
            (
                "X = «['3.9'] + OLD»",
                "the value is the result of an expression",
            ),
            (
                "X = «'3.9 3.10'.split()»",
                "the value is the result of `'3.9 3.10'.split(…)`",
            ),
            ("X = «[a for a in b]»", "the value is a comprehension"),
            ("X = ['3.9', «['3.10']»]", "the value is a list"),
            ("X = «'3.9'»", "the value is not a list"),
            ("X = «OLD»", "the value is another name's, `OLD`"),
        ],
    );
}

#[test]
fn bytes_are_those_of_the_file() {
    say_x(
        "a.py",
        &[
            ("\u{feff}X = '«v1»'\r\n", "v1"),
            ("é = 'ü'\r\nif a:\r\n\tX = (\r\n\t\t'«v1»'\r\n\t)\r\n", "v1"),
            ("日本 = '語'; X = '«v1»' # ©\n", "v1"),
        ],
    );
    refuse_x(
        "a.py",
        &[(
            "\u{feff}é = 1\r\nX = «é»\r\n",
            "the value is another name's, `é`",
        )],
    );
}
