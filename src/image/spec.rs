//! One concrete image: a cell of a family, its platforms folded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::{self, Config, Keys};
use crate::facts::Day;
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::{ChannelTag, Digest};
use crate::matrix::{Arches, Cell, ImageId, Selector};
use crate::source::Owner;

/// One concrete image.
#[derive(Debug)]
pub struct Spec {
    /// `image/value_value`, unique, stable from release to release; the folder below `docker` of the outputs.
    pub id: Arc<str>,
    /// Its family.
    pub image: ImageId,
    /// Its values.
    pub cell: Cell,
    /// Its values of `arch`.
    pub arches: Arches,
    /// Platforms, in declared order.
    pub platforms: Vec<Platform>,
    /// What defaults, image and `when` rows say of it together.
    pub merged: Arc<Keys>,
    /// Repository name below a registry's prefix.
    pub name: String,
    /// Repositories it goes to, home first: `docker.io/acme/base`, or just `base` without a registry. Never empty.
    pub repositories: Arc<[String]>,
    /// Tag; `None` where it is not published.
    pub tag: Option<String>,
    /// Whether name or tag print the release, so that the reference never changes its content.
    pub immutable: bool,
    /// Upstream image, when it stands on one.
    pub base: Option<String>,
    /// The spec it stands on.
    pub parent: Option<SpecId>,
    /// The one at the root of its parents; itself, where it has none.
    pub root: SpecId,
    /// Specs it needs besides, in declared order.
    pub needs: Vec<SpecId>,
    /// 0 when it stands on no other spec, else one more than the highest it stands on.
    pub layer: usize,
    /// Facts of it, for outputs and the catalog.
    pub meta: Pairs<Arc<str>, String>,
    /// What its templates see.
    pub scope: Value,
}

/// A moving tag that one spec has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Who has it.
    pub spec: SpecId,
    /// The tag.
    pub tag: String,
    /// The line of releases within which it moves: `4`, `4.15`, or the one release that it names. `None` where it is of
    /// whichever is the newest.
    pub line: Option<String>,
}

/// All specs of a matrix with their lineage.
#[derive(Debug)]
pub struct Matrix {
    /// The specs, in declared order.
    pub specs: Vec<Spec>,
    /// The same, parents before children, stable otherwise.
    pub order: Vec<SpecId>,
    /// Aliases that the release moves, by declared alias and then by spec.
    pub aliases: Vec<Alias>,
    /// Aliases that rest where they are, since a pre-release moves none.
    pub resting: Vec<Alias>,
    /// Tags that runs of channels put, by declared channel and then by spec.
    pub channel_tags: Vec<ChannelTag>,
    /// Digests that are locked for upstream images, by their full reference.
    pub locked: BTreeMap<String, Digest>,
    /// The day that packages are not to be older than, where one is locked.
    pub packages: Option<Day>,
    /// The days that the lock records for contents.
    pub recorded: BTreeMap<Digest, Day>,
    /// For each image: whether its `match` removed anything.
    pub match_removes: Vec<bool>,
}

impl Matrix {
    /// A spec.
    pub fn spec(&self, id: SpecId) -> &Spec {
        &self.specs[id.0]
    }

    /// The specs of an image, which stand beside each other.
    pub fn of_image(&self, image: ImageId) -> Range<usize> {
        let from = self.specs.partition_point(|spec| spec.image.0 < image.0);
        let to = self.specs.partition_point(|spec| spec.image.0 <= image.0);
        from..to
    }

    /// The specs whose Dockerfile gen renders.
    pub fn rendered(&self) -> impl Iterator<Item = &Spec> {
        self.specs.iter().filter(|s| s.merged.dockerfile.is_none())
    }

    /// The aliases of each spec, by [`SpecId`].
    pub fn aliases_of(&self) -> Vec<Vec<&Alias>> {
        let mut of: Vec<Vec<&Alias>> = vec![Vec::new(); self.specs.len()];
        for alias in &self.aliases {
            of[alias.spec.0].push(alias);
        }
        of
    }

