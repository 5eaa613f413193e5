//! Texts that want to break out, and every place of `matrix.toml` that takes a text.

/// What stands in a place when nothing hostile does.
pub const PLAIN: &str = "zq7q7z";

/// Pieces of hostile texts. Each stands alone too.
pub const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\u{1}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "日本",
    "😀",
    "`id`",
    "$(id)",
    "$HOME",
    "${HOME}",
    "$$",
    "$",
    "${{ secrets.X }}",
    "${{",
    "}}",
    "{{",
    "{%",
    "{#",
    "#}",
    "<{",
    "}>",
    "<%",
    "%>",
    "<#",
    "# comment",
    "#",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "&a",
    "*a",
    "!x",
    "|",
    ">",
    "%0a",
    "@x",
    "yes",
    "no",
    "on",
    "null",
    "~",
    "1e3",
    "0x10",
    "012",
    "3.10",
    "true",
    "=",
    "a=b",
    "<<EOF",
    "<<-'EOF'\nRUN evil\nEOF\n",
    "\\\n",
    "trailing\\",
    " ",
    "lead ",
    ";",
    "&& evil",
    "||",
    "(",
    ")",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    ",",
    "--flag",
    "\\n",
    "\\u0022",
    "::set-output name=x::y",
    "FROM evil",
    "\nFROM evil\n",
    "\nRUN evil",
    "\n---\n",
    "\n...\n",
    "]]",
    "/",
    "../",
    "//",
    "w",
];

/// A place that takes a text. The text of the file has `@` and the name where the text goes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub name: &'static str,
    /// Whether the text is a template, in which `{{` begins something.
    pub templated: bool,
    /// Whether it takes any line of text; the others take what their grammar allows, and refuse the rest.
    pub open: bool,
    /// The text that stands there in the matrix that all others are compared with.
    pub plain: &'static str,
}

const fn field(name: &'static str) -> Place {
    Place {
        name,
        templated: true,
        open: true,
        plain: PLAIN,
    }
}

const fn raw(name: &'static str) -> Place {
    Place {
        name,
        templated: false,
        open: true,
        plain: PLAIN,
    }
}

const fn closed(place: Place) -> Place {
    Place {
        open: false,
        ..place
    }
}

const fn like(place: Place, plain: &'static str) -> Place {
    Place { plain, ..place }
}

/// Every place. Where a plain word would be refused, a text of the right form stands instead.
pub const PLACES: &[Place] = &[
    field("env"),
    field("label"),
    field("arg"),
    field("cmd"),
    field("entrypoint"),
    field("apt"),
    field("pip"),
    field("test"),
    field("own-arg"),
    field("own-test"),
    field("own-target"),
    raw("attribute"),
    raw("reason"),
    like(raw("role"), "arn:aws:iam::123456789012:role/zq7q7z"),
    like(
        raw("provider"),
        "projects/1/locations/global/workloadIdentityPools/a/providers/zq7q7z",
    ),
    like(raw("account"), "zq7q7z@acme.iam.gserviceaccount.com"),
    raw("gitlab-image"),
    raw("gitlab-service"),
    raw("gitlab-runner"),
    raw("github-runner"),
    raw("github-control"),
    raw("github-environment"),
    raw("cloud-image"),
    raw("cloud-emulator"),
    like(
        raw("cloud-pool"),
        "projects/a/locations/b/workerPools/zq7q7z",
    ),
    like(raw("cloud-account"), "projects/a/serviceAccounts/zq7q7z"),
    closed(raw("env-key")),
    closed(raw("label-key")),
    closed(raw("arg-key")),
    closed(raw("registry-key")),
    closed(raw("image-key")),
    closed(raw("set-key")),
    closed(like(field("user"), "4711")),
    closed(field("from")),
    closed(field("name")),
    closed(field("tag")),
    closed(field("alias")),
    closed(like(raw("prefix"), "docker.io/zq7q7z/images")),
    closed(raw("username")),
    closed(raw("password")),
    closed(raw("github-action-version")),
];

impl Place {
    /// What stands in the place when `inner` is the text to be put there.
    pub fn holding(&self, inner: &str) -> String {
        if self.plain.contains(PLAIN) {
            self.plain.replace(PLAIN, inner)
        } else {
            inner.to_owned()
        }
    }

