//! What goes into each spec: its Dockerfile, args and context, and the hash of all that.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;

use crate::config::{Compression, Config, SecretId, comparison_finding, field_finding, misread};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code, nearest};
use crate::dockerfile::Request;
use crate::facts::{Facts, Machinery};
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::distribution::Distributions;
use crate::image::hash::Ingredients;
use crate::image::pins;
use crate::image::rendering::{self, Brings, Python, SOURCE_LABEL};
use crate::image::secrets;
use crate::image::{ContextHash, Digest, Matrix, Spec, Tested};
use crate::image::{RELEASE_LABEL, release_finding};
use crate::matrix::Axis;
use crate::render::{Dialect, Field, Printed, Scope, TableObject, Templates};
use crate::source::{BuildContext, Repository, SourceFile};

/// The arg by which a Dockerfile of the user's learns the day that packages are not to be older than. One that declares it is
/// built anew when the day moves; what it does with it is its own.
pub(super) const PACKAGES_ARG: &str = "PACKAGES_DAY";

/// What goes into one spec.
#[derive(Debug)]
pub struct RenderedSpec {
    /// Base, or parent by content; `None` when only the user's Dockerfile knows.
    pub from: Option<String>,
    /// Path of the Dockerfile.
    pub dockerfile: String,
    /// Its text, when gen renders it.
    pub rendered: Option<Arc<String>>,
    /// The user's Dockerfile, when there is one and it could be read.
    pub own: Option<Arc<SourceFile>>,
    /// Whether the user's Dockerfile lies in a submodule.
    pub from_submodule: bool,
    /// Stage to build.
    pub target: Option<String>,
    /// Folder sent to the builder.
    pub context: String,
    /// The files in it.
    pub files: Arc<BuildContext>,
    /// The ignore file that is rendered beside the Dockerfile, where the matrix narrows the context.
    pub ignore: Option<String>,
    /// Whether the matrix names that folder and it is not there.
    pub context_missing: bool,
    /// Build args.
    pub args: Pairs<Arc<str>, String>,
    /// Labels that are put on what the user's Dockerfile builds; a rendered one states them itself.
    pub labels: Pairs<Arc<str>, String>,
    /// Upstream images that the user's Dockerfile names, as builders look named contexts up, each with the reference and
    /// locked digest that stands for it.
    pub pins: Pairs<String, String>,
    /// What a pipeline makes, and its context holds: by name the version that counts instead of its bytes.
    pub artifacts: Pairs<String, String>,
    /// How its layers are packed, where the matrix says.
    pub compression: Option<Compression>,
    /// Tests of the built image.
    pub tests: Vec<Tested>,
    /// The secrets that its build is handed: those that it lists and a step of it mounts.
    pub secrets: Vec<SecretId>,
    /// What is sent to install from, Python packages by a file and certificates, told from the context, by where the matrix
    /// names it.
    pub installed_from: Vec<(Range<usize>, Vec<String>)>,
    /// The word for its distribution by which a rendered Dockerfile keeps caches apart; empty for one of the user's.
    pub distribution: Arc<str>,
    /// What those that stand on it find there.
    pub(super) brings: Brings,
    /// SHA-256 of all that.
    pub content: Digest,
}

impl RenderedSpec {
    /// The text of its Dockerfile; of the user's that cannot be read, none.
    pub fn dockerfile_text(&self) -> &str {
        let own = self.own.as_ref().map(|file| file.text.as_str());
        let rendered = self.rendered.as_ref().map(|text| text.as_str());
        rendered.or(own).unwrap_or_default()
    }

    /// The files that a checkout to build it from has to have: of its context, and those that tests read.
    pub fn checked_out(&self) -> impl Iterator<Item = &Arc<BuildContext>> {
        let tests = self.tests.iter();
        [&self.files]
            .into_iter()
            .chain(tests.flat_map(|tested| &tested.files))
    }

    /// How its Dockerfile is evaluated for a platform.
    pub fn request<'a>(&'a self, platform: &'a Platform) -> Request<'a> {
        Request {
            args: &self.args,
            target: self.target.as_deref(),
            platform: platform.as_str(),
            build_platform: None,
        }
    }