    /// The alias tags of each spec, by [`SpecId`].
    pub fn alias_tags(&self) -> Vec<Vec<&str>> {
        let of = self.aliases_of().into_iter();
        of.map(|of| of.into_iter().map(|alias| &*alias.tag).collect())
            .collect()
    }

    /// The specs that are meant, by [`SpecId`], and all that they stand on.
    pub fn with_lineage(&self, meant: &[bool]) -> Vec<bool> {
        let mut kept = meant.to_vec();
        // Children come last.
        for id in self.order.iter().rev() {
            if kept[id.0] {
                self.spec(*id)
                    .stands_on()
                    .for_each(|below| kept[below.0] = true);
            }
        }
        kept
    }

    /// Number of lineage layers.
    pub fn layers(&self) -> usize {
        self.specs.iter().map(|s| s.layer + 1).max().unwrap_or(0)
    }
}

impl Spec {
    /// Whether a selector means it, on any of its platforms.
    pub fn is_meant(&self, selector: &Selector) -> bool {
        selector.holds_on_any(self.image, &self.cell, &self.arches)
    }

    /// Whether an alias is over it: what is not published has none.
    pub fn is_aliased(&self, alias: &config::Alias) -> bool {
        self.tag.is_some() && alias.selector.as_ref().is_none_or(|s| self.is_meant(s))
    }

    /// Where its Dockerfile stands when gen renders it.
    pub fn rendered_path(&self, owner: &Owner) -> String {
        owner.path(&format!("docker/{}/Dockerfile", self.id))
    }

    /// Its repository at home.
    pub fn home(&self) -> &str {
        &self.repositories[0]
    }

    /// Its full references, home first; none where it is not published.
    pub fn references(&self) -> Vec<String> {
        let tagged = self.tag.iter().flat_map(|tag| {
            let repositories = self.repositories.iter();
            repositories.map(move |repository| format!("{repository}:{tag}"))
        });
        tagged.collect()
    }

    /// The specs it stands on, parent first.
    pub fn stands_on(&self) -> impl Iterator<Item = SpecId> + '_ {
        self.parent.iter().chain(&self.needs).copied()
    }

    /// Its full reference at home, where it is published.
    pub fn home_reference(&self) -> Option<String> {
        let tag = self.tag.as_ref()?;
        Some(format!("{}:{tag}", self.home()))
    }

    /// Its values by the names of their axes.
    pub fn values(&self, config: &Config) -> Pairs<Arc<str>, Arc<str>> {
        let named = |(axis, value)| {
            let name = config.axis(axis).name.clone();
            (name, config.value(axis, value).clone())
        };
        self.cell.iter().map(named).collect()
    }

    /// `base python=3.11 job=server`, for people.
    pub fn describe(&self, config: &Config) -> String {
        describe_cell(config, self.image, &self.cell)
    }
}

/// `base python=3.11 job=server`, for people.
pub fn describe_cell(config: &Config, image: ImageId, cell: &Cell) -> String {
    let mut text = config.images[image.0].key.to_string();
    for (axis, value) in cell.iter() {
        let _ = write!(
            text,
            " {}={}",
            config.axis(axis).name,
            config.value(axis, value)
        );
    }
    text
}

/// The id of a cell: image, `/`, then the values joined by `_`. Bytes outside `[A-Za-z0-9.+-]` become `=XX`, so that two
/// cells never share an id and every id is a safe path.
pub(super) fn spec_id(config: &Config, image: ImageId, cell: &Cell) -> String {
    let mut id = config.images[image.0].key.to_string();
    for (index, (axis, value)) in cell.iter().enumerate() {
        id.push(if index == 0 { '/' } else { '_' });
        id.push_str(&id_word(config.value(axis, value)));
    }
    id
}

/// A value as it stands in an id.
pub fn id_word(value: &str) -> String {
    let mut word = String::with_capacity(value.len());
    for (index, byte) in value.bytes().enumerate() {
        let dot = byte == b'.' && (index == 0 || index + 1 == value.len());
        if !dot && (byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')) {
            word.push(byte as char);
        } else {
            let _ = write!(word, "={byte:02X}");
        }
    }
    word
}
