//! An independent reading of the matrix: a naive expander that shares no code with the product.

mod cases;
mod example;
mod expand;
mod lineage;
mod model;
mod read;
mod relations;
mod selector;
mod tags;
mod template;
mod version;