    /// All that goes into it, where it stands on these contents.
    fn ingredients<'a>(&'a self, spec: &'a Spec, stands_on: Vec<String>) -> Ingredients<'a> {
        Ingredients {
            dockerfile: self.dockerfile_text(),
            raw: self.own.as_ref().and_then(|file| file.raw()),
            own: self.rendered.is_none(),
            files: &self.files,
            target: self.target.as_deref(),
            args: &self.args,
            labels: &self.labels,
            pins: &self.pins,
            artifacts: &self.artifacts,
            platforms: &spec.platforms,
            compression: self.compression,
            epoch: spec.merged.epoch.unwrap_or_default(),
            stands_on,
        }
    }

    /// The tag under which this content is pushed: `content-` and 12 hex digits.
    pub fn content_tag(&self) -> String {
        format!("content-{}", self.content.short())
    }
}

/// What goes into every spec, by [`SpecId`].
#[derive(Debug)]
pub struct Contents(Vec<RenderedSpec>);

impl Contents {
    /// Of one spec.
    pub fn get(&self, id: SpecId) -> &RenderedSpec {
        &self.0[id.0]
    }

    /// Of all, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SpecId, &RenderedSpec)> {
        self.0.iter().enumerate().map(|(i, r)| (SpecId(i), r))
    }

    /// All that goes into a spec: what its content is the hash of.
    pub fn ingredients<'a>(&'a self, matrix: &'a Matrix, id: SpecId) -> Ingredients<'a> {
        let spec = matrix.spec(id);
        let below = spec
            .stands_on()
            .map(|on| self.reference(matrix.spec(on), on));
        self.get(id).ingredients(spec, below.collect())
    }

    /// The reference of a spec's content at its home.
    pub fn reference(&self, spec: &Spec, id: SpecId) -> String {
        format!("{}:{}", spec.home(), self.get(id).content_tag())
    }
}

/// Renders what goes into each spec, parents first, since a child's FROM is its parent's content.
///
/// # Errors
/// When a template fails; why is in `sink`.
pub fn render_specs(
    config: &Config,
    matrix: &Matrix,
    facts: &Facts,
    repository: &Repository,
    templates: &mut Templates<'_>,
    contexts: &mut ContextHash<'_>,
    sink: &mut Sink,
) -> Result<Contents, Stopped> {
    let mut done: Vec<Option<RenderedSpec>> = Vec::new();
    done.resize_with(matrix.specs.len(), || None);
    let mut references: Vec<String> = vec![String::new(); matrix.specs.len()];
    let pythons = rendering::pythons(config, matrix);
    let uv_image = facts.machinery(Machinery::Uv);
    let mut failed = std::collections::BTreeSet::new();
    let mut read = pins::Read::default();
    let mut distributions = Distributions::default();
    for id in &matrix.order {
        let spec = matrix.spec(*id);
        let below = spec.parent.and_then(|parent| done[parent.0].as_ref());
        let below = below.map(|parent| parent.brings.clone());
        let mut one = One {
            config,
            matrix,
            facts,
            spec,
            references: &references,
            below: below.unwrap_or_default(),
            python: pythons[id.0],
            venv_below: spec.parent.is_some_and(|p| pythons[p.0] != Python::System),
            uv_image,
            sink,
            failed: &mut failed,
            read: &mut read,
            distributions: &mut distributions,
        };
        match one.render(repository, templates, contexts) {
            Ok(rendered) => {
                references[id.0] = format!("{}:{}", spec.home(), rendered.content_tag());
                done[id.0] = Some(rendered);
            }
            // Its children cannot be rendered either; the cause is reported once.
            Err(Stopped) => references[id.0].clear(),
        }
    }
    templates_read(config, templates, sink);
    sink.checkpoint()?;
    done.into_iter()
        .collect::<Option<Vec<_>>>()
        .map(Contents)
        .ok_or(Stopped)
}

