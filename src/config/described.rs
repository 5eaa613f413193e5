//! `[described.NAME]`: an image of others, of which outputs and the catalog tell.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;
use serde::Serialize;

use crate::config::keys::fact_fault;
use crate::config::raw::{RawDescribed, RawMatrix};
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::grammar::reference::base_fault;
use crate::grammar::{Pairs, Spanned};
use crate::render::Scope;

/// An image of others.
#[derive(Clone, Debug, Serialize)]
pub struct Described {
    /// Its key.
    pub name: String,
    /// Its reference.
    pub reference: String,
    /// Facts of it.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub meta: Pairs<Arc<str>, String>,
    /// Where the reference stands.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl Builder<'_> {
    /// Those that are declared; `release` is what templates see of it.
    pub(super) fn described(&mut self, raw: &RawMatrix, release: Option<&Value>) -> Vec<Described> {
        let mut all = Vec::new();
        for (name, table) in &raw.described {
            self.valid_name(name, "an image of others");
            if let Some((own, _)) = raw.image.get_key_value(name.value.as_str()) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` is an image of this matrix", name.value),
                    self.place(name.span.clone(), "described as one of others"),
                )
                .related(self.place(own.span.clone(), "built here"));
                self.sink
                    .push(finding.help("give the image of others another name"));
            }
            all.extend(self.described_one(name, table, release));
        }
        all
    }

    fn described_one(
        &mut self,
        name: &Spanned<String>,
        table: &RawDescribed,
        release: Option<&Value>,
    ) -> Option<Described> {
        let reference = self.over_release(&table.reference, release);
        if let Some(fault) = reference.as_deref().and_then(base_fault) {
            let finding = Finding::new(
                &code::INVALID_REFERENCE,
                format!("`{}` is not a reference", table.reference.escape_debug()),
                self.place(table.reference.span.clone(), fault),
            );
            self.sink
                .push(finding.help("write it as for `docker pull`: `host/name:tag`"));
        }
        let mut meta = IndexMap::new();
        for (key, text) in &table.meta {
            if let Some(label) = fact_fault(key) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("`{}` cannot name a fact", key.escape_debug()),
                    self.place(key.span.clone(), label),
                );
                self.sink.push(finding);
            }
            if let Some(text) = self.over_release(text, release) {
                meta.insert(key.value.as_str().into(), text);
            }
        }
        Some(Described {
            name: name.value.clone(),
            reference: reference?,
            meta: meta.into(),
            span: table.reference.span.clone(),
        })
    }

    /// A template over the release alone.
    fn over_release(&mut self, text: &Spanned<String>, release: Option<&Value>) -> Option<String> {
        let field = self.field(text, &|_| false)?;
        let before = self.sink.len();
        let known: &[&str] = if release.is_some() { &["release"] } else { &[] };
        self.check_names(&field, known, "`[described]`");
        if self.sink.len() > before {
            return None;
        }
        let names = release.map(|release| ("release".into(), release.clone()));
        let scope = Value::from_object(Scope(names.into_iter().collect()));
        match self.fields.render(&field, &scope) {
            Ok(text) => Some(text.into_owned()),
            Err(fault) => {
                let finding = self.field_fault(&field, fault);
                self.sink.push(finding);
                None
            }
        }
    }
}
