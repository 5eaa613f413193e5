//! Into mappings of code, what changes them, and lists that are types.

use basematrix::locate::{constant, list};

use super::marked::{list_x, lists_by, refuse_list_x, refuses_by, refuses_list_by, say_x, says_by};

#[test]
fn a_value_of_a_mapping() {
    for (path, marked, name) in [
        ("a.py", "CONFIG = {\"tag\": \"«v1»\"}\n", "CONFIG.tag"),
        (
            "a.py",
            "CONFIG = {'a': {'b-c': '«v1»'}}\n",
            "CONFIG.a[\"b-c\"]",
        ),
        (
            "a.py",
            "CONFIG: Final = dict(a=1, tag='«v1»')\n",
            "CONFIG.tag",
        ),
        (
            "a.py",
            "CONFIG = MappingProxyType({'tag': os.getenv('X', '«v1»')})\n",
            "CONFIG.tag",
        ),
        ("a.py", "CONFIG = Config(tag='«v1»')\n", "CONFIG.tag"),
        ("a.py", "CONFIG = {**BASE, 'tag': '«v1»'}\n", "CONFIG.tag"),
        (
            "a.py",
            "CONFIG = {}\nCONFIG['tag'] = '«v1»'\n",
            "CONFIG.tag",
        ),
        ("a.py", "C = {'tag': '«v1»'}\nC['other'] = 'v1'\n", "C.tag"),
        ("a.py", "class A:\n    C = {'tag': '«v1»'}\n", "A.C.tag"),
        (
            "a.py",
            "I = [{'name': 'a', 'tag': 'v1'}, {'name': 'b', 'tag': '«v1»'}]\n",
            "I[name=b].tag",
        ),
        ("a.py", "I = ('v1', '«v1»')\n", "I[1]"),
        (
            "a.ts",
            "export const CONFIG = { tag: '«v1»' } as const;\n",
            "CONFIG.tag",
        ),
        (
            "a.ts",
            "const C = Object.freeze({ 'a.b': { tag: `«v1»` } });\n",
            "C[\"a.b\"].tag",
        ),
        (
            "a.ts",
            "const C = [{ n: 'a', t: 'v1' }, { n: 'b', t: '«v1»' }];\n",
            "C[n=b].t",
        ),
        ("a.js", "module.exports = { TAG: '«v1»' };\n", "TAG"),
        (
            "a.go",
            "package a\nvar C = map[string]string{\"tag\": \"«v1»\"}\n",
            "C.tag",
        ),
        (
            "a.go",
            "package a\nvar C = &Config{Image: Image{Tag: \"«v1»\"}}\n",
            "C.Image.Tag",
        ),
        (
            "a.rs",
            "const C: Config = Config { tag: \"«v1»\" };\n",
            "C.tag",
        ),
    ] {
        says_by(constant, path, marked, name, "v1");
    }
    for (path, marked, name, words) in [
        (
            "a.py",
            "C = {'tag': 'v1', «**BASE»}\n",
            "C.tag",
            "the value is what may say it anew",
        ),
        (
            "a.py",
            "C = {«**BASE»}\n",
            "C.tag",
            "the value is whatever another mapping holds",
        ),
        (
            "a.py",
            "C = {«'tag'»: 'v1', «'tag'»: 'v2'}\n",
            "C.tag",
            "declared 2 times",
        ),
        (
            "a.py",
            "C = {'tag': «'v1'»}\nC['tag'] = «'v2'»\n",
            "C.tag",
            "declared 2 times",
        ),
        (
            "a.py",
            "C = {'tag': 'v1'}\n«C.update(tag='v2')»\n",
            "C.tag",
            "the value is changed by this statement",
        ),
        (
            "a.py",
            "C = {'tga': 'v1'}\n",
            "C.tag",
            "nothing by this name; there is `tga`",
        ),
        (
            "a.py",
            "C = «load()»\n",
            "C.tag",
            "the value is the result of `load(…)`",
        ),
        (
            "a.py",
            "C = «'v1'»\n",
            "C.tag",
            "the value is no mapping of keys",
        ),
        (
            "a.ts",
            "const C = { tag: 'v1', «...base» };\n",
            "C.tag",
            "the value is what may say it anew",
        ),
        (
            "a.ts",
            "const C = { «tag» };\n",
            "C.tag",
            "the value is another name's",
        ),
        (
            "a.rs",
            "const C: C = C { «..D» };\n",
            "C.tag",
            "the value is whatever another mapping holds",
        ),
    ] {
        refuses_by(constant, path, marked, name, words);
    }
}

