//! Defaults: what a name says when the environment does not.

use super::marked::{refuse_x, say_x};

#[test]
fn python() {
    say_x(
        "a.py",
        &[
            ("X = os.environ.get('X', '«v1»')", "v1"),
            ("X: Final = environ.get(\n    'X',\n    \"«v1»\",\n)", "v1"),
            ("X = os.environ.get('X', default='«v1»')", "v1"),
            ("X = os.getenv('X', '«v1»')", "v1"),
            ("X = os.environ.get('X') or '«v1»'", "v1"),
            ("X = os.environ.get('X', '') or '«v1»'", "v1"),
            ("X = os.getenv('A') or os.getenv('B') or '«v1»'", "v1"),
            ("X = os.getenv('A', os.getenv('B', '«v1»'))", "v1"),
            ("X = os.environ['X'] if 'X' in os.environ else '«v1»'", "v1"),
            ("X = os.environ.setdefault('X', '«v1»')", "v1"),
            ("X: str = Field('«v1»', alias='x')", "v1"),
            ("X: str = pydantic.Field(default='«v1»')", "v1"),
            ("X: str = field(default='«v1»')", "v1"),
            ("X = env.str('X', default='«v1»')", "v1"),
            ("X = env_or('X', '«v1»')", "v1"),
            ("if (X := '«v1»'):\n    print(X)", "v1"),
            ("print(X := '«v1»')", "v1"),
            ("Y = (X := '«v1»')", "v1"),
            ("X = (Y := '«v1»')", "v1"),
            ("while not (X := os.getenv('X', '«v1»')): pass", "v1"),
        ],
    );
    refuse_x(
        "a.py",
        &[
            (
                "X = «os.environ.get('X')»",
                "the value is the result of `os.environ.get(…)`",
            ),
            (
                "X = os.environ.get('X', «Y»)",
                "the value is another name's, `Y`",
            ),
            (
                "X = «os.environ.get('X', 'v1') or 'v2'»",
                "the value is the result of an expression",
            ),
            (
                "X = «f() or 'v1'»",
                "the value is the result of an expression",
            ),
            (
                "X = «getattr(a, 'X', 'v1')»",
                "the value is the result of `getattr(…)`",
            ),
            (
                "X = «f(a, default='v1')»",
                "the value is the result of `f(…)`",
            ),
            (
                "X = «Field(default_factory=f)»",
                "the value is the result of `Field(…)`",
            ),
            (
                "a = [X := 'v1' for _ in b]",
                "nothing by this name; there is `a`",
            ),
        ],
    );
}

#[test]
fn scripts() {
    for path in ["a.ts", "a.js"] {
        say_x(
            path,
            &[
                ("const X = process.env.X ?? '«v1»';", "v1"),
                ("const X = process.env['X'] || \"«v1»\";", "v1"),
                ("const X = process.env.A ?? process.env.B ?? '«v1»';", "v1"),
                ("const X = process.env.X ? process.env.X : '«v1»';", "v1"),
                ("const X = Deno.env.get('X') ?? '«v1»';", "v1"),
                ("const X = import.meta.env.X ?? '«v1»';", "v1"),
                ("const X = getEnv('X', '«v1»');", "v1"),
                ("const { A, X = '«v1»' } = process.env;", "v1"),
            ],
        );
        refuse_x(
            path,
            &[
                (
                    "const X = «f() ?? 'v1'»;",
                    "the value is the result of an expression",
                ),
                (
                    "const X = «process.env.X»;",
                    "the value is another name's, `process.env.X`",
                ),
                (
                    "const { X = 'v1' } = «f()»;",
                    "the value is unpacked from this",
                ),
            ],
        );
    }
}

#[test]
fn go_and_rust() {
    say_x(
        "a.go",
        &[
            ("package a\nvar X = getenv(\"X\", \"«v1»\")\n", "v1"),
            ("package a\nvar X = config.GetEnvOr(\"X\", `«v1»`)\n", "v1"),
            (
                "package a\nvar X = cmp.Or(os.Getenv(\"X\"), \"«v1»\")\n",
                "v1",
            ),
        ],
    );
    refuse_x(
        "a.go",
        &[
            (
                "package a\nvar X = «cmp.Or(f(), \"v1\")»\n",
                "the value is the result of `cmp.Or(…)`",
            ),
            (
                "package a\nvar X = «os.Getenv(\"X\")»\n",
                "the value is the result of `os.Getenv(…)`",
            ),
        ],
    );
    say_x(
        "a.rs",
        &[
            (
                "const X: &str = option_env!(\"X\").unwrap_or(\"«v1»\");",
                "v1",
            ),
            (
                "const X: &str = match option_env!(\"X\") {\n    Some(x) => x,\n    None => \"«v1»\",\n};",
                "v1",
            ),
        ],
    );
    refuse_x(
        "a.rs",
        &[
            (
                "const X: &str = «concat!(\"v\", \"1\")»;",
                "the value is the result of `concat!(…)`",
            ),
            (
                "const X: &str = «f().unwrap_or(\"v1\")»;",
                "the value is the result of `f().unwrap_or(…)`",
            ),
        ],
    );
}

#[test]
fn lines() {
    say_x(
        "Makefile",
        &[
            ("X := $(or $(X),«v1»)\n", "v1"),
            ("X ?= $(or ${A},$(B), «v1»)\n", "v1"),
        ],
    );
    say_x(
        ".env",
        &[("X=${X:-«v1»}\n", "v1"), ("X=\"${X-«v1»}\"\n", "v1")],
    );
    say_x("Dockerfile", &[("ARG X=${Y:-«v1»}\nFROM a\n", "v1")]);
    refuse_x(
        "Makefile",
        &[(
            "X = «$(or $(shell a),v1)»\n",
            "the value is put together when it is used: `$(or $(shell a),v1)`",
        )],
    );
}
