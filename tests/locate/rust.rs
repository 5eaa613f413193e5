//! Rust.

use basematrix::locate::constant;

use super::marked::{list_x, refuse_list_x, refuse_x, refuses_by, say_x, says_by};

#[test]
fn constants_and_statics() {
    say_x(
        "src/lib.rs",
        &[
            ("const X: &str = \"«v1»\";", "v1"),
            ("pub const X: &'static str = \"«v1»\";", "v1"),
            ("pub(crate) static X: &str = \"«v1»\";", "v1"),
            (
                "/// X = \"no\"\n#[allow(dead_code)]\npub(in a::b) const X: &str =\n    \"«v1»\"; // X\n",
                "v1",
            ),
            ("const X: &str = r\"«v1»\";", "v1"),
            ("const X: &str = r##\"«v\"#1»\"##;", "v\"#1"),
            ("const X: &str = (\"«v1»\");", "v1"),
            ("mod m { pub mod n { const X: &str = \"«v1»\"; } }", "v1"),
            ("const X: &str = \"«v\\u{31}\\\"»\";", "v1\""),
            (
                "fn f() { const X: &str = \"local\"; }\nconst X: &str = \"«v1»\";",
                "v1",
            ),
            (
                "impl A { const X: &str = \"a\"; }\nconst X: &str = \"«v1»\";",
                "v1",
            ),
            ("\u{feff}// é\r\nconst X: &str = \"«v1»\";\r\n", "v1"),
        ],
    );
    let nested = "mod m { const X: &str = \"«v1»\"; }\nmod n { const X: &str = \"n\"; }";
    says_by(constant, "a.rs", nested, "m::X", "v1");
    for (marked, name) in [
        (
            "impl<T: A> Foo<T> { pub const X: &str = \"«v1»\"; }",
            "Foo::X",
        ),
        (
            "mod m { impl T for a::Foo { const X: &str = \"«v1»\"; } }",
            "Foo::X",
        ),
        ("trait Foo { const X: &str = \"«v1»\"; }", "Foo::X"),
    ] {
        says_by(constant, "a.rs", marked, name, "v1");
    }
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "a.rs",
        &[
            (
                "const X: &str = «env!(\"CARGO_PKG_VERSION\")»;",
                "the value is the result of `env!(…)`",
            ),
            (
                "const X: &str = «concat!(\"v\", \"1\")»;",
                "the value is the result of `concat!(…)`",
            ),
            ("const X: &str = «Y»;", "the value is another name's, `Y`"),
            (
                "const X: &str = «a::Y»;",
                "the value is another name's, `a::Y`",
            ),
            (
                "const X: String = «String::new()»;",
                "the value is the result of `String::new(…)`",
            ),
            (
                "const X: f32 = «3.10»;",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            ("const X: &[u8] = «b\"v1\"»;", "the value is not a `str`"),
            ("const X: bool = «true»;", "the value is `true`"),
            ("const X: char = «'c'»;", "the value is a character"),
            (
                "mod m { const «X»: &str = \"a\"; }\nmod n { const «X»: &str = \"b\"; }",
                "declared 2 times",
            ),
            ("trait A { const Y: &str; }", "nothing by this name"),
            (
                "impl A { const X: &str = \"a\"; }",
                "nothing by this name; there is `A::X`",
            ),
            ("const X: &str = \"v1\"«»\n", "`;` is missing here"),
        ],
    );
    refuses_by(
        constant,
        "a.rs",
        "trait A { const «X»: &str; }",
        "A::X",
        "declared without a value",
    );
}

#[test]
fn lists() {
    list_x(
        "a.rs",
        &[
            (
                "const X: &[&str] = &[\"«3.9»\", r\"«3.10»\"];",
                &["3.9", "3.10"],
            ),
            (
                "pub static X: [&str; 2] = [\n  \"«3.9»\", // old\n  \"«3.10»\",\n];",
                &["3.9", "3.10"],
            ),
            ("const X: (&str, &str) = (\"«a»\", \"«b»\");", &["a", "b"]),
        ],
    );
    refuse_list_x(
        "a.rs",
        &[
            (
                "const X: &[&str] = &[\"3.9\", «OLD»];",
                "the value is another name's, `OLD`",
            ),
            (
                "const X: &[f32] = &[«3.10»];",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "const X: [&str; 2] = «[\"3.9\"; 2]»;",
                "the value is one value, repeated",
            ),
            ("const X: &str = «\"3.9\"»;", "the value is not a list"),
        ],
    );
}
