//! Dockerfiles as rules look at them: the user's own and those that a template of the user's renders, read once, and what
//! each builds for every spec and platform. Those that a shipped template renders hold nothing that the matrix does not
//! say: their base is the spec's own.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use crate::check::Context;
use crate::diagnostic::Place;
use crate::dockerfile::{Build, Dockerfile, Instruction, Rejection, Word, other_frontend};
use crate::grammar::{Platform, SpecId};
use crate::image::TEMPLATE;
use crate::image::{RenderedSpec, Spec};
use crate::render;
use crate::source::SourceFile;

/// How many builds are kept: of more, each is gone through anew, so that memory stays bounded.
const KEPT: usize = 4096;

/// A Dockerfile with somebody else's text in it.
#[derive(Debug)]
pub struct Recipe {
    /// The file, or the text that is rendered for that path.
    pub file: Arc<SourceFile>,
    /// Whether it is a file of the user's, and not rendered from a template of theirs.
    pub own: bool,
    /// The frontend that reads it, where it is none of Docker's: nothing is known of what it says then.
    pub frontend: Option<Word>,
    /// What it says.
    pub parsed: Result<Dockerfile, Rejection>,
}

/// What a recipe builds on one platform.
pub(super) type BuildOn = (Platform, Rc<Result<Build, Rejection>>);

/// Recipes and builds that were looked at.
#[derive(Debug, Default)]
pub struct Recipes {
    /// By the index of the spec.
    of_all: OnceCell<Vec<Option<Rc<Recipe>>>>,
    read: RefCell<HashMap<String, Rc<Recipe>>>,
    built: RefCell<HashMap<String, Rc<Result<Build, Rejection>>>>,
    of_specs: RefCell<HashMap<SpecId, Rc<[BuildOn]>>>,
    overridden: RefCell<HashMap<String, bool>>,
}

/// A spec that is built by a recipe.
pub struct Cooked<'a> {
    /// Its id.
    pub id: SpecId,
    /// The spec.
    pub spec: &'a Spec,
    /// What goes into it.
    pub rendered: &'a RenderedSpec,
    /// Its recipe.
    pub recipe: Rc<Recipe>,
}

/// What recipes build of one file: all that any spec and platform takes of it.
pub struct Taken {
    /// The recipe, which can be read.
    pub recipe: Rc<Recipe>,
    /// The specs that are built by it, in order.
    pub specs: Vec<SpecId>,
    /// Each stage that is built, by its index: for which platforms, in order of the specs.
    pub stages: BTreeMap<usize, Vec<Platform>>,
}

impl<'a> Context<'a> {
    /// Every spec whose Dockerfile holds a text of the user's, in order.
    pub fn cooked(&self) -> impl Iterator<Item = Cooked<'a>> + '_ {
        let contents = self.contents.iter();
        contents.filter_map(|(id, _)| self.cooked_of(id))
    }