/// What Dockerfile templates read that they should not: comparisons that are silently false, attributes of texts, and the
/// release.
fn templates_read(config: &Config, templates: &Templates<'_>, sink: &mut Sink) {
    let is_object = |name: &str| Axis::is_object(&config.axes, name);
    for (file, uses) in templates.uses(Dialect::Dockerfile, &is_object) {
        for comparison in uses.comparisons {
            let place = Place::span(&file, comparison.at.clone(), "");
            sink.push(comparison_finding(&comparison, place));
        }
        for (name, attribute, at) in uses.attributes.iter().filter(|(of, ..)| of.contains('.')) {
            let place = || Place::span(&file, at.clone(), "unknown attribute");
            if let Some(finding) = misread(&config.attributes, (name, attribute), place) {
                sink.push(finding);
            }
        }
        for (_, at) in uses.names.into_iter().filter(|(name, _)| name == "release") {
            let finding = release_finding(Place::span(&file, at, RELEASE_LABEL));
            sink.push(finding.help("let the tag alone state the release, where that is enough"));
        }
    }
}

/// One spec, as it is rendered.
pub(super) struct One<'a> {
    pub(super) config: &'a Config,
    pub(super) matrix: &'a Matrix,
    facts: &'a Facts,
    pub(super) spec: &'a Spec,
    references: &'a [String],
    /// What its parent brings.
    pub(super) below: Brings,
    pub(super) python: rendering::Python,
    pub(super) venv_below: bool,
    pub(super) uv_image: &'a str,
    sink: &'a mut Sink,
    distributions: &'a mut Distributions,
    /// Dockerfiles that were read for the images they name.
    read: &'a mut pins::Read,
    /// Fields and templates already reported, by place and code.
    failed: &'a mut std::collections::BTreeSet<(usize, String)>,
}

