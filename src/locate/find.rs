//! From a file and a name to the value: the reader for the kind of file, and the byte order mark.

use crate::locate::code;
use crate::locate::code::{go, python, rust, script, shell};
use crate::locate::data;
use crate::locate::data::{json, toml, yaml};
use crate::locate::found::{Found, FoundList};
use crate::locate::kind;
use crate::locate::kind::Kind;
use crate::locate::line;
use crate::locate::line::{dockerfile, env, make};
use crate::locate::path::KeyPath;
use crate::locate::unfound::Unfound;
use crate::source::SourceFile;

/// The constant `name` of a file of code: outside of functions; in a class, type or namespace by its dotted name
/// (`Settings.VERSION`, in Rust `Settings::VERSION`), where modules and namespaces may be left out. In a shell script a
/// default (`${X:-v1}`) is the value; in a Makefile or `.env` a variable; in a Dockerfile the default of an `ARG`.
///
/// # Errors
/// When there is not exactly one that is written out.
pub fn constant(file: &SourceFile, name: &str) -> Result<Found, Unfound> {
    let kind = Kind::of(&file.path);
    let found = unmarked(file, Found::shifted, |text| match reader(kind)? {
        Reader::Code(syntax) => code::constant(&syntax, text, name),
        Reader::Lines(syntax) => {
            line::constant(&syntax, text, name).map_err(|u| u.somewhere(text, name))
        }
    });
    Ok(found?.found_by(&file.path, name, constant))
}

/// The list constant `name` of a file of code: the items of a list, tuple, set or array, the keys of a dict, map or
/// object, the values of an enum, the words of a shell variable.
///
/// # Errors
/// When there is not exactly one of which every item is written out as text.
pub fn list(file: &SourceFile, name: &str) -> Result<FoundList, Unfound> {
    let kind = Kind::of(&file.path);
    unmarked(file, shifted, |text| match reader(kind)? {
        Reader::Code(syntax) => code::list(&syntax, text, name),
        Reader::Lines(syntax) => {
            line::list(&syntax, text, name).map_err(|u| u.somewhere(text, name))
        }
    })
}

/// The value at a key path of a TOML, JSON or YAML file. [`KeyPath`] says how paths are written.
///
/// # Errors
/// When there is not exactly one, or it is not text.
pub fn key(file: &SourceFile, path: &str) -> Result<Found, Unfound> {
    let keys = KeyPath::parse(path).map_err(Unfound::Path)?;
    let kind = Kind::of(&file.path);
    let found = unmarked(file, Found::shifted, |text| {
        data::value(&documents(kind, text)?, &keys)
    });
    Ok(found?.found_by(&file.path, path, key))
}

/// The list at a key path of a TOML, JSON or YAML file: its items, or the keys of a mapping.
///
/// # Errors
/// When there is not exactly one, or an item is not text.
pub fn key_list(file: &SourceFile, path: &str) -> Result<FoundList, Unfound> {
    let path = KeyPath::parse(path).map_err(Unfound::Path)?;
    let kind = Kind::of(&file.path);
    unmarked(file, shifted, |text| {
        data::list(&documents(kind, text)?, &path)
    })
}

/// How the constants of a kind of file are read.
enum Reader {
    Code(code::Syntax),
    Lines(line::Syntax),
}

fn reader(kind: Option<Kind>) -> Result<Reader, Unfound> {
    Ok(match kind {
        Some(Kind::Python) => Reader::Code(python::SYNTAX),
        Some(Kind::Rust) => Reader::Code(rust::SYNTAX),
        Some(Kind::Go) => Reader::Code(go::SYNTAX),
        Some(Kind::TypeScript) => Reader::Code(script::TYPESCRIPT),
        Some(Kind::Script) => Reader::Code(script::SCRIPT),
        Some(Kind::Shell) => Reader::Code(shell::SYNTAX),
        Some(Kind::Env) => Reader::Lines(env::SYNTAX),
        Some(Kind::Make) => Reader::Lines(make::SYNTAX),
        Some(Kind::Dockerfile) => Reader::Lines(dockerfile::SYNTAX),
        Some(Kind::Toml | Kind::Json | Kind::Yaml) | None => {
            return Err(Unfound::Language {
                readable: kind::CODE,
            });
        }
    })
}

fn documents(kind: Option<Kind>, text: &str) -> Result<Vec<data::Node>, Unfound> {
    match kind {
        Some(Kind::Toml) => toml::documents(text),
        Some(Kind::Json) => json::documents(text),
        Some(Kind::Yaml) => yaml::documents(text),
        _ => Err(Unfound::Language {
            readable: kind::DATA,
        }),
    }
}

/// Runs `read` on the text without its byte order mark, and tells the places with it.
fn unmarked<T>(
    file: &SourceFile,
    shift: fn(T, usize) -> T,
    read: impl FnOnce(&str) -> Result<T, Unfound>,
) -> Result<T, Unfound> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let by = file.text.len() - text.len();
    read(text)
        .map(|found| shift(found, by))
        .map_err(|unfound| unfound.shifted(by))
}

fn shifted(list: FoundList, by: usize) -> FoundList {
    FoundList {
        span: list.span.start + by..list.span.end + by,
        items: list.items.into_iter().map(|i| i.shifted(by)).collect(),
    }
}
