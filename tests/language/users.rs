//! Who a rendered image runs as, and what else its Dockerfile has whatever its base is.

use super::fixture::{of, with};

const CHILD: &str =
    "[image.low]\ntag = \"t\"\nfrom = \"debian:13\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\n";

/// The lines of a Dockerfile that make an account.
fn makes(text: &str) -> usize {
    text.matches("RUN set -eu; name=").count()
}

#[test]
fn a_user_is_made_once_in_a_lineage() {
    let outcome = of(CHILD);
    assert!(
        outcome
            .dockerfile("low")
            .contains("name=app; uid=1000; gid=1000; home=/home/app")
    );
    assert_eq!(makes(outcome.dockerfile("i")), 0);
    let renamed = of(&format!("{CHILD}user-name = \"model\"\n"));
    assert_eq!(makes(renamed.dockerfile("i")), 1);
    let renumbered = of(&format!("{CHILD}user = \"70:71\"\n"));
    assert!(renumbered.dockerfile("i").contains(":1000:/$name"));
}

#[test]
fn root_and_a_user_without_a_name_are_not_made() {
    for (keys, directory) in [
        ("user = \"0:0\"", Some("WORKDIR /root\n")),
        ("user-name = false", None),
    ] {
        let outcome = of(&format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\n{keys}\n"));
        let text = outcome.dockerfile("i");
        assert_eq!(makes(text), 0, "{keys}");
        assert_eq!(text.contains("WORKDIR"), directory.is_some(), "{keys}");
        assert!(text.contains(directory.unwrap_or_default()), "{keys}");
    }
}

#[test]
fn home_is_a_variable_where_nobody_knows_the_user() {
    for (keys, stated) in [("", false), ("arbitrary-user = true\n", true)] {
        let outcome = of(&format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\n{keys}"));
        let text = outcome.dockerfile("i");
        assert_eq!(text.contains("ENV HOME=\"/home/app\""), stated, "{keys}");
        assert_eq!(text.contains("USER 1000:0\n"), stated, "{keys}");
    }
}

#[test]
fn caches_of_packages_are_apart_by_distribution() {
    for (from, id) in [
        ("debian:13", "debian-13"),
        ("python:3.12-slim-trixie", "debian-13"),
        ("python:3.12-slim-bookworm", "debian-12"),
        ("nvidia/cuda:12.8.1-base-ubuntu24.04", "ubuntu-24.04"),
        ("python:3.12-slim", "python-3.12-slim"),
        (
            "python:3.12-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "python-3.12-slim",
        ),
    ] {
        let outcome = of(&format!(
            "[image.low]\ntag = \"t\"\nfrom = \"{from}\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\napt = [\"curl\"]\n"
        ));
        for cache in ["cache", "lists"] {
            let mount = format!("id=apt-{cache}-{id}-${{TARGETARCH}},");
            assert!(outcome.dockerfile("i").contains(&mount), "{from}");
        }
    }
}

#[test]
fn an_init_is_put_before_what_runs_once_in_a_lineage() {
    let low = "[image.low]\ntag = \"t\"\nfrom = \"f\"\ninit = true\ncmd = [\"serve\"]\n[image.i]\ntag = \"t\"\nparent = \"low\"\ninit = true\n";
    let outcome = of(low);
    let text = outcome.dockerfile("low");
    assert!(text.contains("        tini\n"));
    assert!(text.contains("ENTRYPOINT [\"/usr/bin/tini\",\"--\"]\nCMD [\"serve\"]\n"));
    assert!(!outcome.dockerfile("i").contains("tini"));
    let outcome = of(&format!("{low}entrypoint = [\"run\"]\n"));
    let text = outcome.dockerfile("i");
    assert!(text.contains("ENTRYPOINT [\"/usr/bin/tini\",\"--\",\"run\"]\n"));
    assert!(!text.contains("        tini\n"));
}

#[test]
fn the_official_python_gets_an_environment_without_the_axis() {
    for (keys, made) in [("", true), ("python = \"base\"\n", false)] {
        let outcome = of(&format!(
            "[image.i]\ntag = \"t\"\nfrom = \"python:3.13-slim\"\npip = [\"six\"]\n{keys}"
        ));
        let text = outcome.dockerfile("i");
        assert_eq!(text.contains("python3 -m venv /opt/venv"), made, "{keys}");
        assert_eq!(text.contains("--system"), !made, "{keys}");
    }
}

#[test]
fn the_source_is_a_label_of_images_of_either_kind() {
    let source = "source = \"https://example.com/acme\"\n";
    let label = "org.opencontainers.image.source";
    let rendered = of(&format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\n{source}"));
    let stated = format!("{label}=\"https://example.com/acme\"");
    assert!(rendered.dockerfile("i").contains(&stated));
    let own = with(
        &format!("[image.i]\ntag = \"t\"\ndockerfile = \"d/Dockerfile\"\n{source}"),
        &[("d/Dockerfile", "FROM f\n")],
    );
    let found = own.spec("i").labels.get(label);
    assert_eq!(found.map(String::as_str), Some("https://example.com/acme"));
    let other = of("[image.i]\ntag = \"t\"\nfrom = \"f\"\nsource = \"git@example.com:acme\"\n");
    assert!(other.has("invalid-option"));
}

#[test]
fn a_base_with_a_digest_is_named_and_its_digest_beside_it() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let outcome = of(&format!(
        "[image.i]\ntag = \"t\"\nfrom = \"debian:13@{digest}\"\n"
    ));
    let text = outcome.dockerfile("i");
    assert!(text.contains(&format!("FROM debian:13@{digest}\n")));
    assert!(text.contains("image.base.name=\"debian:13\" \\\n"));
    assert!(text.contains(&format!("image.base.digest=\"{digest}\" \\\n")));
}

#[test]
fn another_python_than_the_parents_takes_its_place() {
    let image = |from: &str| {
        of(&format!(
            "[axis]\npython = [\"3.12\"]\n[image.low]\naxes = []\ntag = \"t\"\nfrom = \"{from}\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\npython = \"uv\"\n"
        ))
    };
    let over_official = image("python:3.13-slim");
    assert!(
        over_official
            .dockerfile("i/3.12")
            .contains("uv venv --clear --seed")
    );
    // The parent's environment says never.
    assert!(
        over_official
            .dockerfile("i/3.12")
            .contains(" UV_PYTHON_DOWNLOADS=automatic \\\n")
    );
    let fresh = image("debian:13");
    assert!(fresh.dockerfile("i/3.12").contains("uv venv --seed"));
    let same = of(
        "[axis]\npython = [\"3.13\"]\n[image.low]\naxes = []\ntag = \"t\"\nfrom = \"python:3.13-slim\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\n",
    );
    assert!(!same.dockerfile("i/3.13").contains("-m venv"));
}
