//! What a rule may look at.

use std::cell::OnceCell;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::check::bases::{BaseImage, Bases, UnclearBase, bases};
use crate::check::dockerfile::Recipes;
use crate::check::strays::Stray;
use crate::config::{Config, field_finding};
use crate::diagnostic::{Finding, Place};
use crate::facts::{Day, Facts};
use crate::grammar::SpecId;
use crate::image::{Contents, Matrix, Spec};
use crate::lock::{Before, Lock};
use crate::output::{Drift, Owned, Tree};
use crate::render::{Field, FieldFault};
use crate::source::{BuildContext, Members, Origin, Repository, Strange};

/// Everything there is to look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The specs.
    pub matrix: &'a Matrix,
    /// What goes into each.
    pub contents: &'a Contents,
    /// The outputs against the disk.
    pub drift: &'a Drift,
    /// What was recorded of a release.
    pub lock: Option<&'a Lock>,
    /// What its references stood for when it was published.
    pub before: &'a Before,
    /// Where the library's own files are read from.
    pub repository: &'a Repository,
    /// The outputs.
    pub tree: &'a Tree,
    /// What gen owns on disk.
    pub owned: &'a Owned,
    /// Facts of the outside world.
    pub facts: &'a Facts,
    /// The day that dates are looked at from.
    pub today: Day,
    /// The upstream images, looked for once: see [`Context::bases`].
    pub known_bases: OnceCell<Bases>,
    /// Dockerfiles that were read: see [`Context::cooked`].
    pub recipes: Recipes,
}

/// A context as some specs send it.
pub struct SentContext<'a> {
    /// Its folder, from the root.
    pub folder: &'a str,
    /// Its files.
    pub files: &'a Arc<BuildContext>,
    /// The specs that send it.
    pub specs: Vec<SpecId>,
}

impl SentContext<'_> {
    /// A path of it, told from the root, as it is shown.
    pub fn full(&self, path: &str) -> String {
        match self.folder {
            "." => path.to_owned(),
            folder => format!("{folder}/{path}"),
        }
    }

    /// Where the matrix names it.
    pub fn place(&self, cx: &Context<'_>) -> Place {
        let span = self.specs.first().map_or(0..0, |id| {
            let spec = cx.matrix.spec(*id);
            let merged = &spec.merged;
            cx.span_of(spec, merged.context.as_ref().or(merged.dockerfile.as_ref()))
        });
        cx.place(span, format!("its context is `{}`", self.folder))
    }
}

impl<'a> Context<'a> {
    /// The contexts that hold any file, each once.
    pub fn sent_contexts(&self) -> Vec<SentContext<'a>> {
        let mut sent: IndexMap<_, SentContext<'a>, FxBuildHasher> = IndexMap::default();
        let contents = self.contents;
        for (id, rendered) in contents.iter() {
            let folder = rendered.context.as_str();
            let one = sent
                .entry((folder, Arc::as_ptr(&rendered.files)))
                .or_insert_with(|| SentContext {
                    folder,
                    files: &rendered.files,
                    specs: Vec::new(),
                });
            one.specs.push(id);
        }
        sent.into_values().collect()
    }

    /// Whether the content of each spec can be told: that of others is not what would be built, and what would follow from
    /// it is no fact. By the index of the spec.
    pub fn told(&self) -> Vec<bool> {
        let members = self.repository.known_members().map(Members::origin);
        let is_unasked = matches!(members, Some(Origin::Unasked(_)));
        let mut told = vec![true; self.matrix.specs.len()];
        for id in &self.matrix.order {
            let (spec, rendered) = (self.matrix.spec(*id), self.contents.get(*id));
            let files = &rendered.files;
            let unreadable = |why: &Strange| matches!(why, Strange::Unreadable(_));
            let own = rendered.own.is_some() || spec.merged.dockerfile.is_none();
            told[id.0] = own
                && files.absent_submodules.is_empty()
                && !files.strange.values().any(unreadable)
                && (!is_unasked || files.files.is_empty())
                && spec.stands_on().all(|below| told[below.0]);
        }
        told
    }

    /// Whether gen writes that file, or wrote it.
    pub fn is_output(&self, path: &str) -> bool {
        self.tree.contains(path) || self.owned.lists(path)
    }

    /// A place in the matrix file.
    pub fn place(&self, span: std::ops::Range<usize>, label: impl Into<String>) -> Place {
        self.config.place(span, label)
    }

    /// The upstream images that specs stand on.
    pub fn bases(&self) -> &[BaseImage] {
        &self.known_bases.get_or_init(|| bases(self)).images
    }

    /// Images of the matrix's own that Dockerfiles name, and that their specs are not told to stand on.
    pub fn own_bases(&self) -> &[BaseImage] {
        &self.known_bases.get_or_init(|| bases(self)).own
    }

    /// What specs stand on that cannot be told.
    pub fn unclear_bases(&self) -> &[UnclearBase] {
        &self.known_bases.get_or_init(|| bases(self)).unclear
    }

    /// Names of stages that are not there.
    pub fn strays(&self) -> &[Stray] {
        &self.known_bases.get_or_init(|| bases(self)).strays
    }

    /// Where a field of a spec stands, or else its image.
    pub fn span_of(&self, spec: &Spec, field: Option<&Field>) -> std::ops::Range<usize> {
        field.map_or_else(
            || self.config.images[spec.image.0].span.clone(),
            |f| f.span.clone(),
        )
    }

    /// The finding for a field that failed.
    pub fn field_fault(&self, field: &Field, fault: FieldFault) -> Finding {
        field_finding(&self.config.file, field, fault)
    }
}
