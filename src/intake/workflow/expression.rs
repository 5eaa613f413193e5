//! Expressions of GitHub Actions, as far as they can be told without running anything
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>).

use crate::intake::value::{Kind, Node, read};

/// Expressions deeper than this are refused.
const DEEPEST: usize = 60;
/// The longest text that is put together.
const LONGEST: usize = 1_000_000;

/// A value of an expression.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Object(Node),
}

/// Why an expression has no value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Only a run knows this: `github.ref`.
    Unknown(String),
    /// It is none.
    Syntax(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Unknown(name) => {
                write!(
                    f,
                    "`{name}` is known to a run alone; state it with `--set {name}=…`"
                )
            }
            Fault::Syntax(what) => f.write_str(what),
        }
    }
}

/// What names stand for.
pub(super) trait Names {
    /// The value at a path such as `matrix.python`.
    fn look(&self, path: &[String]) -> Result<Value, Fault>;
}

impl Value {
    pub(super) fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(yes) => Value::Bool(*yes),
            Kind::Number(printed, _) => match printed.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Text(printed.clone()),
            },
            Kind::Text(text) => Value::Text(text.clone()),
            Kind::List(_) | Kind::Map(_) => Value::Object(node.clone()),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Object(node) => match node.kind {
                Kind::List(_) => "Array".to_owned(),
                _ => "Object".to_owned(),
            },
        }
    }

    pub(super) fn holds(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(yes) => *yes,
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Text(text) => !text.is_empty(),
            Value::Object(_) => true,
        }
    }

    fn number(&self) -> f64 {
        match self {
            Value::Null => 0.0,
            Value::Bool(yes) => f64::from(u8::from(*yes)),
            Value::Number(number) => *number,
            Value::Text(text) if text.trim().is_empty() => 0.0,
            Value::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
            Value::Object(_) => f64::NAN,
        }
    }

    fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Text(one), Value::Text(other)) => one.to_lowercase() == other.to_lowercase(),
            (Value::Null, Value::Null) => true,
            (Value::Bool(one), Value::Bool(other)) => one == other,
            (Value::Object(_), _) | (_, Value::Object(_)) => false,
            #[expect(clippy::float_cmp, reason = "that is what GitHub's `==` does")]
            _ => self.number() == other.number(),
        }
    }
}

/// A text with its expressions filled in. Of one expression alone its value.
pub(super) fn filled(text: &str, names: &dyn Names) -> Result<Value, Fault> {
    let mut rest = text;
    let mut whole = String::new();
    while let Some((before, after)) = rest.split_once("${{") {
        let end = end(after).ok_or_else(|| Fault::Syntax("a `${{` without its end".to_owned()))?;
        let value = evaluate(&after[..end], names)?;
        rest = &after[end + 2..];
        if whole.is_empty() && before.is_empty() && rest.is_empty() {
            return Ok(value);
        }
        whole += before;
        whole += &value.text();
        if whole.len() > LONGEST {
            return Err(Fault::Syntax("the text is too long".to_owned()));
        }
    }
    Ok(Value::Text(whole + rest))
}

/// Where the `}}` of an expression stands: not in one of its texts.
fn end(text: &str) -> Option<usize> {
    let mut quoted = false;
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| {
        if bytes[*at] == b'\'' {
            quoted = !quoted;
        }
        !quoted && bytes[*at..].starts_with(b"}}")
    })
}

