//! Names of stages that are not there: a builder takes them for images of Docker Hub's.

use std::ops::Range;
use std::sync::Arc;

use crate::check::dockerfile::Cooked;
use crate::diagnostic::nearest;
use crate::dockerfile::{Dockerfile, Named, NamedBy};
use crate::grammar::{Platform, SpecId};
use crate::source::SourceFile;

/// A name that means a stage which is not there.
#[derive(Debug)]
pub struct Stray {
    /// The name, every build arg filled in.
    pub name: String,
    /// The stage that is there.
    pub meant: Meant,
    /// Who takes it, in order; never empty.
    pub specs: Vec<SpecId>,
    /// The platforms for which these do.
    pub platforms: Vec<Platform>,
    /// The file that names it.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Range<usize>,
}

/// What stage a name is taken for, and where that stands.
#[derive(Clone, Debug)]
pub enum Meant {
    /// One whose name is nearly that.
    Near(String, Range<usize>),
    /// One that the same words name for other args or another platform.
    Alike(String, Range<usize>),
    /// The one of that name, which begins only later.
    Later(Range<usize>),
}

/// Strays so far.
#[derive(Debug, Default)]
pub(super) struct Strays(Vec<(bool, Stray)>);

impl Strays {
    /// Notes an image, where its name means a stage that is not there; whether it does.
    pub(super) fn take(
        &mut self,
        cooked: &Cooked<'_>,
        named: &Named<'_>,
        image: &str,
        platform: &Platform,
    ) -> bool {
        let recipe = &cooked.recipe;
        let meant = recipe.parsed.as_ref().ok();
        let Some(meant) = meant.and_then(|parsed| meant_by(parsed, named, image)) else {
            return false;
        };
        let known = self.0.iter_mut().find(|(own, one)| {
            // A template says it once, whatever it is rendered for.
            let same = one.file.path == recipe.file.path && one.span == named.span;
            one.name == image && (same || !own && !recipe.own)
        });
        match known {
            Some((_, one)) => {
                if one.specs.last() != Some(&cooked.id) {
                    one.specs.push(cooked.id);
                }
                if !one.platforms.contains(platform) {
                    one.platforms.push(platform.clone());
                }
            }
            None => self.0.push((
                recipe.own,
                Stray {
                    name: image.to_owned(),
                    meant,
                    specs: vec![cooked.id],
                    platforms: vec![platform.clone()],
                    file: recipe.file.clone(),
                    span: named.span.clone(),
                },
            )),
        }
        true
    }

    /// All of them.
    pub(super) fn done(self) -> Vec<Stray> {
        self.0.into_iter().map(|(_, one)| one).collect()
    }
}

/// The stage that an image's name means, where it most likely does.
fn meant_by(file: &Dockerfile, named: &Named<'_>, image: &str) -> Option<Meant> {
    if image.contains(['/', ':', '@']) || OFFICIAL.contains(&image) {
        return None;
    }
    let stages = || {
        let stages = file.stages.iter().enumerate();
        stages.filter_map(|(index, stage)| Some((index, stage.name.as_deref()?)))
    };
    let span = |index: usize| {
        let from = file.from(index);
        from.name.as_ref().unwrap_or(&from.image).span.clone()
    };
    let earlier = || stages().filter(|(index, _)| *index < named.stage);
    if named.by == NamedBy::From {
        let pattern = fixed_parts(&file.from(named.stage).image.text);
        let fits = |name: &str| pattern.as_ref().is_some_and(|parts| fits(name, parts));
        if let Some((index, name)) = earlier().find(|(_, name)| fits(name)) {
            return Some(Meant::Alike(name.to_owned(), span(index)));
        }
    }
    let mut later = stages().filter(|(index, _)| *index > named.stage);
    if let Some((index, _)) = later.find(|(_, name)| *name == image) {
        return Some(Meant::Later(span(index)));
    }
    let near = nearest(image, earlier().map(|(_, name)| name))?;
    let (index, name) = earlier().find(|(_, name)| *name == near)?;
    Some(Meant::Near(name.to_owned(), span(index)))
}

