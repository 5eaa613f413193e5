//! Platforms as `--platform` and the automatic args spell them.
//!
//! Source: `Parse` and `Normalize` of containerd/platforms.

/// A platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `linux`
    pub os: String,
    /// `arm64`
    pub arch: String,
    /// `v7`, or empty.
    pub variant: String,
}

/// Systems that may stand alone. Source: `isKnownOS`.
const SYSTEMS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
/// Architectures that may stand alone. Source: `isKnownArch`.
const ARCHITECTURES: [&str; 22] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "wasm",
];

/// Whether images can be for a system of this name. Source: `isKnownOS`.
pub(super) fn is_system(name: &str) -> bool {
    SYSTEMS.contains(&name)
}

/// Whether images can be for an architecture of this name.
pub(super) fn is_architecture(name: &str) -> bool {
    ARCHITECTURES.contains(&name)
}

impl Target {
    /// Reads a platform, where `default_os` is meant by an architecture alone.
    ///
    /// # Errors
    /// Says why BuildKit refuses it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("`{}` is not a platform", text.escape_debug());
        let word = |part: &&str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        };
        let parts: Vec<&str> = text.split('/').collect();
        let lower = |part: &str| part.to_ascii_lowercase();
        // A version of the system may stand behind it: `windows(10.0.17763)/amd64`.
        let system = parts[0]
            .split_once('(')
            .filter(|(_, version)| version.ends_with(')'))
            .map_or(parts[0], |(os, _)| os);
        if !word(&system) || !parts[1..].iter().all(word) {
            return Err(fault());
        }
        let system = match lower(system) {
            os if os == "macos" => "darwin".to_owned(),
            os => os,
        };
        match parts[1..] {
            [] if is_system(&system) => Ok(Target::normal(system, "amd64".into(), String::new())),
            [] => {
                let target = Target::normal("linux".into(), system, String::new());
                match ARCHITECTURES.contains(&target.arch.as_str()) {
                    true => Ok(target),
                    false => Err(fault()),
                }
            }
            [arch] => Ok(Target::normal(system, lower(arch), String::new())),
            [arch, variant] => Ok(Target::normal(system, lower(arch), lower(variant))),
            _ => Err(fault()),
        }
    }

    fn normal(os: String, arch: String, variant: String) -> Self {
        let (arch, variant) = match (arch.as_str(), variant.as_str()) {
            ("i386", _) => ("386".to_owned(), String::new()),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64".to_owned(), String::new()),
            ("x86_64" | "x86-64", _) => ("amd64".to_owned(), variant),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64".to_owned(), String::new()),
            ("aarch64", _) => ("arm64".to_owned(), variant),
            ("armhf", _) => ("arm".to_owned(), "v7".to_owned()),
            ("armel", _) => ("arm".to_owned(), "v6".to_owned()),
            ("arm", "" | "7") => (arch, "v7".to_owned()),
            ("arm", "5" | "6" | "8") => (arch, format!("v{variant}")),
            _ => (arch, variant),
        };
        Target { os, arch, variant }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_spelt_in_one_way() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("arm64", "linux/arm64"),
            ("LINUX/AMD64", "linux/amd64"),
            ("linux/amd64/v2", "linux/amd64/v2"),
            ("windows(10.0.17763)/amd64", "windows/amd64"),
        ] {
            let read = Target::parse(text).map(|target| target.to_string());
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "nope", "a/b/c/d", "linux/", "/amd64", "li nux/amd64"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }
}
