//! What a registry asks for before it answers: the header `WWW-Authenticate` (RFC 9110, section 11.6.1).

/// One way to say who one is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// `bearer` or `basic`, in lower case.
    pub scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter by its name in lower case; none that is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        let (_, value) = all.find(|(known, value)| known == name && !value.is_empty())?;
        Some(value)
    }
}

/// Every challenge of one header, in its order. What follows no grammar is passed over.
pub(super) fn challenges(header: &str) -> Vec<Challenge> {
    let between = [' ', '\t', ','];
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = header.trim_start_matches(between);
    while !rest.is_empty() {
        let end = rest.find([' ', '\t', ',', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let after = after.trim_start_matches([' ', '\t']);
        rest = match (after.strip_prefix('='), found.last_mut()) {
            (Some(after), Some(challenge)) => {
                let (value, after) = value(after.trim_start_matches([' ', '\t']));
                challenge
                    .parameters
                    .push((word.to_ascii_lowercase(), value));
                after
            }
            // A sign that cannot stand there.
            _ if word.is_empty() => after.get(1..).unwrap_or_default(),
            _ => {
                found.push(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    parameters: Vec::new(),
                });
                after
            }
        }
        .trim_start_matches(between);
    }
    found
}

/// A word or a quoted text, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (out, &quoted[at + 1..]),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            c => out.push(c),
        }
    }
    (out, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Vec<(String, Vec<(String, String)>)> {
        let all = challenges(header).into_iter();
        all.map(|c| (c.scheme, c.parameters)).collect()
    }

    fn is(scheme: &str, parameters: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        (scheme.to_owned(), parameters.iter().map(own).collect())
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        assert_eq!(
            read(
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
            ),
            [is(
                "bearer",
                &[
                    ("realm", "https://auth.docker.io/token"),
                    ("service", "registry.docker.io"),
                    ("scope", "repository:a/b:pull,push"),
                ]
            )]
        );
        assert_eq!(
            read(r#"basic Realm=x , BEARER realm = "a \"b\" , c", service=s"#),
            [
                is("basic", &[("realm", "x")]),
                is("bearer", &[("realm", r#"a "b" , c"#), ("service", "s")]),
            ]
        );
    }

    #[test]
    fn what_is_no_challenge_is_passed_over() {
        for odd in [
            "",
            "=",
            "\"",
            ",,,",
            "=a=b",
            "é\"=",
            "Bearer realm=\"",
            "a=\"\\",
        ] {
            challenges(odd);
        }
        assert_eq!(read("=x, Basic"), [is("x", &[]), is("basic", &[])]);
        assert_eq!(challenges("Bearer realm=\"\"")[0].get("realm"), None);
    }
}
