//! `[ci]`: which pipelines are turned on, and whether what their tables name exists.

use std::ops::Range;

use toml::de::{DeTable, DeValue, Error};

use crate::config::model::Image;
use crate::config::pipeline_keys::Provenance;
use crate::config::pipelines::{Ci, Pipeline};
use crate::config::provider::{Options, ProviderTable};
use crate::config::raw::RawMatrix;
use crate::config::selectors::SelectorNames;
use crate::config::table_reader::TableReader;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::grammar::{Platform, arch};
use crate::matrix::{Axis, AxisId};

/// The table of one provider, as written.
pub(super) struct WrittenPipeline {
    provider: &'static dyn ProviderTable,
    span: Range<usize>,
    options: Box<dyn Options>,
}

/// What is written under `[ci]` for providers: the tables that there are, in the order of `providers`.
pub(super) struct WrittenPipelines {
    providers: Vec<&'static dyn ProviderTable>,
    pipelines: Vec<WrittenPipeline>,
}

impl WrittenPipelines {
    /// Takes the providers' tables out of a document, and reads them.
    ///
    /// # Errors
    /// When one is not of its provider's shape.
    pub(super) fn take(
        providers: &[&'static dyn ProviderTable],
        document: &mut DeTable<'_>,
    ) -> Result<Self, Error> {
        let mut pipelines = Vec::new();
        if let Some(DeValue::Table(ci)) = document.get_mut("ci").map(toml::Spanned::get_mut) {
            for &provider in providers {
                if let Some(table) = ci.remove(provider.key()) {
                    pipelines.push(WrittenPipeline {
                        provider,
                        span: table.span(),
                        options: provider.read(table)?,
                    });
                }
            }
        }
        Ok(WrittenPipelines {
            providers: providers.to_vec(),
            pipelines,
        })
    }
}

impl Builder<'_> {
    pub(super) fn ci(
        &mut self,
        raw: &RawMatrix,
        written: WrittenPipelines,
        names: &SelectorNames<'_>,
        arch: Option<AxisId>,
        images: &[Image],
    ) -> Ci {
        let providers = written.providers;
        let Some(ci) = &raw.ci else {
            return Ci {
                providers,
                ..Ci::default()
            };
        };
        if let Some(check) = &ci.check
            && check.trim().is_empty()
        {
            let finding = Finding::new(
                &code::MISSING_KEY,
                "the command that checks is empty",
                self.place(check.span.clone(), "empty"),
            );
            let help =
                "write the command, or delete the line: changes are then built, and not checked";
            self.sink.push(finding.help(help));
        }
        let platforms = platform_words(names.axes, arch, images);
        if let Some(command) = &ci.command
            && command.trim().is_empty()
        {
            let place = self.place(command.span.clone(), "empty");
            let finding = Finding::new(&code::MISSING_KEY, "the command of gen is empty", place);
            self.sink
                .push(finding.help("write how pipelines run it, or delete the line"));
        }
        let mut reader = TableReader {
            file: self.file,
            sink: self.sink,
            names,
            platforms: &platforms,
            ci,
        };
        if let Some(check) = &ci.check {
            reader.text("check", check);
        }
        if let Some(command) = &ci.command {
            reader.line("gen", command);
        }
        let owner = self.owner;
        let pipelines = written.pipelines.into_iter().map(|pipeline| {
            let WrittenPipeline {
                provider,
                span,
                mut options,
            } = pipeline;
            let shape = options.validate(&mut reader);
            let file = options.file();
            reader.ending(provider, file);
            if file.span.is_empty() {
                file.value = owner.beside(&file.value);
            }
            if let Some(path) = options.pull_request().stated() {
                reader.ending(provider, path);
            }
            Pipeline::new(provider.key(), span, options, shape)
        });
        let pipelines: Vec<Pipeline> = pipelines.collect();
        reader.published_parents(&pipelines);
        // What Docker itself pushes carries nothing, and one plan is for all pipelines.
        let usual = if pipelines.iter().any(|own| own.shape.builds_anew) {
            Provenance::Off
        } else {
            Provenance::default()
        };
        let signing = ci.sign.as_ref();
        let signing = signing.and_then(|sign| reader.signing(sign, &providers, &pipelines));
        Ci {
            signing,
            check: match (&ci.check, &ci.command) {
                (Some(check), _) => Some(check.value.clone()),
                (None, Some(command)) => Some(format!("{} check", command.trim())),
                (None, None) => None,
            },
            command: ci.command.clone(),
            sbom: ci.sbom,
            provenance: ci.provenance.unwrap_or(usual),
            compression: ci.compression,
            cache: ci.cache,
            reproducible: ci.reproducible,
            providers,
            pipelines,
        }
    }
}

/// The words by which a platform may be named: values of `arch`, platforms, and what stands behind their system.
fn platform_words(axes: &[Axis], axis: Option<AxisId>, images: &[Image]) -> Vec<String> {
    let mut platforms: Vec<Platform> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    if let Some(axis) = axis {
        for value in &axes[axis.0].values {
            words.push(value.text.to_string());
            platforms.extend(value.platform.clone());
        }
    } else {
        platforms.push(Platform::linux_amd64());
    }
    for row in images.iter().flat_map(|image| &image.rows) {
        platforms.extend(row.keys.platforms.iter().flat_map(|(list, _)| list.clone()));
    }
    for platform in platforms {
        words.extend([arch(&platform), platform.to_string()]);
    }
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words
}
