//! Secrets that steps of a build mount.

use std::ops::Range;

use crate::dockerfile::evaluate::{Build, Does};
use crate::dockerfile::instruction::Operation;
use crate::dockerfile::value::Expansion;

/// A secret that a step mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretMount {
    /// By what it is known to the builder.
    pub id: Expansion,
    /// Whether the step fails without it.
    pub required: bool,
    /// The bytes of the flag.
    pub span: Range<usize>,
}

impl Build {
    /// Those that steps of stages mount which are built, in their order.
    pub fn secrets(&self) -> Vec<SecretMount> {
        let mut found = Vec::new();
        for step in self.stages.iter().flat_map(|stage| &stage.steps) {
            let (Operation::Run(_, mounts), Does::Mounts(values)) =
                (&step.instruction.kind, &step.does)
            else {
                continue;
            };
            let flags = step.instruction.flags.iter();
            let flags = flags.filter(|flag| flag.name == "mount");
            for ((mount, values), flag) in mounts.iter().zip(values).zip(flags) {
                let names = mount.fields.iter().map(|(name, _)| name.as_str());
                let fields: Vec<(&str, Option<&Expansion>)> =
                    names.zip(values.iter().map(Option::as_ref)).collect();
                // Of a field that stands again the last counts.
                let value = |names: &[&str]| {
                    let mut fields = fields.iter().rev();
                    fields
                        .find(|(name, _)| names.contains(name))
                        .map(|(_, value)| *value)
                };
                let kind = value(&["type"]).flatten().and_then(Expansion::known);
                if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("secret")) {
                    continue;
                }
                let required = value(&["required"]).is_some_and(|value| {
                    value
                        .and_then(Expansion::known)
                        .is_none_or(|value| value.eq_ignore_ascii_case("true"))
                });
                if let Some(id) = id(&value) {
                    found.push(SecretMount {
                        id,
                        required,
                        span: flag.span.clone(),
                    });
                }
            }
        }
        found
    }
}

/// The id of a mount: what it is from, else its id, else the name of the file that it becomes.
/// Source: `dispatchSecret` in `frontend/dockerfile/dockerfile2llb/convert_secrets.go` of BuildKit.
fn id<'v>(value: &dyn Fn(&[&str]) -> Option<Option<&'v Expansion>>) -> Option<Expansion> {
    let stated = |names: &[&str]| {
        let value = value(names).flatten();
        value.filter(|value| value.known() != Some("")).cloned()
    };
    let file = || match stated(&["target", "dst", "destination"])? {
        Expansion::Known(path) => {
            let name = path.trim_end_matches('/').rsplit('/').next()?.to_owned();
            Some(Expansion::Known(name.into()))
        }
        unknown @ Expansion::Unknown(_) => Some(unknown),
    };
    stated(&["source", "src"])
        .or_else(|| stated(&["id"]))
        .or_else(file)
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::{Dockerfile, Request};
    use crate::grammar::Pairs;

    #[test]
    fn a_secret_is_known_as_the_builder_knows_it() {
        let text = "FROM a AS unbuilt\nRUN --mount=type=secret,id=never x\n\
            FROM a\nARG T=hub\n\
            RUN --mount=type=cache,target=/c --mount=type=secret,id=one,required x\n\
            RUN --mount=type=SECRET,target=/etc/pip.conf,required=false x\n\
            RUN --mount=type=secret,id=other,source=two,required=true x\n\
            RUN --mount=type=secret,id=${T}-token,env=TOKEN x\n";
        let file = Dockerfile::parse(text).expect("it can be read");
        let build = file.evaluate(&Request {
            args: &Pairs::default(),
            target: None,
            platform: "linux/amd64",
            build_platform: None,
        });
        let secrets = build.expect("it can be built").secrets();
        let found: Vec<_> = secrets
            .iter()
            .map(|secret| (secret.id.known().unwrap_or("?"), secret.required))
            .collect();
        let wanted = [
            ("one", true),
            ("pip.conf", false),
            ("two", true),
            ("hub-token", false),
        ];
        assert_eq!(found, wanted);
        assert_eq!(
            &text[secrets[0].span.clone()],
            "--mount=type=secret,id=one,required"
        );
    }
}
