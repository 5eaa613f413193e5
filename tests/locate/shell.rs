//! Shell scripts.

use basematrix::locate::{constant, list};

use super::marked::{file, list_x, refuse_list_x, refuse_x, say_x};

#[test]
fn variables() {
    say_x(
        "a.sh",
        &[
            ("#!/bin/sh\nX=«v1»\n", "v1"),
            ("X=\"«v1»\" # X=no", "v1"),
            ("X='«v1»'", "v1"),
            ("X=$'«v1»'", "v1"),
            ("export X=\"«v1»\" Y", "v1"),
            ("readonly X=«v1»", "v1"),
            ("declare -r X='«v1»'", "v1"),
            ("typeset X=«v1»; echo", "v1"),
            ("X=«12»", "12"),
            ("X=«»\n", ""),
            ("X=«»", ""),
            ("if true; then\n\tX=«v1»\nfi\n", "v1"),
            ("A=1 X=«v1»\n", "v1"),
            ("f() {\n  local X=no\n  declare X=no\n  X=«v1»\n}\n", "v1"),
            (
                "X=no cmd X=no\necho \"X=no\"\n[ $X = no ]\nMY_X=no\nX=«v1»",
                "v1",
            ),
            ("X=\"«v\\\"\\$1»\"", "v\"$1"),
            ("# é\r\nX='«v1»'", "v1"),
        ],
    );
}

#[test]
fn a_default_is_the_value() {
    say_x(
        "a.bash",
        &[
            ("X=${X:-«v1»}\n", "v1"),
            ("X=\"${X:-«v1»}\"\n", "v1"),
            ("X=\"${X:-\"«v1»\"}\"\n", "v1"),
            ("export X=${OTHER-«v1»}\n", "v1"),
            ("X=${X:='«v1»'}\n", "v1"),
            (": \"${X:=«v1»}\"\n", "v1"),
            (": ${X=«v1»} ${Y:=a}\n", "v1"),
        ],
    );
    refuse_x(
        "a.sh",
        &[(
            "X=\"${X:-«'v1'»}\"",
            "the value is a text with `'` in it, which is not read here",
        )],
    );
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "a.sh",
        &[
            (
                "X=«$(git describe)»",
                "the value is put together when it is used: `$(git describe)`",
            ),
            (
                "X=«`git describe`»",
                "the value is put together when it is used: ``git describe``",
            ),
            (
                "X=«$OTHER»",
                "the value is put together when it is used: `$OTHER`",
            ),
            (
                "X=«${OTHER}»",
                "the value is put together when it is used: `${OTHER}`",
            ),
            (
                "X=«\"v$OTHER\"»",
                "the value is put together when it is used: `v$OTHER`",
            ),
            (
                "X=«v\"1\"»",
                "the value is pieced together from several strings",
            ),
            ("«X+=v1»", "the value is added to here"),
            ("X=«(a b)»", "the value is an array"),
            ("«X»=a\n«X»=b", "declared 2 times"),
            ("f() { local X=v1; }", "nothing by this name"),
            ("VERSION=a", "nothing by this name"),
            ("X[1]=a", "nothing by this name"),
        ],
    );
    let quote = constant(&file("a.sh", "X=\"v1\n"), "X").expect_err("an open quote");
    assert_eq!(quote.to_string(), "`\"` is missing here");
}

#[test]
fn lists() {
    list_x(
        "a.sh",
        &[
            ("X=(«3.9» '«3.10»' \"«3.11»\")", &["3.9", "3.10", "3.11"]),
            (
                "declare -ra X=(\n  «3.9»  # old\n  «3.10»\n)",
                &["3.9", "3.10"],
            ),
            ("X=\"«3.9» «3.10»\"", &["3.9", "3.10"]),
            ("X='«3.9»\n   «3.10»'", &["3.9", "3.10"]),
            ("X=«3.9»", &["3.9"]),
            ("X=${X:-\"«3.9» «3.10»\"}", &["3.9", "3.10"]),
        ],
    );
    refuse_list_x(
        "a.sh",
        &[
            (
                "X=(3.9 «$Y»)",
                "the value is put together when it is used: `$Y`",
            ),
            (
                "X=«\"3.9 $Y\"»",
                "the value is put together when it is used: `3.9 $Y`",
            ),
        ],
    );
    assert!(
        list(&file("a.sh", "X=()"), "X")
            .expect("a list")
            .items
            .is_empty()
    );
}