/// What stands around the variables of a word; `None` where it has none, or is little else.
fn fixed_parts(word: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        parts.last_mut()?.push_str(&rest[..at]);
        parts.push(String::new());
        let behind = &rest[at + 1..];
        rest = match behind.strip_prefix('{') {
            Some(braced) => &braced[braced.find('}')? + 1..],
            None => behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
    }
    parts.last_mut()?.push_str(rest);
    let length: usize = parts.iter().map(String::len).sum();
    (parts.len() > 1 && length > 1 && !rest.contains('}')).then_some(parts)
}

/// Whether a name is these parts with something between them.
fn fits(name: &str, parts: &[String]) -> bool {
    let [first, between @ .., last] = parts else {
        return false;
    };
    let rest = name.strip_prefix(first.as_str());
    let Some(mut rest) = rest.and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    for part in between {
        match rest.find(part.as_str()) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Official images of Docker Hub's: whoever names one of these means it. Source: the `library` folder of
/// docker-library/official-images.
const OFFICIAL: &[&str] = &[
    "adminer",
    "aerospike",
    "almalinux",
    "alpine",
    "alt",
    "amazoncorretto",
    "amazonlinux",
    "arangodb",
    "archlinux",
    "backdrop",
    "bash",
    "bonita",
    "buildpack-deps",
    "busybox",
    "caddy",
    "cassandra",
    "centos",
    "chronograf",
    "cirros",
    "clearlinux",
    "clefos",
    "clickhouse",
    "clojure",
    "composer",
    "consul",
    "convertigo",
    "couchbase",
    "couchdb",
    "crate",
    "dart",
    "debian",
    "docker",
    "drupal",
    "eclipse-mosquitto",
    "eclipse-temurin",
    "eggdrop",
    "elasticsearch",
    "elixir",
    "emqx",
    "erlang",
    "fedora",
    "flink",
    "fluentd",
    "friendica",
    "gazebo",
    "gcc",
    "geonetwork",
    "ghost",
    "golang",
    "gradle",
    "groovy",
    "haproxy",
    "haskell",
    "haxe",
    "hello-world",
    "hitch",
    "httpd",
    "hylang",
    "ibm-semeru-runtimes",
    "ibmjava",
    "influxdb",
    "irssi",
    "java",
    "jetty",
    "joomla",
    "jruby",
    "julia",
    "kapacitor",
    "kibana",
    "kong",
    "krakend",
    "lightstreamer",
    "liquibase",
    "logstash",
    "mageia",
    "mariadb",
    "matomo",
    "maven",
    "mediawiki",
    "memcached",
    "mongo",
    "mongo-express",
    "monica",
    "mono",
    "mysql",
    "nats",
    "neo4j",
    "neurodebian",
    "nextcloud",
    "nginx",
    "node",
    "notary",
    "odoo",
    "open-liberty",
    "openjdk",
    "opensuse",
    "oraclelinux",
    "orientdb",
    "percona",
    "perl",
    "photon",
    "php",
    "phpmyadmin",
    "plone",
    "postfixadmin",
    "postgres",
    "pypy",
    "python",
    "r-base",
    "rabbitmq",
    "rakudo-star",
    "redis",
    "redmine",
    "registry",
    "rethinkdb",
    "rocket.chat",
    "rockylinux",
    "ros",
    "ruby",
    "rust",
    "sapmachine",
    "satosa",
    "silverpeas",
    "sl",
    "solr",
    "sonarqube",
    "spark",
    "spiped",
    "storm",
    "swift",
    "swipl",
    "telegraf",
    "tomcat",
    "tomee",
    "traefik",
    "ubuntu",
    "unit",
    "valkey",
    "varnish",
    "vault",
    "websphere-liberty",
    "wordpress",
    "xwiki",
    "yourls",
    "znc",
    "zookeeper",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_variables_is_a_pattern_of_names() {
        for (word, name, expected) in [
            ("base-${TARGETARCH}", "base-amd64", true),
            ("base-$TARGETARCH", "base-amd64", true),
            ("${OS}-base-${TARGETARCH}", "linux-base-arm64", true),
            ("${OS}-base", "linux-based", false),
            ("base-${TARGETARCH}", "other-amd64", false),
            ("base", "base", false),
            ("$BASE", "base", false),
            ("${BASE:-${OTHER}}", "base", false),
            ("a-${X}-a", "a-a", false),
        ] {
            let found = fixed_parts(word).is_some_and(|parts| fits(name, &parts));
            assert_eq!(found, expected, "{word} {name}");
        }
    }
}