    /// What stands in the place when another one is looked at: each name another, where names must differ.
    fn quiet(&self) -> String {
        match self.name {
            "tag" | "name" | "alias" | "from" => self.name.to_owned(),
            "own-target" => "final".to_owned(),
            name if name.ends_with("-key") => name.replace('-', ""),
            _ => self.plain.replace(PLAIN, "plain"),
        }
    }
}

const MATRIX: &str = r#"
[release]
version = "1.2.0"

[registry.hub]
prefix = @prefix
username = @username
password = @password

[registry.@registry-key]
prefix = "registry.example.com/acme"

[registry.aws]
prefix = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme"
role = @role

[registry.google]
prefix = "europe-docker.pkg.dev/acme/images"
workload-identity-provider = @provider
service-account = @account

[axis]
cuda = ["none", { value = "12.8.1", os = @attribute }]
arch = ["amd64", "arm64"]

[set]
@set-key = { cuda = "none" }

[[exclude]]
match = { image = "low", cuda = "none" }
reason = @reason

[image.low]
tag = "{{ cuda }}"
from = "nvidia/cuda:{{ cuda }}"
env = { OS = "{{ cuda.os }}" }

[image.base]
axes = ["cuda"]
match = { cuda = "!none" }
parent = "low"
name = @name
tag = @tag
env = { V = @env, @env-key = "x", LAST = "end" }
labels = { "com.acme.v" = @label, @label-key = "x", "com.acme.last" = "end" }
args = { A = @arg, @arg-key = "x", LAST = "end" }
apt = ["curl", @apt, "git"]
pip = ["six", @pip, "ninja"]
test = ["true", @test, "false"]
cmd = ["run", @cmd, "end"]
entrypoint = ["run", @entrypoint, "end"]
user = @user

[image.@image-key]
axes = ["cuda"]
match = { cuda = "!none" }
tag = "{{ cuda }}"
from = @from

[image.own]
axes = []
tag = "1"
from = "debian:13"
dockerfile = "docker/Dockerfile"
target = @own-target
args = { V = @own-arg }
test = [@own-test]

[[alias]]
match = { image = "low" }
tags = [@alias]

[ci.gitlab]
image = @gitlab-image
service = @gitlab-service
runner = { amd64 = [@gitlab-runner, "docker"], arm64 = ["arm"] }

[ci.github]
runner = { amd64 = @github-runner, arm64 = "ubuntu-24.04-arm" }
control-runner = @github-control
environment = @github-environment
actions = { "actions/checkout" = { sha = "0123456789012345678901234567890123456789", version = @github-action-version } }

[ci.cloud-build]
image = @cloud-image
emulator = @cloud-emulator
pool = @cloud-pool
service-account = @cloud-account

[output.catalog]
"#;

/// A TOML string. Keys are quoted as well.
fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A template that prints exactly `text`.
fn template(text: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    // A string in the language of templates, which reads JSON's escapes.
    let literal = serde_json::to_string(text).expect("a string");
    format!("{{{{ {literal} }}}}")
}

/// The matrix in which these places hold `inner`, and all others what is quiet there.
pub fn matrix(holding: &[Place], inner: &str) -> String {
    let mut out = String::new();
    let mut rest = MATRIX;
    while let Some((before, after)) = rest.split_once('@') {
        let end = after
            .find(|c: char| !(c.is_ascii_lowercase() || c == '-'))
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let place = PLACES
            .iter()
            .find(|p| p.name == name)
            .expect("a place of that name");
        let held = holding.iter().any(|p| p.name == name);
        let text = if held {
            place.holding(inner)
        } else {
            place.quiet()
        };
        out.push_str(before);
        out.push_str(&toml_string(&if place.templated {
            template(&text)
        } else {
            text
        }));
        rest = after;
    }
    out + rest
}

/// The Dockerfile that image `own` names.
pub fn own_dockerfile(target: &str) -> String {
    format!("FROM debian:13 AS base\nARG V\nFROM base AS {target}\n")
}

#[test]
fn every_place_is_in_the_matrix() {
    for place in PLACES {
        let text = matrix(&[*place], place.plain);
        assert!(text.contains(place.plain), "{}", place.name);
    }
    assert_eq!(MATRIX.matches('@').count(), PLACES.len());
}
