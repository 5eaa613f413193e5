//! How the tags of a matrix state a release: what of a tag is another text in another release.
//!
//! The matrix is expanded once more, for a release that nobody has. Where the numbers of that one come out in a tag, the
//! release is printed, whatever template and filters printed it; what stands around them belongs to the spec.

use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, escape};

use crate::config::{self, Config};
use crate::diagnostic::Sink;
use crate::image::{Matrix, resolve};
use crate::release::version::{ReleaseVersion, Scheme};
use crate::source::SourceFile;

/// What stands for the release as a tag names it, for the version, and for one of its numbers, in a text that prints them.
const TAG: char = '\u{1}';
const VERSION: char = '\u{2}';
const NUMBER: char = '\u{3}';

/// A version as it can stand in a tag; whether it is one is for its scheme to say.
const WORD: &str = "([0-9][0-9A-Za-z.+_-]*)";

/// A matrix at a release that nobody has.
pub(super) struct StandIn {
    /// Its specs and aliases, those of the real release by index.
    pub matrix: Matrix,
    version: String,
    numbers: [String; 3],
    tag: String,
}

impl StandIn {
    /// The same matrix at another release. `None` when it cannot be expanded at that one.
    pub fn new(config: &Config) -> Option<Self> {
        let release = config.release.as_ref()?;
        let text = &config.file.text;
        let numbers = (90_001_u64..99_000).step_by(3).find_map(|n| {
            let numbers = [n, n + 1, n + 2].map(|n| n.to_string());
            let new = numbers.iter().all(|number| !text.contains(number));
            new.then_some(numbers)
        })?;
        let version = numbers.join(".");
        let mut text = text.clone();
        text.replace_range(release.span.clone(), &format!("\"{version}\""));
        let file = SourceFile::new(config.file.path.clone(), text);
        let mut sink = Sink::new();
        let config = config::load(&file, &mut sink).ok()?;
        let matrix = resolve(&config, &mut sink).ok()?;
        Some(StandIn {
            matrix,
            version,
            numbers,
            tag: config.release?.tag,
        })
    }

    /// A text with what it prints of the release marked.
    fn marked(&self, text: &str) -> String {
        // The longer first: one may be a part of the other.
        let mut words = [(self.tag.as_str(), TAG), (self.version.as_str(), VERSION)];
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        if self.numbered(&self.tag) == self.tag {
            // A tag that is the same in each release tells none.
            words = [(&self.version, VERSION); 2];
        }
        let mut text = text.to_owned();
        for (word, mark) in words {
            text = text.replace(word, &mark.to_string());
        }
        self.numbered(&text)
    }

    fn numbered(&self, text: &str) -> String {
        let mut text = text.replace(&self.version, &VERSION.to_string());
        for number in &self.numbers {
            text = text.replace(number, &NUMBER.to_string());
        }
        text
    }
}

/// The part of a tag that states the release, with what stands around it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    prefix: String,
    suffix: String,
    form: Arc<Form>,
}

/// How the release is printed.
#[derive(Debug)]
struct Form {
    pattern: Regex,
    scheme: Scheme,
    /// Whether the version is printed whole; numbers alone say more of how they are written.
    whole: bool,
}

/// Frames, with each form made once.
pub(super) struct Frames<'a> {
    stand_in: &'a StandIn,
    scheme: Scheme,
    forms: HashMap<String, Option<Arc<Form>>>,
}

impl<'a> Frames<'a> {
    pub fn new(stand_in: &'a StandIn, scheme: Scheme) -> Self {
        Frames {
            stand_in,
            scheme,
            forms: HashMap::new(),
        }
    }

    /// The frame of a tag of the stand-in; `None` when it prints nothing of the release.
    pub fn of(&mut self, tag: &str) -> Option<Frame> {
        let marked = self.stand_in.marked(tag);
        let is_mark = |c: char| [TAG, VERSION, NUMBER].contains(&c);
        let (start, end) = (marked.find(is_mark)?, marked.rfind(is_mark)? + 1);
        let stated = &marked[start..end];
        let form = match self.forms.get(stated) {
            Some(form) => form.clone(),
            None => {
                let form = self.form(stated);
                self.forms.insert(stated.to_owned(), form.clone());
                form
            }
        };
        Some(Frame {
            prefix: marked[..start].to_owned(),
            suffix: marked[end..].to_owned(),
            form: form?,
        })
    }

    fn form(&self, stated: &str) -> Option<Arc<Form>> {
        let mut pattern = String::from("^");
        for c in stated.chars() {
            pattern += &match c {
                // People leave out the `v`, or put one there: that is the release, spelled otherwise.
                TAG => {
                    let tag = self.stand_in.numbered(&self.stand_in.tag);
                    let tag: String = tag.chars().map(plain).collect();
                    format!("(?:{tag}|[vV]?{WORD})")
                }
                VERSION => format!("[vV]?{WORD}"),
                c => plain(c),
            };
        }
        let pattern = Regex::new(&(pattern + "$")).ok()?;
        Some(Arc::new(Form {
            pattern,
            scheme: self.scheme,
            whole: stated.contains([TAG, VERSION]),
        }))
    }
}

fn plain(c: char) -> String {
    match c {
        VERSION => WORD.to_owned(),
        NUMBER => "[0-9]+".to_owned(),
        c => escape(c.encode_utf8(&mut [0; 4])),
    }
}

impl Frame {
    /// The release that a tag states in this frame, as it states it.
    pub fn states<'t>(&self, tag: &'t str) -> Option<&'t str> {
        let text = tag
            .strip_prefix(self.prefix.as_str())?
            .strip_suffix(self.suffix.as_str())?;
        let found = self.form.pattern.captures(text)?;
        let mut versions = found.iter().skip(1).flatten();
        let read = |text: &str| ReleaseVersion::parse(self.form.scheme, text).is_ok();
        versions
            // A tag holds `-` for the `+` of a version.
            .all(|v| read(v.as_str()) || read(&v.as_str().replacen('-', "+", 1)))
            .then_some(text)
    }

    /// Frames that say more of a tag come first.
    pub fn order(&self) -> impl Ord + use<> {
        let around = self.prefix.len() + self.suffix.len();
        (std::cmp::Reverse(around), self.form.whole)
    }
}