/// The value of an expression.
pub(super) fn evaluate(text: &str, names: &dyn Names) -> Result<Value, Fault> {
    let words = words(text)?;
    let mut reader = Reader {
        words: &words,
        at: 0,
        depth: 0,
        names,
    };
    let value = reader.or()?;
    match reader.peek() {
        None => Ok(value),
        Some(word) => Err(Fault::Syntax(format!(
            "`{}` cannot stand in `{}`",
            word.shown(),
            text.trim()
        ))),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Sign(&'static str),
    Text(String),
    Number(f64),
    Name(String),
}

impl Word {
    fn shown(&self) -> String {
        match self {
            Word::Sign(sign) => (*sign).to_owned(),
            Word::Text(text) => format!("'{text}'"),
            Word::Number(number) => number.to_string(),
            Word::Name(name) => name.clone(),
        }
    }
}

const SIGNS: [&str; 16] = [
    "&&", "||", "==", "!=", "<=", ">=", "!", "<", ">", "(", ")", "[", "]", ".", ",", "*",
];

fn words(text: &str) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let mut value = String::new();
            let mut chars = rest.char_indices().skip(1).peekable();
            let mut done = None;
            while let Some((at, c)) = chars.next() {
                match c {
                    '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                        chars.next();
                        value.push('\'');
                    }
                    '\'' => {
                        done = Some(at + 1);
                        break;
                    }
                    c => value.push(c),
                }
            }
            let done = done.ok_or_else(|| Fault::Syntax("a text without its end".to_owned()))?;
            words.push(Word::Text(value));
            rest = &rest[done..];
        } else if first.is_ascii_digit() || first == '-' {
            let length = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || ".+-".contains(c)))
                .unwrap_or(rest.len());
            let number = rest[..length].parse();
            let fault = |_| Fault::Syntax(format!("`{}` is no number", &rest[..length]));
            words.push(Word::Number(number.map_err(fault)?));
            rest = &rest[length..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
                .unwrap_or(rest.len());
            words.push(Word::Name(rest[..length].to_owned()));
            rest = &rest[length..];
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign
                .ok_or_else(|| Fault::Syntax(format!("`{first}` cannot stand in an expression")))?;
            words.push(Word::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

struct Reader<'a> {
    words: &'a [Word],
    at: usize,
    depth: usize,
    names: &'a dyn Names,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let is = self.peek() == Some(&Word::Sign(sign));
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Result<Value, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::Syntax("the expression is too deep".to_owned()));
        }
        let mut value = self.and();
        while self.takes("||") {
            let other = self.and();
            // What is not needed need not be known.
            value = match value {
                Ok(value) if value.holds() => Ok(value),
                Ok(_) => other,
                Err(fault) => Err(fault),
            };
        }
        self.depth -= 1;
        value
    }

    fn and(&mut self) -> Result<Value, Fault> {
        let mut value = self.equal();
        while self.takes("&&") {
            let other = self.equal();
            value = match value {
                Ok(value) if !value.holds() => Ok(value),
                Ok(_) => other,
                Err(fault) => match other {
                    // Whatever the first is, both do not hold.
                    Ok(other) if !other.holds() && matches!(fault, Fault::Unknown(_)) => {
                        Ok(Value::Bool(false))
                    }
                    _ => Err(fault),
                },
            };
        }
        value
    }

    fn equal(&mut self) -> Result<Value, Fault> {
        let mut value = self.compared();
        loop {
            let equal = match (self.takes("=="), self.takes("!=")) {
                (true, _) => true,
                (_, true) => false,
                _ => return value,
            };
            let other = self.compared();
            value = match (value, other) {
                (Ok(one), Ok(other)) => Ok(Value::Bool(one.same(&other) == equal)),
                (Err(fault), _) | (_, Err(fault)) => Err(fault),
            };
        }
    }

    fn compared(&mut self) -> Result<Value, Fault> {
        let mut value = self.not();
        loop {
            let signs = ["<=", ">=", "<", ">"];
            let Some(sign) = signs.into_iter().find(|sign| self.takes(sign)) else {
                return value;
            };
            let other = self.not();
            value = match (value, other) {
                (Ok(one), Ok(other)) => {
                    let order = match (&one, &other) {
                        (Value::Text(one), Value::Text(other)) => {
                            Some(one.to_lowercase().cmp(&other.to_lowercase()))
                        }
                        _ => one.number().partial_cmp(&other.number()),
                    };
                    Ok(Value::Bool(order.is_some_and(|order| match sign {
                        "<=" => order.is_le(),
                        ">=" => order.is_ge(),
                        "<" => order.is_lt(),
                        _ => order.is_gt(),
                    })))
                }
                (Err(fault), _) | (_, Err(fault)) => Err(fault),
            };
        }
    }

    fn not(&mut self) -> Result<Value, Fault> {
        let mut turned = 0;
        while self.takes("!") {
            turned += 1;
        }
        let value = self.one();
        match turned {
            0 => value,
            n => value.map(|value| Value::Bool(value.holds() == (n % 2 == 0))),
        }
    }

    fn one(&mut self) -> Result<Value, Fault> {
        let Some(word) = self.peek().cloned() else {
            return Err(Fault::Syntax("the expression ends too early".to_owned()));
        };
        self.at += 1;
        match word {
            Word::Text(text) => Ok(Value::Text(text)),
            Word::Number(number) => Ok(Value::Number(number)),
            Word::Sign("(") => {
                let value = self.or();
                self.closed(")")?;
                value
            }
            Word::Sign(sign) => Err(Fault::Syntax(format!("`{sign}` cannot stand there"))),
            Word::Name(name) => match name.as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                "null" => Ok(Value::Null),
                _ if self.takes("(") => {
                    let mut given = Vec::new();
                    while !self.takes(")") {
                        if !given.is_empty() {
                            self.closed(",")?;
                        }
                        given.push(self.or());
                        if self.peek().is_none() {
                            return Err(Fault::Syntax(format!("`{name}(` has no end")));
                        }
                    }
                    let given: Result<Vec<Value>, Fault> = given.into_iter().collect();
                    let value = call(&name, &given?)?;
                    self.below(value)
                }
                _ => self.path(name),
            },
        }
    }

    fn closed(&mut self, sign: &'static str) -> Result<(), Fault> {
        match self.takes(sign) {
            true => Ok(()),
            false => Err(Fault::Syntax(format!("a `{sign}` is missing"))),
        }
    }

    fn path(&mut self, first: String) -> Result<Value, Fault> {
        let mut path = vec![first];
        while let Some(step) = self.step()? {
            path.push(step);
        }
        self.names.look(&path)
    }

    fn below(&mut self, mut value: Value) -> Result<Value, Fault> {
        while let Some(step) = self.step()? {
            value = get(&value, &step);
        }
        Ok(value)
    }

    fn step(&mut self) -> Result<Option<String>, Fault> {
        if self.takes(".") {
            let Some(Word::Name(name)) = self.peek().cloned() else {
                return Err(Fault::Syntax("a name is missing behind `.`".to_owned()));
            };
            self.at += 1;
            return Ok(Some(name));
        }
        if self.takes("[") {
            let step = self.or()?;
            self.closed("]")?;
            return Ok(Some(step.text()));
        }
        Ok(None)
    }
}

