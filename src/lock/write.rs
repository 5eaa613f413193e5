//! The text of `matrix.lock`: stable order, one value a line, so that a merge of two changes is clean where it can be.

use std::fmt::Write;

use crate::lock::model::FORMAT;
use crate::lock::{Below, Lock, Recorded};

/// What the file says of itself.
const HEADER: &str = "\
# What the release is made of. Written by gen bump and gen lock; commit it, do not edit it.
# After a merge conflict, merge the matrix, then run gen bump --amend.
";

impl Lock {
    /// The text of the file: specs and bases sorted, LF.
    pub fn to_toml(&self) -> String {
        let mut out = format!("{HEADER}version = {FORMAT}\n");
        let _ = writeln!(out, "content-format = {}", self.content_format);
        for (key, release) in [
            ("release", &self.release),
            ("after", &self.after),
            ("last-final", &self.last_final),
        ] {
            if let Some(release) = release {
                let _ = writeln!(out, "{key} = {}", recorded(release));
            }
        }
        for (key, day) in [("moved", &self.moved), ("packages", &self.packages)] {
            let day = day.map(|day| day.to_string());
            text(&mut out, key, day.as_deref());
        }
        for (reference, digest) in &self.bases {
            out.push_str("\n[[base]]\n");
            text(&mut out, "reference", Some(reference));
            text(&mut out, "digest", Some(&digest.to_string()));
        }
        for (id, entry) in &self.specs {
            let inputs = &entry.inputs;
            let _ = writeln!(out, "\n[spec.{}]", quoted(id));
            text(&mut out, "content", Some(&entry.content.to_string()));
            text(&mut out, "since", Some(&entry.since));
            if !entry.publish {
                out.push_str("publish = false\n");
            }
            let recorded = entry.recorded.map(|day| day.to_string());
            text(&mut out, "recorded", recorded.as_deref());
            text(&mut out, "dockerfile", Some(&inputs.dockerfile.to_string()));
            let context = inputs.context.map(|c| c.to_string());
            text(&mut out, "context", context.as_deref());
            text(&mut out, "target", inputs.target.as_deref());
            let platforms: Vec<String> = inputs.platforms.iter().map(|p| quoted(p)).collect();
            let _ = writeln!(out, "platforms = [{}]", platforms.join(", "));
            text(&mut out, "compression", inputs.compression.as_deref());
            if inputs.epoch > 0 {
                let _ = writeln!(out, "epoch = {}", inputs.epoch);
            }
            text(&mut out, "base", inputs.base.as_deref());
            text(&mut out, "digest", inputs.digest.as_deref());
            if let Some(parent) = &inputs.parent {
                let _ = writeln!(out, "parent = {}", below(parent));
            }
            if !inputs.needs.is_empty() {
                out.push_str("needs = [\n");
                for need in &inputs.needs {
                    let _ = writeln!(out, "    {},", below(need));
                }
                out.push_str("]\n");
            }
            for (table, values) in [
                ("args", &inputs.args),
                ("labels", &inputs.labels),
                ("pins", &inputs.pins),
                ("artifacts", &inputs.artifacts),
            ] {
                for (name, value) in values {
                    let _ = writeln!(out, "{table}.{} = {}", key(name), quoted(value));
                }
            }
        }
        for (hash, files) in &self.contexts {
            let _ = writeln!(out, "\n[context.{}]", quoted(&hash.to_string()));
            for (path, hash) in files.iter() {
                let _ = writeln!(out, "{} = {}", quoted(path), quoted(&hash.to_string()));
            }
        }
        out
    }
}

fn text(out: &mut String, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(out, "{key} = {}", quoted(value));
    }
}

fn recorded(release: &Recorded) -> String {
    let (version, tag) = (quoted(&release.version), quoted(&release.tag));
    let (is_final, specs) = (release.is_final, release.specs);
    format!("{{ version = {version}, tag = {tag}, final = {is_final}, specs = {specs} }}")
}

fn below(below: &Below) -> String {
    let content = quoted(&below.content.to_string());
    format!("{{ spec = {}, content = {content} }}", quoted(&below.spec))
}

/// A key, quoted where it is no bare one.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
