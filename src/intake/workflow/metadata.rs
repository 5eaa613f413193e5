//! What `docker/metadata-action` makes of a ref (<https://github.com/docker/metadata-action>).

/// What it is given.
pub(super) struct Given<'a> {
    pub(super) images: &'a str,
    pub(super) tags: &'a str,
    pub(super) flavor: &'a str,
    /// `refs/tags/v1.2.0`.
    pub(super) git_ref: &'a str,
}

/// One line of `tags`: `type=raw,value=x`.
struct Line {
    kind: String,
    keys: Vec<(String, String)>,
}

impl Line {
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.keys.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    fn priority(&self) -> Result<u32, String> {
        if let Some(stated) = self.get("priority") {
            return stated
                .parse()
                .map_err(|_| format!("`{stated}` is no priority"));
        }
        Ok(match self.kind.as_str() {
            "schedule" => 1000,
            "semver" | "pep440" => 900,
            "match" => 800,
            "edge" => 700,
            "ref" => 600,
            "raw" => 200,
            _ => 100,
        })
    }
}

/// The references, one a line, as the output `tags` has them.
pub(super) fn tags(given: &Given<'_>) -> Result<String, String> {
    let mut lines = Vec::new();
    for line in given
        .tags
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        lines.push(read(line));
    }
    if lines.is_empty() {
        let defaults = [
            "type=schedule",
            "type=ref,event=branch",
            "type=ref,event=tag",
            "type=ref,event=pr",
        ];
        lines = defaults.into_iter().map(read).collect();
    }
    let mut flavor: Vec<(String, String)> = Vec::new();
    // The affixes whose line says that they are for `latest`, too.
    let mut on_latest: Vec<&str> = Vec::new();
    for line in given.flavor.lines() {
        let pairs = || {
            line.split(',')
                .filter_map(|pair| pair.trim().split_once('='))
        };
        let latest_too = pairs().any(|pair| pair == ("onlatest", "true"));
        for (key, value) in pairs() {
            flavor.push((key.to_owned(), value.to_owned()));
            if latest_too {
                on_latest.push(key);
            }
        }
    }
    let flavored = |key: &str| {
        let found = flavor.iter().find(|(name, _)| name == key);
        found.map_or("", |(_, value)| value.as_str())
    };
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut latest = flavored("latest") == "true";
    for line in &lines {
        match line.get("enable") {
            None | Some("true") => {}
            Some("false" | "") => continue,
            Some(other) => return Err(format!("whether `enable={other}` holds cannot be told")),
        }
        let Some((tag, moves)) = one(line, given.git_ref)? else {
            continue;
        };
        let prefix = line.get("prefix").unwrap_or(flavored("prefix"));
        let suffix = line.get("suffix").unwrap_or(flavored("suffix"));
        let tag: String = format!("{prefix}{tag}{suffix}")
            .chars()
            .map(|c| match c {
                c if c.is_ascii_alphanumeric() || "._-".contains(c) => c,
                _ => '-',
            })
            .collect();
        found.push((line.priority()?, tag));
        latest |= moves && !matches!(flavored("latest"), "false");
    }
    found.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    let mut names: Vec<String> = Vec::new();
    for (_, tag) in found {
        if !names.contains(&tag) {
            names.push(tag);
        }
    }
    let wants = flavored("latest") == "true" || !names.is_empty();
    let on_latest = |key: &str| match on_latest.contains(&key) {
        true => flavored(key),
        false => "",
    };
    let moving = format!("{}latest{}", on_latest("prefix"), on_latest("suffix"));
    if latest && wants && !names.contains(&moving) {
        names.push(moving);
    }
    let images = given.images.split(['\n', ',']).map(str::trim);
    let images = images.filter(|image| !image.is_empty()).map(|image| {
        let named = image.split(',').find_map(|part| part.strip_prefix("name="));
        named.unwrap_or(image).to_ascii_lowercase()
    });
    let all: Vec<String> = images
        .flat_map(|image| names.iter().map(move |name| format!("{image}:{name}")))
        .collect();
    Ok(all.join("\n"))
}

fn read(line: &str) -> Line {
    let mut kind = "raw".to_owned();
    let mut keys = Vec::new();
    for part in line.split(',') {
        match part.trim().split_once('=') {
            Some(("type", value)) => value.clone_into(&mut kind),
            Some((key, value)) => keys.push((key.to_owned(), value.to_owned())),
            // A bare word is the value of `raw`.
            None => keys.push(("value".to_owned(), part.trim().to_owned())),
        }
    }
    Line { kind, keys }
}

