//! Dockerfiles.

use super::marked::{list_x, refuse_x, say_x};

#[test]
fn defaults_of_arguments() {
    for path in [
        "Dockerfile",
        "docker/Dockerfile.gpu",
        "gpu.Dockerfile",
        "Containerfile",
        "a.dockerfile",
    ] {
        say_x(
            path,
            &[
                ("ARG X=«v1»\nFROM a:${X}\n", "v1"),
                ("FROM a\narg X=\"«v1»\"\n", "v1"),
                (
                    "# ARG X=no\nARG MY_X=no A=1 X='«v1»' B=2\nFROM a\nENV X=no\nRUN X=no\n",
                    "v1",
                ),
                ("ARG X=«v1»\nFROM a\nARG X\n", "v1"),
                ("ARG \\\n  A=\"x y\" \\\n  X=«v1»\nFROM a\n", "v1"),
                ("FROM a\nARG X=«»\n", ""),
                ("FROM a\nRUN <<E\nARG X=no\nE\nARG X=«v1»\n", "v1"),
                ("\u{feff}# é\r\nARG X=«v1»\r\nFROM a\r\n", "v1"),
            ],
        );
    }
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "Dockerfile",
        &[
            (
                "ARG X=«v${Y}»\nFROM a\n",
                "the value is put together when it is used: `v${Y}`",
            ),
            ("ARG «X»\nFROM a\n", "declared without a value"),
            ("ARG «X»=v1\nFROM a\nARG «X»=v1\n", "declared 2 times"),
            ("ARG VERSION=v1\nFROM a\n", "nothing by this name"),
            ("FROM a\n«FORM b»\nARG X=v1\n", "unknown instruction `FORM`"),
        ],
    );
    list_x(
        "Dockerfile",
        &[("FROM a\nARG X=\"«3.9» «3.10»\"\n", &["3.9", "3.10"])],
    );
}
