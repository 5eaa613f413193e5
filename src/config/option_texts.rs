//! Texts of options that go into a pipeline as they are: names of images and machines, names that people see, values of
//! variables and inputs. A provider would refuse what is empty or holds control characters, or take it otherwise than it
//! was meant, and long after the matrix was written.

use crate::config::raw::RawCi;
use crate::config::spanned::Spanned;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::emit::{CloudBuildOptions, GithubOptions, GitlabOptions, Step, Steps};

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
pub(super) trait Machines {
    /// The labels or tags.
    fn words(&self) -> &[Spanned<String>];
}

impl Machines for Spanned<String> {
    fn words(&self) -> &[Spanned<String>] {
        std::slice::from_ref(self)
    }
}

impl Machines for Vec<Spanned<String>> {
    fn words(&self) -> &[Spanned<String>] {
        self
    }
}

impl Builder<'_> {
    /// The command of `[ci] check` is shell text.
    pub(super) fn check_text(&mut self, ci: &RawCi) {
        if let Some(check) = &ci.check {
            self.option_text("check", check, Form::Text);
        }
    }

    pub(super) fn github_texts(&mut self, options: &GithubOptions) {
        self.machines("runner", options.runner.values());
        self.option_text("control-runner", &options.control_runner, Form::Line);
        if !options.environment.is_empty() {
            self.option_text("environment", &options.environment, Form::Line);
        }
        for row in &options.when {
            self.machines("runner", row.runner.values());
        }
        self.step_texts(&options.step);
        for then in &options.then {
            if let Some(name) = &then.name {
                self.option_text("name", name, Form::Line);
            }
            for (input, text) in &then.with {
                self.option_text("with", input, Form::Word);
                self.option_text(&input.value, text, Form::Text);
            }
            for secret in &then.secrets {
                if !is_secret(secret) {
                    self.option_fault(
                        format!("`{}` cannot name a secret", secret.escape_debug()),
                        secret,
                        "letters, digits and `_`, no digit first, and not `GITHUB_` in front",
                        "name one of the repository's secrets",
                    );
                }
            }
            for right in then.permissions.keys() {
                if !is_right(right) {
                    self.option_fault(
                        format!("`{}` is no permission", right.escape_debug()),
                        right,
                        "lower-case words with `-` between them",
                        "name one of GitHub's, as in `contents` or `id-token`",
                    );
                }
            }
        }
    }

    pub(super) fn gitlab_texts(&mut self, options: &GitlabOptions) {
        self.option_text("image", &options.image, Form::Word);
        self.option_text("emulator", &options.emulator, Form::Word);
        self.optional("service", &options.service);
        self.optional("check-image", &options.check_image);
        self.machines("runner", options.runner.values());
        self.machines("control-runner", &options.control_runner);
        for row in &options.when {
            self.machines("runner", row.runner.values());
        }
        self.step_texts(&options.step);
    }

    pub(super) fn cloud_build_texts(&mut self, options: &CloudBuildOptions) {
        self.option_text("image", &options.image, Form::Word);
        self.option_text("emulator", &options.emulator, Form::Word);
        self.option_text("builder", &options.builder, Form::Word);
        self.option_text("submit-image", &options.submit_image, Form::Word);
        self.optional("check-image", &options.check_image);
        self.optional("pool", &options.pool);
        self.optional("logs-bucket", &options.logs_bucket);
        self.optional("service-account", &options.service_account);
        for (name, default) in &options.substitutions {
            self.option_text(&name.value, default, Form::Text);
        }
        self.step_texts(&options.step);
    }

    fn step_texts(&mut self, steps: &Steps) {
        for step in steps.values() {
            let step: &Step = step;
            if let Some(name) = &step.name {
                self.option_text("name", name, Form::Line);
            }
            if let Some(run) = &step.run {
                self.option_text("run", run, Form::Text);
            }
            for (name, text) in &step.env {
                self.option_text(&name.value, text, Form::Text);
            }
            for (input, text) in &step.with {
                self.option_text("with", input, Form::Word);
                self.option_text(&input.value, text, Form::Text);
            }
        }
    }

    fn machines<'a, M: Machines + 'a>(
        &mut self,
        key: &str,
        machines: impl IntoIterator<Item = &'a M>,
    ) {
        for word in machines.into_iter().flat_map(Machines::words) {
            self.option_text(key, word, Form::Line);
        }
    }

    fn optional(&mut self, key: &str, text: &Option<Spanned<String>>) {
        if let Some(text) = text {
            self.option_text(key, text, Form::Word);
        }
    }

    fn option_text(&mut self, key: &str, text: &Spanned<String>, form: Form) {
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

    fn option_fault(&mut self, fact: String, at: &Spanned<String>, label: &str, help: &str) {
        let place = self.place(at.span.clone(), label);
        let finding = Finding::new(&code::INVALID_OPTION, fact, place);
        self.sink.push(finding.help(help));
    }
}

/// Source: "Naming your secrets" of docs.github.com.
fn is_secret(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.to_ascii_uppercase().starts_with("GITHUB_")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The form of a key of `permissions`. Which there are is GitHub's to say, and grows.
fn is_right(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}
