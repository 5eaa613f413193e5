//! Runs `gen plan` on a matrix and says where it and the oracle part.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value as Json, json};

use crate::oracle::expand;
use crate::oracle::model::{Contradiction, Fault, Plan, Spec};
use crate::oracle::random::as_text;
use crate::oracle::read::Declaration;

/// Where the two part. While a matrix shrinks, its `class` stays.
#[derive(Debug)]
pub(super) struct Disagreement {
    pub class: String,
    pub detail: String,
}

/// What is known of one run of the product.
struct Run {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// `None` when product and oracle agree, or when the oracle has no opinion on the text.
pub(super) fn disagreement(text: &str) -> Option<Disagreement> {
    let expected = expand::plan(text);
    if let Err(Fault::Malformed(_)) = expected {
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("matrix.toml"), text).expect("matrix.toml is written");
    let judged = judge(text, &expected, &run_gen(folder.path(), &["plan"]));
    if judged.is_some() || expected.is_err() {
        return judged;
    }
    let mut selectors = selectors(text).into_iter();
    selectors.find_map(|selector| only(text, &selector, folder.path()))
}

/// Selectors to try on the command line: each set, its complement, and what an alias matches.
fn selectors(text: &str) -> Vec<String> {
    let Ok(declaration) = Declaration::read(text) else {
        return Vec::new();
    };
    let sets = declaration.sets.keys();
    let mut found: Vec<String> = sets
        .flat_map(|name| [format!("@{name}"), format!("!@{name}")])
        .collect();
    let file: toml::Table = text.parse().unwrap_or_default();
    let aliases = file.get("alias").and_then(toml::Value::as_array);
    let matches = aliases
        .into_iter()
        .flatten()
        .filter_map(|alias| alias.get("match"));
    let texts = matches.filter_map(as_text).filter(|text| !text.is_empty());
    found.extend(texts);
    found.truncate(3);
    found
}

/// Where the two part about what `--only` means.
fn only(text: &str, selector: &str, folder: &Path) -> Option<Disagreement> {
    let expected = expand::selected(text, selector).ok()?;
    let run = run_gen(folder, &["list", "--format", "json", "--only", selector]);
    let printed: Json = serde_json::from_slice(&run.stdout).unwrap_or_default();
    let rows = printed.as_array().map_or(&[][..], Vec::as_slice);
    let found: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    if matches!(run.code, Some(0 | 1)) && found == expected {
        return None;
    }
    let stderr = String::from_utf8_lossy(&run.stderr);
    Some(Disagreement {
        class: format!("--only {:?}", run.code),
        detail: format!(
            "`--only {selector}`\n  oracle:  {expected:?}\n  product: {found:?}\n{stderr}"
        ),
    })
}

fn run_gen(folder: &Path, args: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    for variable in [
        "CI",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
    ] {
        command.env_remove(variable);
    }
    let output = command
        .args(args)
        .arg("-C")
        .arg(folder)
        .output()
        .expect("`gen` starts");
    Run {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: output.stderr,
    }
}

fn judge(text: &str, expected: &Result<Plan, Fault>, run: &Run) -> Option<Disagreement> {
    let (class, detail) = match expected {
        Err(Fault::Malformed(_)) => return None,
        Err(Fault::Contradiction(kind, why)) => contradicted(*kind, why, text, run)?,
        Ok(plan) => planned(plan, run)?,
    };
    let stderr = String::from_utf8_lossy(&run.stderr);
    Some(Disagreement {
        class,
        detail: format!("{detail}\n--- stderr of `gen plan`\n{stderr}"),
    })
}

fn contradicted(kind: Contradiction, why: &str, text: &str, run: &Run) -> Option<(String, String)> {
    // §4 does not say whether aliases may clash in a pre-release, which moves none: either is right.
    let excused = matches!(kind, Contradiction::AliasClash | Contradiction::AliasIsTag)
        && Declaration::read(text)
            .is_ok_and(|read| read.release.is_some_and(|release| !release.is_final));
    let code = run.code;
    if code == Some(2) || (excused && matches!(code, Some(0 | 1))) {
        return None;
    }
    let detail =
        format!("the oracle finds no plan ({kind:?}: {why}), the product ends with {code:?}");
    Some((format!("{kind:?} {code:?}"), detail))
}

fn planned(plan: &Plan, run: &Run) -> Option<(String, String)> {
    let code = run.code;
    if !matches!(code, Some(0 | 1)) {
        let detail = format!("the oracle has a plan, the product ends with {code:?}");
        return Some((format!("plan {code:?}"), detail));
    }
    let printed: Json = match serde_json::from_slice(&run.stdout) {
        Ok(json) => json,
        Err(error) => return Some(("json".into(), format!("stdout is no JSON: {error}"))),
    };
    let Some(specs) = printed["specs"].as_array() else {
        return Some(("specs".into(), "no `specs` in the plan".into()));
    };
    let ids = |specs: &[Json]| Json::Array(specs.iter().map(|spec| spec["id"].clone()).collect());
    let expected: Vec<Json> = plan.specs.iter().map(json_of).collect();
    if ids(&expected) != ids(specs) {
        return Some(differ("ids", "of the specs", &ids(&expected), &ids(specs)));
    }
    for (expected, printed) in expected.iter().zip(specs) {
        for (key, value) in expected.as_object().into_iter().flatten() {
            // As text, because the order of a cell's axes and of args is part of the promise.
            let (oracle, product) = (value.to_string(), printed[key].to_string());
            if oracle != product {
                return Some(differ(
                    key,
                    &format!("of {}", expected["id"]),
                    value,
                    &printed[key],
                ));
            }
        }
    }
    if printed["layers"] != json!(plan.layers) {
        return Some(differ(
            "layers",
            "of the plan",
            &json!(plan.layers),
            &printed["layers"],
        ));
    }
    let described = plan.described.iter().map(|one| {
        let mut json = json!({ "name": one.name, "reference": one.reference });
        if !one.meta.is_empty() {
            json["meta"] = object(&one.meta);
        }
        json
    });
    let described: Vec<Json> = described.collect();
    let expected = match described.is_empty() {
        true => Json::Null,
        false => Json::Array(described),
    };
    // As text, as above.
    let (oracle, product) = (expected.to_string(), printed["described"].to_string());
    if oracle != product {
        let found = &printed["described"];
        return Some(differ("described", "of the plan", &expected, found));
    }
    None
}

fn object(pairs: &[(String, String)]) -> Json {
    let entries = pairs.iter().map(|(key, value)| (key.clone(), json!(value)));
    Json::Object(entries.collect::<Map<_, _>>())
}

fn differ(key: &str, of: &str, oracle: &Json, product: &Json) -> (String, String) {
    (
        key.into(),
        format!("`{key}` {of}\n  oracle:  {oracle}\n  product: {product}"),
    )
}

fn json_of(spec: &Spec) -> Json {
    let mut expected = json!({
        "id": spec.id,
        "image": spec.image,
        "cell": object(&spec.cell),
        "layer": spec.layer,
        "references": spec.references,
        "immutable": spec.immutable,
        "aliases": spec.aliases,
        "platforms": spec.platforms,
        "base": spec.base,
        "parent": spec.parent,
        "needs": spec.needs,
        "args": object(&spec.args),
    });
    // What is not there is left out.
    expected["meta"] = match spec.meta.is_empty() {
        true => Json::Null,
        false => object(&spec.meta),
    };
    if !spec.publish {
        // Nothing says whether a reference that is not there may move.
        expected["publish"] = json!(false);
        expected
            .as_object_mut()
            .map(|keys| keys.remove("immutable"));
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[axis]\na = [\"1\", \"2\"]\n[image.i]\ntag = \"{{ a }}\"\nfrom = \"f\"\n";

    fn class(text: &str, code: i32, stdout: &str) -> Option<String> {
        let run = Run {
            code: Some(code),
            stdout: stdout.into(),
            stderr: vec![],
        };
        judge(text, &expand::plan(text), &run).map(|found| found.class)
    }

    #[test]
    fn tells_agreement_from_disagreement() {
        let plan = expand::plan(TEXT).unwrap_or_else(|fault| panic!("{fault:?}"));
        let right =
            json!({ "layers": 1, "specs": plan.specs.iter().map(json_of).collect::<Vec<_>>() })
                .to_string();
        assert_eq!(class(TEXT, 0, &right), None);
        assert_eq!(class(TEXT, 1, &right), None);
        assert_eq!(class(TEXT, 2, &right).as_deref(), Some("plan Some(2)"));
        assert_eq!(class(TEXT, 0, "").as_deref(), Some("json"));
        assert_eq!(
            class(TEXT, 0, &right.replace("i/2", "i/3")).as_deref(),
            Some("ids")
        );
        assert_eq!(
            class(TEXT, 0, &right.replace("amd64", "arm64")).as_deref(),
            Some("platforms")
        );
        assert_eq!(
            class(TEXT, 0, &right.replace("\"layers\":1", "\"layers\":2")).as_deref(),
            Some("layers")
        );
        let clash = TEXT.replace("{{ a }}", "t");
        assert_eq!(class(&clash, 2, ""), None);
        assert_eq!(
            class(&clash, 0, &right).as_deref(),
            Some("DuplicateReference Some(0)")
        );
    }
}
