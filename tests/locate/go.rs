//! Go.

use super::marked::{list_x, refuse_list_x, refuse_x, say_x};

#[test]
fn constants_and_variables() {
    say_x(
        "version.go",
        &[
            ("package a\nconst X = \"«v1»\"\n", "v1"),
            ("package a\nconst X string = `«v1»`\n", "v1"),
            ("package a\nvar X = \"«v1»\" // X\n", "v1"),
            ("package a\nvar X = \"«»\" // set by -ldflags\n", ""),
            (
                "package a\nconst (\n\tA = \"a\"\n\t// X = \"no\"\n\tX = \"«v1»\"\n)\n",
                "v1",
            ),
            (
                "package a\nvar (\n\tA string\n\tX string = \"«v1»\"\n)\n",
                "v1",
            ),
            ("package a\nconst A, X = \"a\", \"«v1»\"\n", "v1"),
            (
                "package a\nfunc f() { const X = \"no\"; var X = \"no\"; X := \"no\" }\nconst X = (\"«v1»\")\n",
                "v1",
            ),
            ("\u{feff}package a // é\r\nconst X = \"«v1»\"\r\n", "v1"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "a.go",
        &[
            (
                "package a\nconst X = «\"v\" + Y»\n",
                "the value is the result of an expression",
            ),
            (
                "package a\nvar X = «f(\"a\")»\n",
                "the value is the result of `f(…)`",
            ),
            (
                "package a\nvar X = «pkg.Y»\n",
                "the value is another name's, `pkg.Y`",
            ),
            (
                "package a\nvar A, X = «f()»\n",
                "the value is one of several results",
            ),
            (
                "package a\nconst X = «3.10»\n",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "package a\nvar X = «[]string{\"a\"}»\n",
                "the value is a composite value",
            ),
            ("package a\nvar «X» string\n", "declared without a value"),
            ("package a\nconst version = \"a\"\n", "nothing by this name"),
        ],
    );
}

#[test]
fn lists() {
    list_x(
        "a.go",
        &[
            (
                "package a\nvar X = []string{\"«3.9»\", `«3.10»`}\n",
                &["3.9", "3.10"],
            ),
            (
                "package a\nvar X = [...]string{\n\t\"«3.9»\", // old\n\t\"«3.10»\",\n}\n",
                &["3.9", "3.10"],
            ),
            (
                "package a\nvar X = map[string]bool{\"«3.9»\": true, \"«3.10»\": f()}\n",
                &["3.9", "3.10"],
            ),
            ("package a\nvar X = &[]string{\"«3.9»\"}\n", &["3.9"]),
        ],
    );
    refuse_list_x(
        "a.go",
        &[
            (
                "package a\nvar X = []string{\"3.9\", «Y»}\n",
                "the value is another name's, `Y`",
            ),
            (
                "package a\nvar X = []float64{«3.10»}\n",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "package a\nvar X = «append(a, b)»\n",
                "the value is the result of `append(…)`",
            ),
            ("package a\nvar X = «\"3.9\"»\n", "the value is not a list"),
        ],
    );
}
