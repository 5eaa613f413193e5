//! Texts of options that go into a pipeline as they are: names of images and machines, names that people see, values of
//! variables and inputs. A provider would refuse what is empty or holds control characters, or take it otherwise than it
//! was meant, and long after the matrix was written.

use indexmap::IndexMap;

use crate::config::pipeline_keys::Steps;
use crate::config::table_reader::TableReader;
use crate::diagnostic::code;
use crate::grammar::Spanned;

/// What a text has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One word: the name of an image, or a path of the provider's.
    Word,
    /// One line that is not blank.
    Line,
    /// Any text, several lines too, or none.
    Text,
}

/// What a row or table names machines by.
pub trait Machines {
    /// The labels or tags, and whatever group they are of.
    fn words(&self) -> Vec<&Spanned<String>>;
}

impl Machines for Spanned<String> {
    fn words(&self) -> Vec<&Spanned<String>> {
        vec![self]
    }
}

impl Machines for Vec<Spanned<String>> {
    fn words(&self) -> Vec<&Spanned<String>> {
        self.iter().collect()
    }
}

impl TableReader<'_> {
    /// Reports what is no single word.
    pub fn word(&mut self, key: &str, text: &Spanned<String>) {
        self.option(key, text, Form::Word);
    }

    /// Reports what is stated and no single word.
    pub fn optional_word(&mut self, key: &str, text: &Option<Spanned<String>>) {
        if let Some(text) = text {
            self.word(key, text);
        }
    }

    /// Reports what is not one line, or blank.
    pub fn line(&mut self, key: &str, text: &Spanned<String>) {
        self.option(key, text, Form::Line);
    }

    /// Reports what is no text.
    pub fn text(&mut self, key: &str, text: &Spanned<String>) {
        self.option(key, text, Form::Text);
    }

    /// Reports labels and tags of machines that are not each one line.
    pub fn machines<'a, M: Machines + 'a>(
        &mut self,
        key: &str,
        machines: impl IntoIterator<Item = &'a M>,
    ) {
        for word in machines.into_iter().flat_map(Machines::words) {
            self.line(key, word);
        }
    }

    /// Reports names of inputs that are no words, and values that are no texts.
    pub fn inputs(&mut self, inputs: &IndexMap<Spanned<String>, Spanned<String>>) {
        for (input, text) in inputs {
            self.word("with", input);
            self.text(&input.value, text);
        }
    }

    pub(super) fn step_texts(&mut self, steps: &Steps) {
        for step in steps.values() {
            if let Some(name) = &step.name {
                self.line("name", name);
            }
            if let Some(run) = &step.run {
                self.text("run", run);
            }
            for (name, text) in &step.env {
                self.text(&name.value, text);
            }
            self.inputs(&step.with);
        }
    }

    fn option(&mut self, key: &str, text: &Spanned<String>, form: Form) {
        let key = key.escape_debug();
        if form != Form::Text && text.trim().is_empty() {
            let (fact, label) = if text.is_empty() {
                (format!("`{key}` is empty"), "names nothing")
            } else {
                (format!("`{key}` is blank"), "nothing but blanks")
            };
            self.option_fault(fact, text, label, "write it, or delete the line");
            return;
        }
        let held = |c: char| match c {
            '\n' | '\t' | '\r' => form == Form::Text,
            c => !c.is_control(),
        };
        if let Some(odd) = text.chars().find(|c| !held(*c)) {
            self.option_fault(
                format!("`{key}` has a control character, `{}`", odd.escape_debug()),
                text,
                "no pipeline takes it",
                match form {
                    Form::Text => "write text",
                    Form::Line | Form::Word => "write one line of text",
                },
            );
        } else if form == Form::Word && text.contains(char::is_whitespace) {
            self.option_fault(
                format!("`{key}` has a blank, in `{}`", text.escape_debug()),
                text,
                "one word",
                "delete the blank",
            );
        }
    }

    /// Reports an option that says what it cannot say.
    pub fn option_fault(&mut self, fact: String, at: &Spanned<String>, label: &str, help: &str) {
        let finding = self.finding(&code::INVALID_OPTION, fact, &at.span, label);
        self.push(finding.help(help));
    }
}