/// What stands at a key or number of a value.
pub(super) fn get(value: &Value, step: &str) -> Value {
    let Value::Object(node) = value else {
        return Value::Null;
    };
    let found = match &node.kind {
        Kind::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
        Kind::Map(entries) => entries
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(step))
            .map(|(_, value)| value),
        _ => None,
    };
    found.map_or(Value::Null, Value::of)
}

fn call(name: &str, given: &[Value]) -> Result<Value, Fault> {
    let text = |at: usize| given.get(at).map(Value::text).unwrap_or_default();
    let lower = |at: usize| text(at).to_lowercase();
    Ok(match name.to_ascii_lowercase().as_str() {
        "contains" => Value::Bool(match given.first() {
            Some(Value::Object(node)) => {
                let wanted = given.get(1).cloned().unwrap_or(Value::Null);
                let items = node.list().unwrap_or_default();
                items.iter().any(|item| Value::of(item).same(&wanted))
            }
            _ => lower(0).contains(&lower(1)),
        }),
        "startswith" => Value::Bool(lower(0).starts_with(&lower(1))),
        "endswith" => Value::Bool(lower(0).ends_with(&lower(1))),
        "format" => Value::Text(format(&text(0), given.get(1..).unwrap_or_default())?),
        "join" => {
            let between = match given.len() {
                1 => ",".to_owned(),
                _ => text(1),
            };
            match given.first() {
                Some(Value::Object(node)) => {
                    let items = node.list().unwrap_or_default().iter();
                    let items: Vec<String> = items.map(|item| Value::of(item).text()).collect();
                    Value::Text(items.join(&between))
                }
                _ => Value::Text(text(0)),
            }
        }
        "fromjson" => match read(&text(0)) {
            Ok(node) => Value::of(&node),
            Err(fault) => return Err(Fault::Syntax(format!("`fromJSON`: {}", fault.what))),
        },
        "always" | "success" => Value::Bool(true),
        "failure" | "cancelled" => Value::Bool(false),
        _ => return Err(Fault::Unknown(format!("{name}()"))),
    })
}