    /// A spec whose Dockerfile holds a text of the user's; `None` where that is all ours.
    pub fn cooked_of(&self, id: SpecId) -> Option<Cooked<'a>> {
        let recipes = self.recipes.of_all.get_or_init(|| {
            let contents = self.contents.iter();
            contents
                .map(|(id, rendered)| self.recipe(self.matrix.spec(id), rendered))
                .collect()
        });
        Some(Cooked {
            id,
            spec: self.matrix.spec(id),
            rendered: self.contents.get(id),
            recipe: recipes[id.0].clone()?,
        })
    }

    fn recipe(&self, spec: &Spec, rendered: &RenderedSpec) -> Option<Rc<Recipe>> {
        if rendered.own.is_none() && (rendered.rendered.is_none() || !self.by_user(spec)) {
            return None;
        }
        let path = &rendered.dockerfile;
        // It takes the place of the directive.
        let asked = rendered.args.get("BUILDKIT_SYNTAX");
        let key = match asked {
            Some(asked) => format!("{path}\0{asked}"),
            None => path.clone(),
        };
        if let Some(known) = self.recipes.read.borrow().get(&key) {
            return Some(known.clone());
        }
        let (file, own) = match (&rendered.own, &rendered.rendered) {
            (Some(own), _) => (own.clone(), true),
            (None, _) => (
                SourceFile::new(path.as_str(), rendered.dockerfile_text()),
                false,
            ),
        };
        let frontend = match asked {
            Some(asked) => {
                other_frontend(&format!("# syntax={asked}")).map(|name| Word { span: 0..0, ..name })
            }
            None => other_frontend(&file.text),
        };
        let parsed = match &frontend {
            Some(name) => {
                let what = format!("`{}` reads it", name.text.escape_debug());
                Err(Rejection::new(what, name.span.clone()))
            }
            None => Dockerfile::parse(&file.text),
        };
        let recipe = Rc::new(Recipe {
            file,
            own,
            frontend,
            parsed,
        });
        let mut read = self.recipes.read.borrow_mut();
        read.insert(key, recipe.clone());
        Some(recipe)
    }

    /// Whether the template that renders a spec's Dockerfile is the user's.
    pub fn by_user(&self, spec: &Spec) -> bool {
        let name = spec.merged.template.as_ref();
        let name = name.map_or(TEMPLATE, |name| name.value.as_str());
        if let Some(known) = self.recipes.overridden.borrow().get(name) {
            return *known;
        }
        let shipped = name.strip_prefix("builtin/") == Some(TEMPLATE);
        // A copy of ours, word for word, is ours.
        let overridden = || {
            let path = format!("templates/{name}");
            let own = self
                .repository
                .is_file(&path)
                .then(|| self.repository.text(&path));
            own.is_some_and(|own| {
                own.is_none_or(|own| !render::is_shipped(name, &own.with_lf().text))
            })
        };
        let by_user = !shipped && (name != TEMPLATE || overridden());
        let mut known = self.recipes.overridden.borrow_mut();
        known.insert(name.to_owned(), by_user);
        by_user
    }

    /// What is built of a spec on each of its platforms; empty where the Dockerfile cannot be read. The machine that
    /// builds is not known: pipelines build natively, or emulate.
    pub fn builds(&self, cooked: &Cooked<'_>) -> Rc<[BuildOn]> {
        if let Some(known) = self.recipes.of_specs.borrow().get(&cooked.id) {
            return known.clone();
        }
        let builds: Rc<[BuildOn]> = self.evaluated(cooked).into();
        let mut known = self.recipes.of_specs.borrow_mut();
        if known.len() < KEPT {
            known.insert(cooked.id, builds.clone());
        }
        builds
    }

    fn evaluated(&self, cooked: &Cooked<'_>) -> Vec<BuildOn> {
        let Ok(parsed) = &cooked.recipe.parsed else {
            return Vec::new();
        };
        let rendered = cooked.rendered;
        let platforms = cooked.spec.platforms.iter();
        let build = |platform: &Platform| {
            let mut key = format!("{}\0{platform}\0", rendered.dockerfile);
            key.push_str(rendered.target.as_deref().unwrap_or("\u{1}"));
            for (name, value) in &rendered.args {
                key.extend(["\0", name, "=", value]);
            }
            if let Some(known) = self.recipes.built.borrow().get(&key) {
                return known.clone();
            }
            let build = Rc::new(parsed.evaluate(&rendered.request(platform)));
            let mut built = self.recipes.built.borrow_mut();
            if built.len() < KEPT {
                built.insert(key, build.clone());
            }
            build
        };
        platforms.map(|p| (p.clone(), build(p))).collect()
    }

    /// Every recipe that can be read, with what any spec and platform takes of it, in the order of the specs.
    pub fn taken(&self) -> Vec<Taken> {
        let mut order: Vec<Taken> = Vec::new();
        let mut known: HashMap<Arc<str>, usize> = HashMap::new();
        for cooked in self.cooked().filter(|c| c.recipe.parsed.is_ok()) {
            let path = cooked.recipe.file.path.clone();
            let index = *known.entry(path).or_insert_with(|| {
                order.push(Taken {
                    recipe: cooked.recipe.clone(),
                    specs: Vec::new(),
                    stages: BTreeMap::new(),
                });
                order.len() - 1
            });
            let taken = &mut order[index];
            taken.specs.push(cooked.id);
            for (platform, build) in self.builds(&cooked).iter() {
                let Ok(build) = &**build else { continue };
                for stage in &build.stages {
                    let platforms = taken.stages.entry(stage.index).or_default();
                    if !platforms.contains(platform) {
                        platforms.push(platform.clone());
                    }
                }
            }
        }
        order
    }
}

impl Cooked<'_> {
    /// The path of what the user wrote: the Dockerfile, or the template that renders it.
    pub fn written(&self) -> Arc<str> {
        if self.recipe.own {
            return self.recipe.file.path.clone();
        }
        let name = self.spec.merged.template.as_ref();
        let name = name.map_or(TEMPLATE, |name| name.value.as_str());
        format!("templates/{name}").into()
    }
}

impl Taken {
    /// The Dockerfile.
    pub fn dockerfile(&self) -> Option<&Dockerfile> {
        self.recipe.parsed.as_ref().ok()
    }

    /// The instructions that are built: args before the first FROM, then those of each stage, with its index.
    pub fn instructions(&self) -> impl Iterator<Item = (Option<usize>, &Arc<Instruction>)> {
        self.dockerfile().into_iter().flat_map(|file| {
            let globals = file.globals().iter().map(|one| (None, one));
            let stages = self.stages.keys();
            let staged = stages.flat_map(|stage| {
                let stage = *stage;
                file.body(stage).iter().map(move |one| (Some(stage), one))
            });
            globals.chain(staged)
        })
    }

    /// A place in the file.
    pub fn place(&self, span: std::ops::Range<usize>, label: impl Into<String>) -> Place {
        Place::span(&self.recipe.file, span, label)
    }
}
