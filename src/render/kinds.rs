//! Which dialect a file of one's own has: told by the ending of its path, or by its name.

use crate::render::dialect::{Dialect, Sign};

/// YAML that nobody but a reader of YAML looks into.
const PLAIN: Sign = Sign {
    text: "",
    disarmed: "",
    in_scripts: false,
    backslash: None,
};

/// Compose expands variables in every value, and reads `$$` as `$`.
/// <https://docs.docker.com/reference/compose-file/interpolation/>
const COMPOSE: Sign = Sign {
    text: "$",
    disarmed: "$$",
    in_scripts: true,
    backslash: None,
};

/// Endings, each with what it stands for.
const ENDINGS: [(&str, Dialect); 22] = [
    (".md", Dialect::Markdown),
    (".markdown", Dialect::Markdown),
    (".html", Dialect::Html),
    (".htm", Dialect::Html),
    (".mmd", Dialect::Mermaid),
    (".json", Dialect::Json),
    (".yml", Dialect::Yaml(PLAIN)),
    (".yaml", Dialect::Yaml(PLAIN)),
    (".toml", Dialect::Toml),
    (".csv", Dialect::Csv),
    (".txt", Dialect::Text),
    (".sh", Dialect::Shell),
    (".mk", Dialect::Make),
    (".py", Dialect::Python),
    (".go", Dialect::Go),
    (".ts", Dialect::Script),
    (".mts", Dialect::Script),
    (".cts", Dialect::Script),
    (".js", Dialect::Script),
    (".mjs", Dialect::Script),
    (".cjs", Dialect::Script),
    ("Makefile", Dialect::Make),
];

/// How a comment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What stands before its text.
    pub opens: &'static str,
    /// What stands behind it; nothing where the line ends it.
    pub closes: &'static str,
}

impl Comment {
    /// A line of it.
    pub fn line(self, text: &str) -> String {
        match self.closes {
            "" => format!("{} {text}", self.opens),
            closes => format!("{} {text} {closes}", self.opens),
        }
    }

    /// What a line says that is a comment and nothing else.
    pub fn text(self, line: &str) -> Option<&str> {
        let inside = line.trim().strip_prefix(self.opens)?;
        Some(inside.strip_suffix(self.closes)?.trim())
    }
}

impl Dialect {
    /// The dialect of a file; `None` where its ending tells of none.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        if ["Makefile", "GNUmakefile", "makefile"].contains(&name) {
            return Some(Dialect::Make);
        }
        let mut endings = ENDINGS.iter().filter(|(ending, _)| ending.starts_with('.'));
        // A dot alone in front is the name of a hidden file, and ends nothing.
        let (_, found) =
            endings.find(|(ending, _)| name.len() > ending.len() && name.ends_with(ending))?;
        let compose = name.starts_with("compose") || name.starts_with("docker-compose");
        Some(match found {
            Dialect::Yaml(_) if compose => Dialect::Yaml(COMPOSE),
            found => *found,
        })
    }

    /// The endings that tell of one.
    pub fn endings() -> impl Iterator<Item = &'static str> + Clone {
        ENDINGS.iter().map(|(ending, _)| *ending)
    }

    /// How it writes a comment; `None` where it has none.
    pub fn comment(self) -> Option<Comment> {
        let (opens, closes) = match self {
            Dialect::Markdown | Dialect::Html => ("<!--", "-->"),
            Dialect::Mermaid => ("%%", ""),
            Dialect::Go | Dialect::Script => ("//", ""),
            Dialect::Dockerfile
            | Dialect::Yaml(_)
            | Dialect::Shell
            | Dialect::Python
            | Dialect::Toml
            | Dialect::Make => ("#", ""),
            Dialect::Json | Dialect::Csv | Dialect::Text => return None,
        };
        Some(Comment { opens, closes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_says() {
        assert_eq!(Dialect::of_path("docs/a.b.md"), Some(Dialect::Markdown));
        assert_eq!(Dialect::of_path("Makefile"), Some(Dialect::Make));
        assert_eq!(
            Dialect::of_path("dev/compose.ci.yml"),
            Some(Dialect::Yaml(COMPOSE))
        );
        assert_eq!(Dialect::of_path("a.yml"), Some(Dialect::Yaml(PLAIN)));
        for path in ["a", "a.md/b", ".md", "a.MD", "a.exe", "md"] {
            assert_eq!(Dialect::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_comment_is_read_as_it_is_written() {
        for (_, dialect) in ENDINGS {
            let Some(comment) = dialect.comment() else {
                continue;
            };
            let line = comment.line("gen:images");
            assert_eq!(comment.text(&line), Some("gen:images"));
            assert_eq!(comment.text("gen:images"), None);
        }
    }
}