#[test]
fn a_list_that_is_changed_later() {
    for change in [
        "X.append('3.11')",
        "X.extend(Y)",
        "X.insert(0, '3.11')",
        "X.remove('3.12')",
        "X.pop()",
        "X.clear()",
        "del X[0]",
        "X[0] = '3.11'",
        "X[:] = []",
        "X['3.14'] = True",
        "X.add('3.11')",
        "X.update(Y)",
    ] {
        // The assignment of an item is told at the item, all others as the statement that they are.
        let marked = match change.split_once(" = ") {
            Some((item, value)) => format!("X = ['3.12']\n«{item}» = {value}\n"),
            None => format!("X = ['3.12']\nif a:\n    «{change}»\n"),
        };
        refuses_list_by(
            list,
            "a.py",
            &marked,
            "X",
            "the value is changed by this statement",
        );
    }
    refuse_list_x(
        "a.py",
        &[("«X» = {'3.12'}\n«X» |= {'3.11'}\n", "declared 2 times")],
    );
    refuses_list_by(
        list,
        "a.py",
        "class A:\n    X = ['3.12']\n«A.X.append('3.11')»\n",
        "A.X",
        "the value is changed by this statement",
    );
    for change in [
        "X.push('3.11')",
        "X.splice(0, 1)",
        "delete X[0]",
        "X[0] = '3.11'",
        "X.length = 0",
        "Object.assign(X, [])",
    ] {
        let marked = format!("const X = ['3.12'];\n«{change}»;\n");
        refuses_list_by(
            list,
            "a.ts",
            &marked,
            "X",
            "the value is changed by this statement",
        );
    }
    refuse_list_x(
        "a.ts",
        &[("let «X» = ['3.12'];\n«X» = [];\n", "declared 2 times")],
    );
    for marked in ["X=(3.12)\n«X[1]=3.11»\n", "X=(3.12)\n«unset 'X[0]'»\n"] {
        refuses_list_by(
            list,
            "a.sh",
            marked,
            "X",
            "the value is changed by this statement",
        );
    }
    refuse_list_x("a.sh", &[("«X»=(3.12)\n«X»+=(3.11)\n", "declared 2 times")]);
    refuses_list_by(
        list,
        "a.go",
        "package a\nvar X = []string{\"3.12\"}\nfunc init() { «X» = append(X, \"3.11\") }\n",
        "X",
        "the value is changed by this statement",
    );
    // What only looks at it, or changes another, leaves it alone.
    list_x(
        "a.py",
        &[(
            "X = ['«3.12»']\nX.index('3.12')\nY.append(X)\nXX.append('3.11')\nA.X.append('3.11')\ndef f(X):\n    X.append(1)\n",
            &["3.12"],
        )],
    );
    say_x("a.sh", &[("unset X\nX=«v1»\n", "v1")]);
}

#[test]
fn a_list_that_is_a_type() {
    list_x(
        "a.py",
        &[
            ("X = Literal[\"«3.12»\", \"«3.13»\"]\n", &["3.12", "3.13"]),
            ("X: TypeAlias = typing.Literal['«3.12»']\n", &["3.12"]),
            ("type X = Literal['«3.12»', '«3.13»']\n", &["3.12", "3.13"]),
            (
                "X = Literal['«3.12»'] | Literal['«3.13»'] | None\n",
                &["3.12", "3.13"],
            ),
            (
                "X: Literal['«3.12»', '«3.13»'] = '3.12'\n",
                &["3.12", "3.13"],
            ),
            (
                "class X(str, enum.Enum):\n    \"\"\"doc\"\"\"\n    A = '«3.12»'\n    B = '«3.13»'\n    _ignore_ = 'c'\n    def f(self): return 'x'\n",
                &["3.12", "3.13"],
            ),
            ("class X(StrEnum):\n    A = '«3.12»'\n", &["3.12"]),
            (
                "class X(Enum):\n    A = '«3.12»'\n    OLDEST = A\n",
                &["3.12"],
            ),
            (
                "X = Enum('X', {'A': '«3.12»', 'B': '«3.13»'})\n",
                &["3.12", "3.13"],
            ),
            ("X = enum.StrEnum('X', [('A', '«3.12»')])\n", &["3.12"]),
            (
                "from typing import (Any, Literal as L)\nX = L['«3.12»']\n",
                &["3.12"],
            ),
            (
                "X = Optional[Literal['«3.12»', '«3.13»']]\n",
                &["3.12", "3.13"],
            ),
            (
                "X = typing.Union[Literal['«3.12»'], Literal['«3.13»'], None]\n",
                &["3.12", "3.13"],
            ),
            (
                "X = Annotated[Literal['«3.12»'], Field(title='x')]\n",
                &["3.12"],
            ),
        ],
    );
    lists_by(
        list,
        "a.py",
        "class A:\n    class X(Enum):\n        B = '«3.12»'\n",
        "A.X",
        &["3.12"],
    );
    lists_by(list, "a.py", "C = {'p': ['«3.12»']}\n", "C.p", &["3.12"]);
    list_x(
        "a.ts",
        &[
            (
                "export type X = \"«3.12»\" | '«3.13»';\n",
                &["3.12", "3.13"],
            ),
            ("const X = z.enum(['«3.12»']);\n", &["3.12"]),
        ],
    );
    refuse_list_x(
        "a.py",
        &[
            (
                "class X(StrEnum):\n    A = «auto()»\n",
                "the value is the result of `auto(…)`",
            ),
            (
                "X = «L['3.12']»\n",
                "the value is the result of an expression",
            ),
            (
                "class X(Enum):\n    A = '3.12'\n    B = «C»\n",
                "the value is another name's, `C`",
            ),
            (
                "X = «Optional['3.12']»\n",
                "the value is the result of an expression",
            ),
        ],
    );
    refuse_list_x(
        "a.ts",
        &[("type X = «string»;\n", "the value is not a list")],
    );
}