/// The tag of a line, and whether it moves `latest`.
fn one(line: &Line, git_ref: &str) -> Result<Option<(String, bool)>, String> {
    let branch = git_ref.strip_prefix("refs/heads/");
    let tag = git_ref.strip_prefix("refs/tags/");
    let pull = git_ref.strip_prefix("refs/pull/");
    let value = line.get("value").filter(|value| !value.is_empty());
    match line.kind.as_str() {
        "raw" => match value {
            Some(value) => Ok(Some((handlebars(value, git_ref, None)?, false))),
            None => Err("`type=raw` without a value".to_owned()),
        },
        "ref" => Ok(match line.get("event") {
            Some("branch") => branch.map(|name| (name.to_owned(), false)),
            Some("tag") => tag.map(|name| (name.to_owned(), true)),
            Some("pr") => {
                pull.and_then(|name| Some((format!("pr-{}", name.split('/').next()?), false)))
            }
            other => return Err(format!("`type=ref` of the event {other:?} cannot be told")),
        }),
        "semver" | "pep440" => {
            let Some(version) = value.or(tag) else {
                return Ok(None);
            };
            let version = match line.kind.as_str() {
                "semver" => version.strip_prefix('v').unwrap_or(version),
                _ => version,
            };
            let read = Version::read(version);
            let Some(read) = read else {
                return Ok(None);
            };
            let pattern = line.get("pattern").unwrap_or("{{version}}");
            let pattern = match read.pre && pattern != "{{raw}}" {
                // A pre-release has its whole version alone.
                true => "{{version}}",
                false => pattern,
            };
            let moves = !read.pre;
            Ok(Some((handlebars(pattern, git_ref, Some(&read))?, moves)))
        }
        "edge" => match (branch, line.get("branch")) {
            (Some(here), Some(named)) => Ok((here == named).then(|| ("edge".to_owned(), false))),
            (None, _) => Ok(None),
            _ => Err("`type=edge` asks for the default branch: name it".to_owned()),
        },
        // No run of a schedule is meant.
        "schedule" => Ok(None),
        other => Err(format!(
            "what `type={other}` comes to is known to a run alone"
        )),
    }
}

struct Version {
    whole: String,
    parts: Vec<String>,
    pre: bool,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let length = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(text.len());
        let (numbers, rest) = text.split_at(length);
        let parts: Vec<String> = numbers
            .trim_end_matches('.')
            .split('.')
            .map(str::to_owned)
            .collect();
        (parts.len() >= 2 && parts.iter().all(|part| !part.is_empty())).then(|| Version {
            whole: text.to_owned(),
            parts,
            pre: !rest.is_empty() && !rest.starts_with('+'),
        })
    }
}

fn handlebars(pattern: &str, git_ref: &str, version: Option<&Version>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("a `{{` without its end")?;
        text += before;
        rest = after;
        let part = |at: usize| version.and_then(|v| v.parts.get(at).cloned());
        let value = match name.trim() {
            "version" | "raw" => version.map(|v| v.whole.clone()),
            "major" => part(0),
            "minor" => part(1),
            "patch" => part(2),
            "branch" => git_ref.strip_prefix("refs/heads/").map(str::to_owned),
            "tag" => git_ref.strip_prefix("refs/tags/").map(str::to_owned),
            _ => None,
        };
        let fault = || format!("what `{{{{{name}}}}}` comes to is known to a run alone");
        text += &value.ok_or_else(fault)?;
    }
    Ok(text + rest)
}

#[cfg(test)]
mod tests {
    use super::{Given, tags};

    fn of(lines: &str, flavor: &str, git_ref: &str) -> Result<String, String> {
        let images = "acme/base";
        let given = Given {
            images,
            tags: lines,
            flavor,
            git_ref,
        };
        tags(&given).map(|text| text.replace("acme/base:", "").replace('\n', " "))
    }

    #[test]
    fn lines_come_to_the_tags_that_the_action_prints() {
        let cases = [
            ("", "", "refs/heads/main", "main"),
            ("", "", "refs/tags/v1.2.3", "v1.2.3 latest"),
            (
                "type=semver,pattern={{version}}\ntype=semver,pattern={{major}}.{{minor}}",
                "",
                "refs/tags/v1.2.3",
                "1.2.3 1.2 latest",
            ),
            (
                "type=semver,pattern={{major}}",
                "",
                "refs/tags/v1.2.3-rc.1",
                "1.2.3-rc.1",
            ),
            (
                "type=raw,value=x\ntype=ref,event=branch",
                "",
                "refs/heads/a/b",
                "a-b x",
            ),
            (
                "x,enable=false\ny",
                "suffix=-gpu",
                "refs/heads/main",
                "y-gpu",
            ),
            ("type=ref,event=tag", "latest=false", "refs/tags/1.0", "1.0"),
            (
                "type=semver,pattern={{raw}}",
                "suffix=-x,onlatest=true",
                "refs/tags/1.0.0",
                "1.0.0-x latest-x",
            ),
        ];
        for (lines, flavor, git_ref, expected) in cases {
            assert_eq!(
                of(lines, flavor, git_ref).as_deref(),
                Ok(expected),
                "{lines}"
            );
        }
        assert!(of("type=sha", "", "refs/heads/main").is_err());
        assert!(of("type=raw,value={{date 'YYYY'}}", "", "refs/heads/main").is_err());
    }
}
