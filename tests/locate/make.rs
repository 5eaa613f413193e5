//! Makefiles.

use super::marked::{list_x, refuse_list_x, refuse_x, say_x};

#[test]
fn variables() {
    for path in [
        "Makefile",
        "GNUmakefile",
        "make/base.mk",
        "Makefile.inc",
        "makefile",
    ] {
        say_x(
            path,
            &[
                ("X = «v1»\n", "v1"),
                ("X := «v1»", "v1"),
                ("X::=«v1»", "v1"),
                ("X :::= «v1»", "v1"),
                ("X ?= «v1»   # the release\n", "v1"),
                ("export X := «v1»  \n", "v1"),
                ("override export X=«v1»", "v1"),
                ("X = \"«v1»\"", "v1"),
                ("X =«»\n", ""),
                ("ifdef A\n  X = «v1»\nendif\n", "v1"),
                (
                    "# X = no\nall: X = no\nall:\n\tX=no\n\techo X = no\ndefine d\nX = no\nendef\nX = «v1»\n",
                    "v1",
                ),
                ("A = a \\\nX = no\nX = «v1»\n", "v1"),
                ("\u{feff}A = é\r\nX := «v1»\r\n", "v1"),
            ],
        );
    }
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "Makefile",
        &[
            (
                "X = «$(shell git describe)» # a\n",
                "the value is put together when it is used: `$(shell git describe)`",
            ),
            (
                "X = «v$(Y)»\n",
                "the value is put together when it is used: `v$(Y)`",
            ),
            (
                "X != «git describe»\n",
                "the value is the output of a command",
            ),
            ("X += «v1»\n", "the value is added to here"),
            (
                "ifdef A\n«X» = a\nelse\n«X» = b\nendif\n",
                "declared 2 times",
            ),
            ("all:\n\tX=1\n", "nothing by this name"),
            ("XY = 1\n", "nothing by this name; there is `XY`"),
        ],
    );
}

#[test]
fn lists() {
    list_x(
        "a.mk",
        &[
            ("X = «3.9» «3.10»  # old\n", &["3.9", "3.10"]),
            ("X := \\\n  «3.9» \\\n  «3.10»\nY = 1\n", &["3.9", "3.10"]),
            ("X :=\n", &[]),
        ],
    );
    refuse_list_x(
        "a.mk",
        &[(
            "X = 3.9 «$(Y)»\n",
            "the value is put together when it is used: `$(Y)`",
        )],
    );
}
