//! What a row takes away of what the rows below it state.

use std::ops::Range;
use std::sync::Arc;

use crate::config::secrets::SecretId;
use crate::matrix::ImageId;

/// One thing that a row takes away.
#[derive(Clone, Debug)]
pub enum Take {
    /// An entry of a table, by its name: `X = false`.
    Entry(Table, Arc<str>),
    /// Packages, by their name or as they are written: `"!curl"`.
    Package(Packages, String),
    /// What is needed of an image: `"!tools"`.
    Need(ImageId, String),
    /// A secret: `"!pip-index"`.
    Secret(SecretId, String),
    /// All of a list: `apt = []`.
    All(List),
}

/// What is taken away, and where that stands.
pub type Taking = (Take, Range<usize>);

/// Tables that are merged by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Args,
    Env,
    Labels,
    Meta,
}

impl Table {
    /// The key.
    pub fn key(self) -> &'static str {
        match self {
            Table::Args => "args",
            Table::Env => "env",
            Table::Labels => "labels",
            Table::Meta => "meta",
        }
    }
}

/// Lists that an empty list clears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Packages(Packages),
    Needs,
    ContextFiles,
    Secrets,
    Test,
}

impl List {
    /// The key.
    pub fn key(self) -> &'static str {
        match self {
            List::Packages(packages) => packages.key(),
            List::Needs => "needs",
            List::ContextFiles => "context-files",
            List::Secrets => "secrets",
            List::Test => "test",
        }
    }
}

/// Lists of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packages {
    Apt,
    Pip,
}

impl Packages {
    /// The key.
    pub fn key(self) -> &'static str {
        match self {
            Packages::Apt => "apt",
            Packages::Pip => "pip",
        }
    }

    /// Whether `name`, taken away, takes this item: as it is written, or by the name before its version.
    pub fn takes(self, name: &str, item: &str) -> bool {
        name == item
            || match self {
                // A package of another architecture (`libc6:i386`) is another one.
                Packages::Apt => plain_name(item, &['=', '/']).is_some_and(|n| n == name),
                Packages::Pip => {
                    let of_item = plain_name(item, &['=', '<', '>', '!', '~', '[', ';', '@', ' ']);
                    of_item.is_some_and(|n| normalised(n) == normalised(name))
                }
            }
    }
}

/// What stands before the first of these characters, when it is no template and nothing else than a name.
fn plain_name<'a>(item: &'a str, ends: &[char]) -> Option<&'a str> {
    let name = item.split(ends).next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

/// A name as Python's index compares it.
/// Source: <https://packaging.python.org/en/latest/specifications/name-normalization/>.
fn normalised(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::Packages::{Apt, Pip};

    #[test]
    fn a_package_is_taken_by_its_name_or_as_it_is_written() {
        for (packages, name, item) in [
            (Apt, "curl", "curl"),
            (Apt, "curl", "curl=8.5.0-2"),
            (Apt, "curl", "curl/trixie-backports"),
            (Apt, "curl=8.5.0-2", "curl=8.5.0-2"),
            (Apt, "libc6:i386", "libc6:i386"),
            (Apt, "cuda-{{ cuda.major }}", "cuda-{{ cuda.major }}"),
            (Pip, "torch", "torch==2.9.0"),
            (Pip, "Flash_Attn", "flash-attn>=2,<3"),
            (Pip, "uvicorn", "uvicorn[standard]"),
            (Pip, "torch", "torch=={{ torch }}"),
            (Pip, "acme", "acme @ https://example.com/acme.whl"),
        ] {
            assert!(packages.takes(name, item), "{name} {item}");
        }
    }

    #[test]
    fn what_only_begins_alike_is_another_package() {
        for (packages, name, item) in [
            (Apt, "curl", "curlftpfs"),
            (Apt, "libc6", "libc6:i386"),
            (Apt, "cuda-", "cuda-{{ cuda.major }}"),
            (Apt, "curl=8", "curl=8.5.0-2"),
            (Pip, "torch", "torchvision==0.24"),
            (Pip, "torch==2", "torch==2.9.0"),
            (Pip, "git+https", "git+https://example.com/acme"),
            (Pip, "", "torch"),
        ] {
            assert!(!packages.takes(name, item), "{name} {item}");
        }
    }
}