fn format(pattern: &str, given: &[Value]) -> Result<String, Fault> {
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' if chars.peek() == Some(&'{') => {
                chars.next();
                text.push('{');
            }
            '}' if chars.peek() == Some(&'}') => {
                chars.next();
                text.push('}');
            }
            '{' => {
                let number: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let value = number.parse().ok().and_then(|at: usize| given.get(at));
                let value = value
                    .ok_or_else(|| Fault::Syntax(format!("`format` has no `{{{number}}}`")))?;
                text += &value.text();
            }
            c => text.push(c),
        }
        if text.len() > LONGEST {
            return Err(Fault::Syntax("the text is too long".to_owned()));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Fault, Names, Value, evaluate, filled};

    struct Known;

    impl Names for Known {
        fn look(&self, path: &[String]) -> Result<Value, Fault> {
            match path.join(".").as_str() {
                "matrix.py" => Ok(Value::Text("3.12".to_owned())),
                "matrix.n" => Ok(Value::Number(3.1)),
                path if path.starts_with("matrix.") => Ok(Value::Null),
                path => Err(Fault::Unknown(path.to_owned())),
            }
        }
    }

    #[test]
    fn expressions_come_to_what_github_says() {
        let cases = [
            ("matrix.py", "3.12"),
            ("matrix.n", "3.1"),
            ("matrix.none", ""),
            ("matrix.py == '3.12' && 'new' || 'old'", "new"),
            ("matrix.none != '' && '-' || ''", ""),
            ("'ABC' == 'abc'", "true"),
            ("1 == '1'", "true"),
            ("!matrix.none", "true"),
            ("format('{0}-{1}{{}}', matrix.py, 2)", "3.12-2{}"),
            ("fromJSON('{\"a\":[1,2]}').a[1]", "2"),
            ("join(fromJSON('[1,\"x\"]'), '+')", "1+x"),
            ("contains('Hello', 'ell') && startsWith('ab', 'A')", "true"),
            ("'it''s'", "it's"),
            ("(2 > 1) && (1 >= 1)", "true"),
            ("false && github.sha", "false"),
            ("true || github.sha", "true"),
            ("github.sha && false", "false"),
        ];
        for (text, expected) in cases {
            let value = evaluate(text, &Known).expect(text);
            assert_eq!(value.text(), expected, "{text}");
        }
        let text = filled("py${{ matrix.py }}-${{ 'a}}b' }}", &Known).expect("a text");
        assert_eq!(text.text(), "py3.12-a}}b");
        let unknown = evaluate("github.sha == 'x'", &Known).expect_err("a fault");
        assert_eq!(unknown, Fault::Unknown("github.sha".to_owned()));
        for broken in ["'a", "a b", "(1", "f(1", "a.", "&& 1", "", "1 +", "a[", "%"] {
            assert!(evaluate(broken, &Known).is_err(), "{broken}");
        }
        assert!(evaluate(&"(".repeat(10_000), &Known).is_err());
        assert!(evaluate(&"!".repeat(100_000), &Known).is_err());
    }
}
