//! What changes a value after it was written: it is not what the file says in the end.

use basematrix::locate::{constant, list};

use super::marked::{lists_by, refuses_by, refuses_list_by, says_by};

const CHANGED: &str = "the value is changed by this statement";

#[test]
fn a_list_of_python_wherever_it_is_changed() {
    for change in [
        "_ = «P.pop(0)»",
        "X = [«P.pop()»]",
        "[«P.append(x)» for x in X]",
        "print(«P.append('3.11')»)",
        "x and «P.append('3.11')»",
        "if (v := '3.11') and «P.append(v)»: pass",
        "def f(): «P.append('3.11')»",
        "class A:\n    def f(self):\n        return [«P.pop()» for _ in self.x]",
        "f(lambda: «P.clear()»)",
        "from x import «P»",
        "from x import y as «P»",
        "import «P»",
        "import «P».y",
        "for «P» in x: pass",
        "for a, («P», b) in x: pass",
        "with open(x) as «P»: pass",
        "try: pass\nexcept E as «P»: pass",
        "def «P»(): pass",
        "class «P»: pass",
        "def f():\n    global P\n    «P» = []",
        "def f():\n    global P\n    for «P» in x: pass",
        "def f():\n    «P[0]» = 'x'",
        "def f():\n    «del P[0]»",
        "def f():\n    «P[0] += 'x'»",
        "[(«P» := x) for x in y]",
        "«P.__setitem__(0, 'x')»",
        "«list.append(P, '3.11')»",
        "«bisect.insort(P, '3.11')»",
        "«insort(P, '3.11')»",
        "«heapq.heappush(P, '3.11')»",
        "«operator.setitem(P, 0, 'x')»",
    ] {
        let marked = format!("P = ['3.12']\n{change}\n");
        refuses_list_by(list, "a.py", &marked, "P", CHANGED);
    }
    refuses_list_by(list, "a.py", "P = ['3.12']\ndel «P»\n", "P", CHANGED);
    for marked in [
        "class A:\n    P = ['3.12']\n    «P.append('3.11')»\n",
        "class A:\n    P = ['3.12']\n    def f(self): «A.P.append('3.11')»\n",
    ] {
        refuses_list_by(list, "a.py", marked, "A.P", CHANGED);
    }
}

#[test]
fn what_is_in_a_mapping_of_python() {
    for change in [
        "«P['py'].append('3.11')»",
        "«P['py'][0]» = '3.11'",
        "«del P['py'][0]»",
        "«P[x].append('3.11')»",
        "def f(): «P['py']» = []",
        "«P.update(py=[])»",
    ] {
        let marked = format!("P = {{'py': ['3.12']}}\n{change}\n");
        refuses_list_by(list, "a.py", &marked, "P.py", CHANGED);
    }
    for same in [
        "P['x'].append('3.11')",
        "P['x'] = []",
        "def f(P): P['py'].append('3.11')",
        "def f(P): P['py'] = []",
        "P['py'].index('3.12')",
    ] {
        let marked = format!("P = {{'py': ['«3.12»'], 'x': []}}\n{same}\n");
        lists_by(list, "a.py", &marked, "P.py", &["3.12"]);
    }
    // The keys of a mapping are what they are, whatever is done to its values.
    for same in [
        "P['3.12'].append(x)",
        "P[x].append(x)",
        "P['3.12']['x'] = 1",
    ] {
        let marked = format!("P = {{'«3.12»': []}}\n{same}\n");
        lists_by(list, "a.py", &marked, "P", &["3.12"]);
    }
    refuses_by(
        constant,
        "a.py",
        "C = {'a': {'tag': 'v1'}}\n«C['a'].update(tag='v9')»\n",
        "C.a.tag",
        CHANGED,
    );
    refuses_by(
        constant,
        "a.py",
        "class S:\n    TAG = 'v1'\ndef f(): «S.TAG» = 'v9'\n",
        "S.TAG",
        CHANGED,
    );
}