impl One<'_> {
    fn texts(
        &mut self,
        fields: &IndexMap<Arc<str>, Field>,
        scope: &Value,
    ) -> Result<Pairs<Arc<str>, String>, Stopped> {
        let fields = fields.iter();
        fields
            .map(|(name, field)| Ok((name.clone(), self.text(field, scope)?)))
            .collect()
    }

    pub(super) fn text(&mut self, field: &Field, scope: &Value) -> Result<String, Stopped> {
        let text = self
            .config
            .fields
            .render(field, scope)
            .map(|t| t.into_owned())
            .map_err(|fault| {
                let finding = field_finding(&self.config.file, field, fault)
                    .note(format!("for {}", self.spec.describe(self.config)));
                self.report(field.span.start, finding)
            })?;
        if !text.contains('\0') {
            return Ok(text);
        }
        // Programs are handed words that end there, and shells leave it out.
        let place = self.config.place(
            field.span.clone(),
            "no argument, variable or label can hold it",
        );
        let headline = format!("`{}` holds the character NUL", text.escape_debug());
        let finding = Finding::new(&code::UNSAFE_VALUE, headline, place).help("take it out");
        Err(self.report(field.span.start, finding))
    }

    pub(super) fn report(&mut self, at: usize, finding: Finding) -> Stopped {
        if self.failed.insert((at, finding.code.name.to_owned())) {
            self.sink.push(finding);
        }
        Stopped
    }

    pub(super) fn opt(
        &mut self,
        field: Option<&Field>,
        scope: &Value,
    ) -> Result<Option<String>, Stopped> {
        field.map(|f| self.text(f, scope)).transpose()
    }

    /// The names of the spec, with `from` and `needs`.
    fn full_scope(&self, from: Option<&str>) -> Value {
        let mut names = self
            .spec
            .scope
            .downcast_object_ref::<Scope>()
            .map(|s| s.0.clone())
            .unwrap_or_default();
        if let Some(from) = from {
            names.push(("from".into(), Value::from(from)));
        }
        let mut by_image: BTreeMap<Arc<str>, Vec<&str>> = BTreeMap::new();
        for id in &self.spec.needs {
            let image = &self.config.images[self.matrix.spec(*id).image.0].key;
            let references = by_image.entry(image.clone()).or_default();
            references.push(self.references[id.0].as_str());
        }
        // Of several specs of one image none stands for the others: a list, which cannot be printed whole.
        let needs = by_image.into_iter().map(|(image, references)| {
            let value = match references.as_slice() {
                [one] => Value::from(*one),
                several => several.iter().copied().collect(),
            };
            (image, value)
        });
        let needs = TableObject::new("needs", needs, self.config.fields.watch());
        names.push(("needs".into(), Value::from_object(needs)));
        Value::from_object(Scope(names))
    }

    fn render(
        &mut self,
        repository: &Repository,
        templates: &mut Templates<'_>,
        contexts: &mut ContextHash<'_>,
    ) -> Result<RenderedSpec, Stopped> {
        let spec = self.spec;
        let merged = spec.merged.clone();
        if spec.stands_on().any(|id| self.references[id.0].is_empty()) {
            return Err(Stopped);
        }
        let from = match spec.parent {
            Some(parent) => Some(self.references[parent.0].clone()),
            None => spec.base.clone(),
        };
        let scope = self.full_scope(from.as_deref());
        let mut args = self.texts(&merged.args, &scope)?;
        let labels = match merged.dockerfile {
            Some(_) => {
                let stated = self.texts(&merged.labels, &scope)?;
                let source = self
                    .source()?
                    .filter(|_| !stated.contains_key(SOURCE_LABEL));
                let source = source.map(|source| (SOURCE_LABEL.into(), source));
                source.into_iter().chain(stated).collect()
            }
            None => Pairs::default(),
        };
        let target = self.opt(merged.target.as_ref(), &spec.scope)?;
        let stated_context = self.opt(merged.context.as_ref(), &spec.scope)?;
        let tests = self.tests(repository, contexts)?;
        let context_inside = match (&stated_context, &merged.context) {
            (Some(context), Some(field)) => self.inside(context, field),
            _ => Ok(()),
        };
        let mut brings = Brings::default();
        let distribution = match merged.dockerfile {
            Some(_) => "".into(),
            None => {
                let (config, facts) = (self.config, self.facts);
                self.distributions.of(config, self.matrix, facts, spec)
            }
        };
        let pip_files = self.pip_files(repository, stated_context.as_deref())?;
        let authority = self.authority(repository, stated_context.as_deref())?;
        let mut installed_from: Vec<(Range<usize>, Vec<String>)> = pip_files
            .iter()
            .map(|file| (file.stated.clone(), file.sent().cloned().collect()))
            .collect();
        installed_from.extend(
            authority
                .iter()
                .map(|ca| (ca.stated.clone(), vec![ca.source.clone()])),
        );
        let (path, rendered, own) = match &merged.dockerfile {
            Some(field) => {
                let path = self.text(field, &spec.scope)?;
                self.inside(&path, field)?;
                let own = repository
                    .decoded(&path)
                    .map(|file| repository.as_stored(file));
                if let (Some(day), Some(file)) = (self.matrix.packages, &own)
                    && !args.contains_key(PACKAGES_ARG)
                    && self.read.declares(&path, &file.text, PACKAGES_ARG)
                {
                    let day = (PACKAGES_ARG.into(), day.to_string());
                    args = args.into_iter().chain([day]).collect();
                }
                (path, None, own)
            }
            None => {
                let path = spec.rendered_path(&self.config.owner);
                let (view, found) = self.view(
                    &scope,
                    from.as_deref(),
                    &args,
                    (pip_files, authority),
                    &distribution,
                )?;
                brings = found;
                let name = merged
                    .template
                    .as_ref()
                    .map_or(rendering::TEMPLATE, |t| t.value.as_str());
                let text = templates
                    .render(Dialect::Dockerfile, name, &view)
                    .map_err(|error| {
                        let config = self.config;
                        let span = merged.template.as_ref().map(|t| t.span.clone());
                        let span = span.unwrap_or_else(|| config.images[spec.image.0].span.clone());
                        let asked = config.place(
                            span.clone(),
                            format!("rendered for {}", spec.describe(config)),
                        );
                        let finding = crate::render::fault_finding(templates, name, &error, asked);
                        let finding = suggested(finding, &view);
                        self.report(span.start, finding)
                    });
                let printed = self.config.fields.watch().take();
                let text = text?;
                if let Some(printed) = printed {
                    let span = merged.template.as_ref().map(|t| t.span.clone());
                    let span =
                        span.unwrap_or_else(|| self.config.images[spec.image.0].span.clone());
                    let place = self.config.place(
                        span.clone(),
                        format!("rendered for {}", spec.describe(self.config)),
                    );
                    let finding = match printed {
                        Printed::None => Finding::new(
                            &code::NONE_PRINTED,
                            format!("template `{name}` prints `none`, or an attribute of it"),
                            place,
                        )
                        .help("guard it: `{% if cuda %}…{% endif %}`"),
                        Printed::Table(words) => Finding::new(
                            &code::TEMPLATE_FAULT,
                            format!("template `{name}`: {words}"),
                            place,
                        ),
                    };
                    return Err(self.report(span.start, finding));
                }
                (path, Some(Arc::new(text)), None)
            }
        };
        let folder = path
            .rsplit_once('/')
            .map_or(".", |(folder, _)| folder)
            .to_owned();
        let stated = stated_context.is_some();
        let context = match stated_context {
            Some(context) => {
                context_inside?;
                let trimmed = context.trim_start_matches("./").trim_end_matches('/');
                if trimmed.is_empty() {
                    ".".to_owned()
                } else {
                    trimmed.to_owned()
                }
            }
            // Beside a rendered Dockerfile lies nothing that could be installed from.
            None if !installed_from.is_empty() => ".".to_owned(),
            None => folder,
        };
        let sent = installed_from.iter().flat_map(|(_, files)| files);
        let sent: Vec<String> = sent.cloned().collect();
        // Of a folder that the matrix states all is sent, unless it says otherwise.
        let narrowed = !stated || !merged.context_files.is_empty();
        let more: &[String] = if narrowed { &sent } else { &[] };
        let ignore = self.ignore(&merged.context_files, more, rendered.is_some())?;
        let artifacts = self.artifacts(repository, &context, &path, ignore.as_deref());
        // A folder that a pipeline makes need not be there.
        let context_missing = stated && artifacts.is_empty() && !repository.has_folder(&context);
        let files = if context_missing {
            Arc::default()
        } else {
            contexts.get(&context, &path, ignore.as_deref())
        };
        let from_submodule = rendered.is_none() && repository.is_of_submodule(&path);
        let mut done = RenderedSpec {
            from,
            dockerfile: path,
            rendered,
            own,
            from_submodule,
            target,
            context,
            files,
            ignore,
            context_missing,
            args,
            labels,
            pins: Pairs::default(),
            artifacts,
            compression: self.config.ci.compression,
            tests,
            secrets: Vec::new(),
            installed_from,
            distribution,
            brings,
            content: [0; 32].into(),
        };
        if !self.matrix.locked.is_empty() {
            let upstream = self.read.upstream(self.matrix, spec, &done);
            done.pins = pins::contexts(&upstream, &self.matrix.locked);
        }
        done.secrets = secrets::handed(self.config, self.read, spec, &done);
        let below = spec.stands_on().map(|id| self.references[id.0].clone());
        let content = done.ingredients(spec, below.collect()).content();
        done.content = content;
        Ok(done)
    }
}

/// Adds to the finding for a template that reads an unknown name the name that was probably meant.
fn suggested(finding: Finding, view: &Value) -> Finding {
    let word = match &finding.primary.at {
        Some((file, span)) if finding.code == &code::UNKNOWN_VARIABLE => &file.text[span.clone()],
        _ => return finding,
    };
    let scope = view.downcast_object_ref::<Scope>();
    let names = scope
        .iter()
        .flat_map(|scope| &scope.0)
        .map(|(name, _)| &**name);
    match nearest(word, names) {
        Some(near) => {
            let help = format!("did you mean `{near}`?");
            finding.help(help)
        }
        None => finding,
    }
}
