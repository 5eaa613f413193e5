//! `docker build` in a script, where its words can be read without running it.

use indexmap::IndexMap;

/// A call that builds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) tags: Vec<String>,
    pub(super) file: Option<String>,
    pub(super) target: Option<String>,
    pub(super) args: Vec<(String, Option<String>)>,
    pub(super) platforms: Vec<String>,
    pub(super) context: Option<String>,
}

/// The calls of a script, each with why it cannot be read.
pub(super) fn calls(
    script: &str,
    environment: &IndexMap<String, String>,
) -> Vec<Result<Call, String>> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = joined.lines().flat_map(|line| line.split("&&"));
    let lines = lines.map(str::trim).filter(|line| builds(line));
    lines
        .map(|line| words(line, environment).and_then(|words| call(&words)))
        .collect()
}

/// Values that a script puts into a file for later steps: `echo "NAME=value" >> "$GITHUB_ENV"`.
pub(super) fn puts(
    script: &str,
    file: &str,
    environment: &IndexMap<String, String>,
) -> Vec<(String, String)> {
    let lines = script.lines().map(str::trim);
    let lines = lines.filter_map(|line| {
        let (said, rest) = line.strip_prefix("echo ")?.split_once(">>")?;
        let into = rest.trim().trim_matches('"');
        if into != format!("${file}") && into != format!("${{{file}}}") {
            return None;
        }
        let words = words(said.trim(), environment).ok()?;
        let (name, value) = words
            .first()
            .filter(|_| words.len() == 1)?
            .split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    lines.collect()
}

fn builds(line: &str) -> bool {
    let mut words = line.split_whitespace().filter(|word| *word != "sudo");
    let first = (words.next(), words.next(), words.next());
    matches!(
        first,
        (Some("docker" | "podman"), Some("build"), _)
            | (
                Some("docker"),
                Some("buildx" | "image" | "builder"),
                Some("build")
            )
    )
}

/// The words of a line as a shell takes them.
fn words(line: &str, environment: &IndexMap<String, String>) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            ('$', None | Some('"')) => {
                let braced = chars.peek() == Some(&'{');
                if braced {
                    chars.next();
                }
                let mut name = String::new();
                while let Some(next) = chars.peek() {
                    if !(next.is_ascii_alphanumeric() || *next == '_') {
                        break;
                    }
                    name.push(*next);
                    chars.next();
                }
                if name.is_empty() || (braced && chars.next() != Some('}')) {
                    return Err("it computes a word, which only a shell can".to_owned());
                }
                let value = environment.get(&name);
                let fault = || {
                    format!("`${name}` is set by the script: state it with `--set env.{name}=…`")
                };
                let value = value.ok_or_else(fault)?;
                if quote.is_none() && value.contains(char::is_whitespace) {
                    return Err(format!("`${name}` without quotes is several words"));
                }
                word.get_or_insert_default().push_str(value);
            }
            ('`', None | Some('"')) => {
                return Err("it runs a command for a word".to_owned());
            }
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().extend(chars.next());
            }
            ('#', None) if word.is_none() => break,
            (';' | '|' | '>' | '<' | '&', None) => break,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote has no end in its line".to_owned());
    }
    words.extend(word);
    Ok(words)
}

/// Options of `docker build` that take a value and say nothing of the image.
const WITH_VALUE: [&str; 26] = [
    "--cache-from",
    "--cache-to",
    "--output",
    "-o",
    "--progress",
    "--secret",
    "--ssh",
    "--iidfile",
    "--metadata-file",
    "--builder",
    "--network",
    "--attest",
    "--provenance",
    "--sbom",
    "--allow",
    "--shm-size",
    "--ulimit",
    "--memory",
    "-m",
    "--cpuset-cpus",
    "--add-host",
    "--no-cache-filter",
    "--annotation",
    "--label",
    "--cgroup-parent",
    "--isolation",
];

fn call(words: &[String]) -> Result<Call, String> {
    let mut call = Call::default();
    let build = words.iter().position(|word| word == "build");
    let mut rest = words.iter().skip(build.map_or(0, |at| at + 1));
    while let Some(word) = rest.next() {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut given = || match value.take().or_else(|| rest.next().cloned()) {
            Some(value) => Ok(value),
            None => Err(format!("`{name}` has no value")),
        };
        match name {
            "-t" | "--tag" => call.tags.push(given()?),
            "-f" | "--file" => call.file = Some(given()?),
            "--target" => call.target = Some(given()?),
            "--platform" => {
                let platforms = given()?;
                call.platforms
                    .extend(platforms.split(',').map(|p| p.trim().to_owned()));
            }
            "--build-arg" => {
                let arg = given()?;
                call.args.push(match arg.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (arg, None),
                });
            }
            "--build-context" => return Err("it has a named context".to_owned()),
            name if WITH_VALUE.contains(&name) => {
                if word.len() == name.len() {
                    rest.next();
                }
            }
            name if name.starts_with('-') && name.len() > 1 => {}
            _ => call.context = Some(word.clone()),
        }
    }
    Ok(call)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::{calls, puts};

    #[test]
    fn a_build_is_read_word_by_word() {
        let known = IndexMap::from([("PY".to_owned(), "3.12".to_owned())]);
        let script = "set -e\ndocker build --pull -t \"acme/x:$PY\" \\\n  --build-arg PYTHON=${PY} --build-arg=A='b c' -f docker/Dockerfile --platform linux/amd64,linux/arm64 --label x=y . && docker push acme/x:3.12\n";
        let found = calls(script, &known);
        let [Ok(call)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(call.tags, ["acme/x:3.12"]);
        assert_eq!(call.file.as_deref(), Some("docker/Dockerfile"));
        assert_eq!(call.args[0], ("PYTHON".to_owned(), Some("3.12".to_owned())));
        assert_eq!(call.args[1], ("A".to_owned(), Some("b c".to_owned())));
        assert_eq!(call.platforms, ["linux/amd64", "linux/arm64"]);
        assert_eq!(call.context.as_deref(), Some("."));
    }

    #[test]
    fn what_a_shell_computes_is_not_guessed() {
        let none = IndexMap::new();
        for script in [
            "docker build -t x:$(date) .",
            "docker build -t x:$TAG .",
            "docker build -t x:${TAG:-1} .",
            "docker build -t x:`date` .",
            "docker buildx build -t 'x .",
        ] {
            assert!(matches!(&calls(script, &none)[..], [Err(_)]), "{script}");
        }
        assert!(calls("docker pull x\necho docker build", &none).is_empty());
    }

    #[test]
    fn what_later_steps_get_is_known_where_it_is_plain() {
        let none = IndexMap::new();
        let script =
            "echo \"tag=v1\" >> \"$GITHUB_OUTPUT\"\necho \"x=$(date)\" >> $GITHUB_OUTPUT\n";
        let found = puts(script, "GITHUB_OUTPUT", &none);
        assert_eq!(found, [("tag".to_owned(), "v1".to_owned())]);
    }
}