#[test]
fn a_text_of_python() {
    for change in [
        "try:\n    from ._v import «TAG»\nexcept ImportError:\n    pass",
        "def f():\n    global TAG\n    «TAG» = 'v9'",
        "def f():\n    global TAG\n    import «TAG»",
    ] {
        let marked = format!("TAG = 'v1'\n{change}\n");
        refuses_by(constant, "a.py", &marked, "TAG", CHANGED);
    }
}

#[test]
fn a_name_of_its_own_is_another() {
    for same in [
        "def f():\n    P = []\n    P.append('3.11')",
        "def f(P): P.append('3.11')",
        "def f(P=None): P.append('3.11')",
        "def f(P: list): P.append('3.11')",
        "def f(P: list = None): P.append('3.11')",
        "def f(*P): P.pop()",
        "def f(**P): P.pop()",
        "def f():\n    for P in x: P.append(1)",
        "def f():\n    with x as P: P.append(1)",
        "def f():\n    import P\n    P.append(1)",
        "def f():\n    P = []\n    def g(): P.append(1)",
        "def f():\n    P = []\n    def g():\n        nonlocal P\n        P = [1]",
        "[P.append(1) for P in x]",
        "f(lambda P: P.pop())",
        "class A:\n    P = []\n    P.append(1)",
        "class A:\n    def P(self): pass",
        "class A:\n    def f(self): self.P.append(1)",
        "x.P.append(1)",
        "P.index('3.12')",
        "Q.append(P)",
        "from x import P as Q",
    ] {
        let marked = format!("P = ['«3.12»']\n{same}\n");
        lists_by(list, "a.py", &marked, "P", &["3.12"]);
    }
    // What is given behind it is what there is in the end.
    for before in [
        "try:\n    from x import P\nexcept ImportError:\n    pass",
        "for P in x: pass",
        "def P(): pass",
    ] {
        let marked = format!("{before}\nP = ['«3.12»']\n");
        lists_by(list, "a.py", &marked, "P", &["3.12"]);
    }
}

#[test]
fn of_typescript() {
    for change in [
        "const x = «P.shift()»;",
        "function f() { «P.push('3.11')»; }",
        "«Array.prototype.push.apply(P, ['3.11'])»;",
        "«[].push.call(P, '3.11')»;",
        "«Object.defineProperty(P, '0', {})»;",
        "«Reflect.set(P, 0, '3.11')»;",
        "x.forEach(v => «P.push(v)»);",
        "if (x) { f(() => { «P.push(v)»; }); }",
        "class A { f() { «P[0] = '3.11'»; } }",
        "class A { static { «P.pop()»; } }",
        "export default function () { «P.length = 0»; }",
        "function f() { «delete P[0]»; }",
        "function f() { «P» = []; }",
        "[«P»] = x;",
        "for («P» of x) {}",
        "f(«P» = []);",
        "{ const x = () => { const P = 1; }; «P.push('3.11')»; }",
        "function f() { { const P = []; } «P.push(1)»; }",
    ] {
        let marked = format!("let P = ['3.12'];\n{change}\n");
        refuses_list_by(list, "a.ts", &marked, "P", CHANGED);
    }
    for change in [
        "«P.py.push('3.11')»",
        "«P['py'].push('3.11')»",
        "«P.py.length = 0»",
    ] {
        let marked = format!("const P = {{ py: ['3.12'] }};\n{change};\n");
        refuses_list_by(list, "a.ts", &marked, "P.py", CHANGED);
    }
    refuses_by(
        constant,
        "a.ts",
        "let TAG = 'v1';\nfunction f() { «TAG» = 'v9'; }\n",
        "TAG",
        CHANGED,
    );
    refuses_list_by(
        list,
        "a.ts",
        "namespace N {\n  const P = ['3.12'];\n  function f() { «P.push('3.11')»; }\n}\n",
        "P",
        CHANGED,
    );
    for same in [
        "function f() { const P = []; P.push('3.11'); }",
        "function f(P) { P.push('3.11'); }",
        "function f(P: string[] = []) { P.push('3.11'); }",
        "x.forEach(P => P.push(1));",
        "x.forEach(([P]) => P.push(1));",
        "function f() { for (const P of x) P.push(1); }",
        "function f() { try {} catch (P) { P.push(1); } }",
        "function f() { const P = []; return () => { P.push(1); }; }",
        "class A { P = []; f() { this.P.push(1); } }",
        "P.indexOf('3.12');",
        "P.py.push(1);",
    ] {
        let marked = format!("const P = ['«3.12»'];\n{same}\n");
        lists_by(list, "a.ts", &marked, "P", &["3.12"]);
    }
}

