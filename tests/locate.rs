//! Where files state a version, and what is changed so that they state another: one kind of file a module. `«»` in a
//! case marks the bytes that must be found, or pointed at.

mod changed;
mod data;
mod dockerfile;
mod env;
mod go;
mod make;
mod mappings;
mod marked;
mod otherwise;
mod properties;
mod python;
mod rust;
mod script;
mod search;
mod shell;
