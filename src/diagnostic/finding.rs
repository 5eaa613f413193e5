//! One thing a person should know, with its place.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::codes::Code;
use crate::diagnostic::order::by_version;
use crate::grammar::SpecId;
use crate::source::SourceFile;

/// How much a finding weighs. Only errors fail a run (warnings do under `--deny-warnings`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The matrix, or what was made from it, is wrong.
    Error,
    /// Probably a slip; the plan is still truthful.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word people and machines read.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A place in a file: its text when the file is text we read, and what is to be said there.
#[derive(Clone, Debug)]
pub struct Place {
    /// Path from the repository root, with `/`.
    pub path: Arc<str>,
    /// The file and the bytes meant; `None` when the whole file is meant (missing, binary, unread).
    pub at: Option<(Arc<SourceFile>, Range<usize>)>,
    /// The local fact, shown beside the caret; may be empty.
    pub label: String,
}

impl Place {
    /// Bytes `span` of `file`, made whole characters.
    pub fn span(file: &Arc<SourceFile>, span: Range<usize>, label: impl Into<String>) -> Self {
        Place {
            path: file.path.clone(),
            at: Some((file.clone(), file.whole(span))),
            label: label.into(),
        }
    }

    /// A file as a whole.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Place {
            path: path.into(),
            at: None,
            label: String::new(),
        }
    }

    /// One-based line and column (in characters) of the start, where there is a span.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        self.at
            .as_ref()
            .map(|(file, span)| file.line_column(span.start))
    }
}

impl Place {
    /// One-based line and column (in characters) of its first character and of the one after its last, where there is a
    /// span.
    pub fn region(&self) -> Option<((usize, usize), (usize, usize))> {
        let (file, span) = self.at.as_ref()?;
        Some((file.line_column(span.start), file.line_column(span.end)))
    }
}

/// What would mend a finding: a text to put in the place of another.
#[derive(Clone, Debug)]
pub struct Fix {
    /// The file, as it is on disk.
    pub file: Arc<SourceFile>,
    /// The bytes to replace.
    pub span: Range<usize>,
    /// What takes their place.
    pub text: String,
}

impl Fix {
    /// Puts `text` in the place of bytes `span` of `file`.
    pub fn new(file: &Arc<SourceFile>, span: Range<usize>, text: impl Into<String>) -> Self {
        Fix {
            file: file.clone(),
            span,
            text: text.into(),
        }
    }
}

/// One finding. Its code is stable; its words are for people.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How much it weighs: as its code, unless the matrix says otherwise.
    pub severity: Severity,
    /// The headline: the fact, lower case, literals in backticks, no full stop.
    pub headline: String,
    /// Where to look first.
    pub primary: Place,
    /// Other places that belong to it.
    pub related: Vec<Place>,
    /// Reasons and background.
    pub notes: Vec<String>,
    /// The next step, imperative and pasteable.
    pub help: Vec<String>,
    /// What `gen check --fix` would do about it.
    pub fix: Option<Fix>,
    /// The specs it is about, where the rule knows them all: a suppression may select by them.
    pub specs: Vec<SpecId>,
    /// What else has the same cause: its headline, and where.
    pub also: Vec<(String, Place)>,
}

impl Finding {
    /// A finding with its headline and primary place.
    pub fn new(code: Code, headline: impl Into<String>, primary: Place) -> Self {
        Finding {
            code,
            severity: code.severity,
            headline: headline.into(),
            primary,
            related: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fix: None,
            specs: Vec::new(),
            also: Vec::new(),
        }
    }

    /// Adds a related place.
    pub fn related(mut self, place: Place) -> Self {
        self.related.push(place);
        self
    }

    /// Adds a note.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds a next step.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds what would mend it.
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// States the specs it is about: all of them.
    pub fn about(mut self, specs: impl IntoIterator<Item = SpecId>) -> Self {
        self.specs.extend(specs);
        self
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.severity
    }
}

/// The order findings are shown in: causes before their effects, then by path, place, code, headline, numbers in it by
/// their size.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| f.primary.at.as_ref().map_or(0, |(_, span)| span.start);
        effect(a)
            .cmp(&effect(b))
            .then_with(|| by_version(&a.primary.path, &b.primary.path))
            .then_with(|| (key(a), a.code.name).cmp(&(key(b), b.code.name)))
            .then_with(|| by_version(&a.headline, &b.headline))
    });
}

/// How far a finding is from what causes it: what was declared, what of it was released, what was written of it.
fn effect(finding: &Finding) -> u8 {
    match finding.code.name {
        "content-format" | "lock-stale" | "needless-release" | "tag-moved"
        | "unreleased-change" => 1,
        "missing-output" | "orphan-output" | "stale-output" => 2,
        _ => 0,
    }
}
