//! `matrix.toml`: as written ([`raw`]), then validated into [`Config`], which is always valid.

mod artifacts;
mod attributes;
mod axes;
mod channels;
mod check;
mod ci;
mod comparisons;
mod described;
mod facts;
mod fields;
mod header;
mod images;
mod keys;
mod known_axes;
mod load;
mod model;
mod option_texts;
mod outputs;
mod pins;
mod pipeline_keys;
mod pipelines;
mod places;
mod provider;
mod pull_request;
pub mod raw;
mod registries;
mod release;
mod secrets;
mod selectors;
mod shape;
mod signing;
mod steps;
mod table_reader;
mod taking;
mod terms;
mod test_rows;
mod trigger;
mod unions;
mod validate;

pub use artifacts::Artifact;
pub use attributes::{Attributes, misread};
pub use channels::{Channel, Starts};
pub use check::{Checks, Suppression};
pub use comparisons::comparison_finding;
pub use described::Described;
pub use facts::facts;
pub use fields::field_finding;
pub use header::{MARK, header};
pub(crate) use known_axes::PYTHON;
pub use load::{SCHEMA, load, schema};
pub use model::{
    Affixes, Alias, Config, Counts, Exclude, Expect, Image, Keys, Locator, Mention, MentionPlace,
    Offer, Offered, ParentRef, Pin, PipFile, PipFileKind, Registry, RegistryId, RegistryKind,
    Relation, Release, SecretRef, Unreleased, UserName, When,
};
pub use option_texts::Machines;
pub use outputs::{
    BAKE, BakeOptions, CATALOG_JSON, CATALOG_PYTHON, Catalog, CatalogOptions, Each, FileOptions,
    OutputFile, Outputs, PublishOptions, PythonNames, RESERVED_CONSTANTS, SCHEMA_FILE,
    SchemaOptions, Told, bake_place,
};
pub use pins::{check_pin, is_commit, is_version};
pub use pipeline_keys::{
    Access, At, BuildRow, BuildsRow, Cache, Compression, OwnStep, Provenance, StepMeans, Steps,
};
pub use pipelines::{Ci, GROUPS, Pipeline, Runner, Shape, UnmetWish, Wish};
pub use provider::{Options, ProviderTable, options_schema, read_options};
pub use pull_request::{Parents, PullRequest};
pub use raw::RawPython as PythonSource;
pub use registries::full_prefix;
pub use release::pinned_output;
pub use secrets::{Secret, SecretId};
pub use selectors::{SelectorNames, parse_text as parse_selector};
pub use signing::{SignTool, Signer, Signing, refs_pattern};
pub use steps::is_key;
pub use table_reader::TableReader;
pub use taking::{List, Packages, Table, Take, Taking};
pub use test_rows::TestRow;
pub use trigger::{Paths, Trigger};
pub use unions::{OneOrMany, RawSelector};
