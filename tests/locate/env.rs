//! `.env` files.

use super::marked::{list_x, refuse_x, say_x};

#[test]
fn variables() {
    for path in [".env", "deploy/.env.production", "prod.env", ".ENV"] {
        say_x(
            path,
            &[
                ("# X=no\nX=«v1»\n", "v1"),
                ("X=\"«v1»\"", "v1"),
                ("X='«v1»' # X=no", "v1"),
                ("export X=«v1»", "v1"),
                ("  X = «v1»  # why\n", "v1"),
                ("X=«»\n", ""),
                ("X=«» # none yet\n", ""),
                ("X='«v$1»'", "v$1"),
                ("X=\"«a\\\"b#c»\" # d", "a\"b#c"),
                ("\u{feff}é=ü\r\nMY_X=no\r\nX=«v1»\r\n", "v1"),
            ],
        );
    }
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        ".env",
        &[
            (
                "X=«v${Y}»",
                "the value is put together when it is used: `v${Y}`",
            ),
            (
                "X=«\"$Y\"»",
                "the value is put together when it is used: `$Y`",
            ),
            ("X=«'v1»", "the quote is not closed"),
            (
                "X=«a'b'»",
                "the value is pieced together from several strings",
            ),
            (
                "X=«a b»",
                "the value is a text with ` ` in it, which is not read here",
            ),
            ("«X»=a\n«X»=a", "declared 2 times"),
            ("XX=a", "nothing by this name; there is `XX`"),
        ],
    );
    list_x(".env", &[("X=\"«3.9» «3.10»\"", &["3.9", "3.10"])]);
}
