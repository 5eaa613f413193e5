//! TypeScript and JavaScript.

use basematrix::locate::constant;

use super::marked::{list_x, refuse_list_x, refuse_x, say_x, says_by};

#[test]
fn variables_in_every_dialect() {
    for path in [
        "a.ts", "a.tsx", "a.mts", "a.cts", "a.js", "a.jsx", "a.mjs", "a.cjs",
    ] {
        say_x(
            path,
            &[
                ("const X = \"«v1»\";", "v1"),
                ("let X = '«v1»'", "v1"),
                ("var A = 'a', X = `«v1»`", "v1"),
                ("// X = 'no'\nexport const X = '«v1»' /* X */;\n", "v1"),
                (
                    "function f(X = 'no') { const X = 'no'; }\nconst X = ('«v1»')",
                    "v1",
                ),
                (
                    "const o = { X: 'no' }; o.X = 'no'; if (X == 'no') { f() }\nconst X = '«v1»'",
                    "v1",
                ),
                ("exports.X = '«v1»'", "v1"),
                ("module.exports.X = '«v1»'", "v1"),
                ("const X = '«v\\'\\u{31}»'", "v'1"),
                ("const X = `«v\\${1}»`", "v${1}"),
                ("\u{feff}const é = 'ü'\r\nconst X = '«v1»'\r\n", "v1"),
            ],
        );
        says_by(
            constant,
            path,
            "class C { static X = '«v1»'; y = 1 }\nconst X = 'a'",
            "C.X",
            "v1",
        );
    }
    say_x(
        "a.js",
        &[(
            "#!/usr/bin/env node\n'use strict';\nvar X = '«v1»';\n",
            "v1",
        )],
    );
    say_x(
        "a.jsx",
        &[(
            "const A = () => <b X='no'>{a}</b>;\nconst X = '«v1»';\n",
            "v1",
        )],
    );
}

#[test]
fn what_typescript_adds() {
    say_x(
        "a.ts",
        &[
            ("export const X: string = '«v1»' as const;", "v1"),
            ("const X = '«v1»' satisfies Version as string;", "v1"),
            ("const X = '«v1»'!;", "v1"),
            ("const X = <const>'«v1»';", "v1"),
            ("export namespace N { export const X = '«v1»'; }", "v1"),
        ],
    );
    let class = "export abstract class C { public static readonly X: string = '«v1»'; }";
    says_by(constant, "a.ts", class, "C.X", "v1");
    says_by(
        constant,
        "a.ts",
        "export enum E { A = 'a', X = '«v1»' }",
        "E.X",
        "v1",
    );
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    refuse_x(
        "a.ts",
        &[
            (
                "const X = «`v${a}`»",
                "the value is a template with fields in it",
            ),
            (
                "const X = «'v' + a»",
                "the value is the result of an expression",
            ),
            (
                "const X = «process.env.X»",
                "the value is another name's, `process.env.X`",
            ),
            (
                "const X = «require('./package.json')»",
                "the value is the result of `require(…)`",
            ),
            (
                "const { X } = «require('./p')»",
                "the value is unpacked from this",
            ),
            (
                "const { version: X = 'a' } = «p»",
                "the value is unpacked from this",
            ),
            (
                "const X = «3.10»",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            ("const X = «null»", "the value is `null`"),
            ("const X = «['v1']»", "the value is an array"),
            ("declare const «X»: string", "declared without a value"),
            (
                "class C { static X = 'a' }",
                "nothing by this name; there is `C.X`",
            ),
            (
                "if (a) { var «X» = 'a' } else { var «X» = 'b' }",
                "declared 2 times",
            ),
        ],
    );
}

#[test]
fn lists() {
    list_x(
        "a.ts",
        &[
            (
                "export const X = ['«3.9»', \"«3.10»\"] as const",
                &["3.9", "3.10"],
            ),
            (
                "const X: readonly string[] = [\n  '«3.9»', // old\n  `«3.10»`,\n];",
                &["3.9", "3.10"],
            ),
            ("const X = new Set(['«3.9»', '«3.10»'])", &["3.9", "3.10"]),
            ("const X = new Set<string>(['«3.9»'] as const)", &["3.9"]),
            (
                "const X = Object.freeze({ '«3.9»': 1, «latest»: f() })",
                &["3.9", "latest"],
            ),
            (
                "export enum X { A = '«3.9»', B = '«3.10»' }",
                &["3.9", "3.10"],
            ),
            ("const X = { '«3.9»': 1 } satisfies T", &["3.9"]),
        ],
    );
    refuse_list_x(
        "a.js",
        &[
            (
                "const X = ['3.9', «...old»]",
                "the value is whatever another list holds",
            ),
            (
                "const X = ['3.9', «3.10»]",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "const X = ['3.9', «`3.${a}`»]",
                "the value is a template with fields in it",
            ),
            (
                "const X = { '3.9': 1, «3.10»: 2 }",
                "the value is the number `3.10`, which without quotes is `3.1`",
            ),
            (
                "const X = { «[a]»: 1 }",
                "the value is the result of an expression",
            ),
            ("const X = { «a» }", "the value is another name's, `a`"),
            (
                "const X = «old.map(f)»",
                "the value is the result of `old.map(…)`",
            ),
            ("const X = «'3.9'»", "the value is not a list"),
        ],
    );
    refuse_list_x(
        "a.ts",
        &[(
            "enum X { «A» }",
            "the value is a member of an enum without a text",
        )],
    );
}