#[test]
fn of_go() {
    for change in [
        "var _ = func() int { «TAG» = \"v9\"; return 0 }()",
        "func init() { func() { «TAG» = \"v9\" }() }",
        "func Set(tag string) { «TAG» = tag }",
        "func (s S) Set() { if x := f(); x { «TAG» = \"v9\" } }",
        "func f() { for _, «TAG» = range x { } }",
    ] {
        let marked = format!("package a\nvar TAG = \"v1\"\n{change}\n");
        refuses_by(constant, "a.go", &marked, "TAG", CHANGED);
    }
    for same in [
        "func f() { TAG := \"v9\"; TAG = \"v8\" }",
        "func f(TAG string) { TAG = \"v9\" }",
        "func (TAG S) f() { TAG.x = 1 }",
        "func f() { var TAG string; func() { TAG = \"v9\" }() }",
        "func f() (TAG string) { TAG = \"v9\"; return }",
        "func f() { for _, TAG := range x { TAG = \"v9\" } }",
        "func f() { s.TAG = \"v9\" }",
    ] {
        let marked = format!("package a\nvar TAG = \"«v1»\"\n{same}\n");
        says_by(constant, "a.go", &marked, "TAG", "v1");
    }
    refuses_by(
        constant,
        "a.go",
        "package a\nvar C = Config{Tag: \"v1\"}\nfunc main() { «C.Tag = \"v9\"» }\n",
        "C.Tag",
        CHANGED,
    );
}

#[test]
fn of_shell_and_make() {
    for change in [
        "«printf -v TAG v9»",
        "«printf -v TAG '%s' v9»",
        "«read TAG»",
        "«read -r TAG» < version",
        "«read -rp '? ' x TAG»",
        "«mapfile -t TAG» < x",
        "«unset TAG»",
        "for «TAG» in a b; do :; done",
        "while «read -r TAG»; do :; done < x",
    ] {
        let marked = format!("TAG=v1\n{change}\n");
        refuses_by(constant, "a.sh", &marked, "TAG", CHANGED);
    }
    refuses_by(
        constant,
        "a.sh",
        "f() { «read TAG»; }\nTAG=v1\nf\n",
        "TAG",
        CHANGED,
    );
    for same in [
        "unset TAG\nTAG=«v1»\n",
        "for TAG in a b; do :; done\nTAG=«v1»\n",
        "TAG=«v1»\nf() { local TAG; read -r TAG; }\n",
        "TAG=«v1»\nf() { local TAG=; printf -v TAG x; for TAG in a; do :; done; }\n",
        "TAG=«v1»\nread -p TAG x\nprintf TAG\nprintf -v x TAG\n",
    ] {
        says_by(constant, "a.sh", same, "TAG", "v1");
    }
    for (marked, words) in [
        ("«TAG» = v1\nundefine «TAG»\n", "declared 2 times"),
        ("«TAG» = v1\ndefine «TAG»\nv9\nendef\n", "declared 2 times"),
        (
            "«TAG» = v1\noverride define «TAG» =\nv9\nendef\n",
            "declared 2 times",
        ),
        (
            "define «TAG»\nv9\nendef\n",
            "the value is the lines of a `define`",
        ),
    ] {
        refuses_by(constant, "Makefile", marked, "TAG", words);
    }
    says_by(
        constant,
        "Makefile",
        "undefine TAG\nTAG = «v1»\nundefine OTHER\ndefine x\ndefine TAG\nendef\nendef\n",
        "TAG",
        "v1",
    );
}

#[test]
fn a_member_of_an_enum_may_begin_with_an_underscore() {
    lists_by(
        list,
        "a.py",
        "class X(Enum):\n    _ignore_ = 'a'\n    __doc__ = 'b'\n    __own = 'c'\n    _d = '«3.15»'\n",
        "X",
        &["3.15"],
    );
}
