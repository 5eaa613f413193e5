//! The language of `matrix.toml`, one definition a test: its name is the definition, its matrix is as short as the
//! definition allows, and it asserts that one fact.

mod arch;
mod attributes;
mod dockerfiles;
mod exists;
mod facts_of_images;
mod fixture;
mod images;
mod lineage;
mod locks;
mod odd;
mod passed_by;
mod pipelines;
mod published;
mod selectors;
mod sets;
mod tags;
mod templates;
mod test_rows;
mod users;
mod values;
