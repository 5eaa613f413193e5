//! A CI provider as `matrix.toml` knows it. This room knows none by name: it is given a table of them, keeps `[ci.KEY]` of
//! each as a table with spans, and hands it over to be read.

use std::any::Any;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use toml::de::{DeValue, Error, ValueDeserializer};

use crate::config::pipelines::Shape;
use crate::config::pull_request::PullRequest;
use crate::config::table_reader::TableReader;
use crate::grammar::Spanned;

/// The table of a provider under `[ci]`.
pub trait ProviderTable: Sync {
    /// Its key, which is also the word for the pipeline in the plan: `cloud-build`.
    fn key(&self) -> &'static str;

    /// What people call the provider: `Cloud Build`.
    fn title(&self) -> &'static str;

    /// What the schema says of the table: a sentence.
    fn description(&self) -> &'static str;

    /// How the files end that the provider reads as pipelines.
    fn endings(&self) -> &'static [&'static str];

    /// Who vouches for the identity that it gives its jobs, where they can sign by that with no key: an issuer that
    /// Sigstore's public service knows.
    fn issuer(&self) -> Option<&'static str> {
        None
    }

    /// The schema of its options: [`options_schema`] of their type.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// Reads its options: [`read_options`] as their type.
    ///
    /// # Errors
    /// When the table is not of their shape.
    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error>;
}

impl fmt::Debug for dyn ProviderTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// What the table of a provider says.
pub trait Options: Any + fmt::Debug + Send + Sync {
    /// Where the pipeline is written: what is stated, or the provider's own place, with no span.
    fn file(&mut self) -> &mut Spanned<String>;

    /// Where the pipeline of a change is written, and on what it builds.
    fn pull_request(&self) -> &PullRequest;

    /// Reports what is wrong with what is stated, and gives what of it all pipelines have alike.
    fn validate(&self, reader: &mut TableReader<'_>) -> Shape;
}

/// The schema of a table that may be left out.
pub fn options_schema<O: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Option<O>>()
}

/// Reads a table as options of one type.
///
/// # Errors
/// When the table is not of their shape.
pub fn read_options<O: DeserializeOwned + Options>(
    table: toml::Spanned<DeValue<'_>>,
) -> Result<Box<dyn Options>, Error> {
    Ok(Box::new(O::deserialize(ValueDeserializer::from(table))?))
}
