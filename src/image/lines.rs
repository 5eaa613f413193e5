//! `plan.lines`: the plan for scripts. One record a line, its fields apart by tabs; the first says what it is.
//!
//! A script needs no more than `awk` to read it, and decides nothing: see `docs/plan.md` for the records.

use crate::config::Runner;
use crate::grammar::Platform;
use crate::image::plan::{FORMAT, Plan, PlanSpec, Signed, TYPICAL};
use crate::image::shares::ALL;
use crate::image::{Digest, Test};

/// The text of `plan.lines`, below a header that no script reads.
pub(super) fn lines(plan: &Plan, header: &str) -> String {
    let mut lines = Lines {
        text: String::with_capacity(plan.specs.len() * TYPICAL),
    };
    lines.text.push_str("# ");
    lines.text.push_str(header);
    lines.end();
    lines.record(&[
        "plan",
        &FORMAT.to_string(),
        &plan.content_format.to_string(),
        if plan.contents_stated { "stated" } else { "" },
    ]);
    if let Some(release) = &plan.release {
        let kind = if release.is_final {
            "final"
        } else {
            "pre-release"
        };
        lines.record(&["release", &release.version, &release.tag, kind]);
    }
    if let Some(one_off) = &plan.one_off {
        let [tag, registry] =
            [&one_off.tag, &one_off.registry].map(|at| at.as_deref().unwrap_or(""));
        lines.record(&["one-off", tag, registry]);
    }
    for channel in &plan.channels {
        let (kind, of) = match (&channel.branch, &channel.schedule) {
            (Some(branch), _) => ("branch", branch.as_str()),
            (None, schedule) => ("schedule", schedule.as_deref().unwrap_or_default()),
        };
        lines.record(&["channel", &channel.name, kind, of]);
    }
    for word in plan.attestation_words() {
        lines.record(&["attest", &word]);
    }
    let packed = plan.packed();
    if !packed.is_empty() {
        lines.record(&["packed", &packed]);
    }
    let signing = plan.signing.iter().flat_map(Signed::facts);
    for (word, fact) in signing {
        lines.record(&["sign", word, &fact]);
    }
    let mut published = plan.pipelines.iter().filter(|own| !own.parents.are_built());
    if let Some(first) = published.next() {
        let pipelines = published.fold(first.pipeline.to_owned(), |all, own| {
            all + "," + own.pipeline
        });
        lines.record(&["parents", &pipelines]);
    }
    for made in &plan.repositories {
        let pipelines = made.pipelines.join(",");
        let at = [
            made.kind.word(),
            &made.host,
            &made.path,
            &made.tag,
            &made.create,
        ];
        lines.record(&[&["repository", &*pipelines], &at[..]].concat());
    }
    let tasks = Tasks::of(plan);
    let mut specs: Vec<(usize, &PlanSpec)> = plan.specs.iter().enumerate().collect();
    specs.sort_by_key(|(_, spec)| spec.layer);
    for (place, spec) in specs {
        lines.spec(spec, tasks.of_spec(place));
    }
    for share in &plan.pipelines {
        let Some(groups) = &share.groups else {
            continue;
        };
        let mut pipelines = share.pipeline.to_owned();
        if share.pipeline == ALL {
            let alike = plan.pipelines.iter().filter(|other| other.groups.is_none());
            alike.for_each(|other| {
                pipelines.push(',');
                pipelines.push_str(other.pipeline);
            });
        }
        for group in groups {
            lines.start(&["group", &pipelines, &group.platform]);
            // Ids hold no blank.
            lines.field(&group.builds.join(" "));
            lines.end();
        }
    }
    lines.text
}

/// For each spec, the pipelines that have it, that build its content by it, and that publish it, each by commas.
struct Tasks {
    of_specs: Vec<[String; 3]>,
}

impl Tasks {
    fn of(plan: &Plan) -> Self {
        let mut of_specs = vec![[const { String::new() }; 3]; plan.specs.len()];
        let places = plan.places();
        for share in &plan.pipelines {
            let mut add = |place: usize, task: usize| {
                let text: &mut String = &mut of_specs[place][task];
                if !text.is_empty() {
                    text.push(',');
                }
                text.push_str(share.pipeline);
            };
            for (place, spec) in plan.specs.iter().enumerate() {
                if spec.is_of(share.pipeline) {
                    add(place, 0);
                }
            }
            for id in share.told(&plan.pipelines, |share| share.builds.as_ref()) {
                add(places[&**id], 1);
            }
            for id in share.told(&plan.pipelines, |share| share.publishes.as_ref()) {
                add(places[&**id], 2);
            }
        }
        Tasks { of_specs }
    }

    fn of_spec(&self, place: usize) -> &[String; 3] {
        &self.of_specs[place]
    }
}

struct Lines {
    text: String,
}

impl Lines {
    fn spec(&mut self, spec: &PlanSpec, [has, builds, publishes]: &[String; 3]) {
        let id = &*spec.id;
        let layer = spec.layer.to_string();
        let content = [&*spec.content, &spec.content_reference];
        let target = spec.bake_target.as_deref().unwrap_or("");
        self.record(
            &[
                &["image", id, &layer],
                &content[..],
                &[target, has, builds, publishes],
            ]
            .concat(),
        );
        for below in spec.parent.iter().chain(&spec.needs) {
            self.record(&["below", id, below]);
        }
        for (name, below) in &spec.links {
            self.record(&["link", id, below, name]);
        }
        for (platform, reference) in &spec.pushed {
            self.record(&["leg", id, platform, reference]);
        }
        for (platform, reference) in &spec.layers_kept {
            self.record(&["layers", id, platform, reference]);
        }
        let mut word = |word: &str| self.record(&["word", id, word]);
        word("--file");
        word(&spec.dockerfile);
        if let Some(target) = &spec.target {
            word("--target");
            word(target);
        }
        for (name, value) in &spec.args {
            word("--build-arg");
            word(&format!("{name}={value}"));
        }
        for name in spec.proxies() {
            word("--build-arg");
            word(name);
        }
        for secret in spec.secret_words() {
            word("--secret");
            word(&secret);
        }
        for (name, value) in &spec.labels {
            word("--label");
            word(&format!("{name}={value}"));
        }
        for (name, reference) in &spec.contexts {
            word("--build-context");
            word(&format!("{name}=docker-image://{reference}"));
        }
        word(&spec.context);
        if let Some(seconds) = spec.timestamp {
            self.record(&["dated", id, &seconds.to_string()]);
        }
        spec.tests.iter().for_each(|test| self.test(id, test));
        for (pipeline, deviation) in &spec.ci {
            for (platform, leg) in &deviation.legs {
                let minutes = leg.timeout_minutes.map(|minutes| minutes.to_string());
                let steps = leg.steps.join(" ");
                self.start(&[
                    "own",
                    pipeline,
                    id,
                    platform,
                    minutes.as_deref().unwrap_or(""),
                    &steps,
                ]);
                let machine = leg.runner.iter().flat_map(Runner::fields);
                machine.for_each(|field| self.field(field));
                self.end();
            }
        }
        let moves = if spec.immutable { "fixed" } else { "moves" };
        for reference in &spec.references {
            self.record(&["reference", id, reference, moves]);
        }
        for alias in &spec.aliases {
            let line = spec.alias_lines.get(alias.as_str());
            self.record(&["alias", id, alias, line.map_or("", String::as_str)]);
        }
        for (channel, references) in &spec.channels {
            for reference in references {
                self.record(&["channel-tag", id, channel, reference]);
            }
        }
        // Last, since it seldom changes: what a release changes of one spec and what a change does of the next stay apart, and
        // git merges both.
        let yes = |yes: bool| if yes { "true" } else { "false" };
        self.record(&[
            "source",
            id,
            &spec.context,
            yes(spec.lfs),
            yes(spec.submodules),
        ]);
        for (name, variable) in &spec.secrets {
            self.record(&["secret", id, name, variable]);
        }
        if !spec.withheld.is_empty() {
            self.record(&["withheld", id, &spec.withheld.join(" ")]);
        }
        for made in &spec.artifacts {
            self.record(&["artifact", id, &made.name, &made.path]);
        }
    }

    /// What more than its command is said of a test stands behind it.
    fn test(&mut self, id: &str, test: &Test) {
        self.start(&["test", id, &test.run, &test.steps()]);
        if !test.is_plain() {
            let platforms = test.platforms.iter().map(Platform::as_str);
            self.field(&platforms.collect::<Vec<_>>().join(" "));
            self.field(test.target.as_deref().unwrap_or(""));
            self.field(test.user.as_deref().unwrap_or(""));
            self.field(if test.wants_engine() { "engine" } else { "" });
            let digest = test.digest.as_ref().map(Digest::to_string);
            self.field(&digest.unwrap_or_default());
        }
        self.end();
        for (path, place) in &test.files {
            self.record(&["test-file", id, path, place]);
        }
        for option in &test.options {
            self.record(&["test-option", id, option]);
        }
    }

    fn record(&mut self, fields: &[&str]) {
        self.start(fields);
        self.end();
    }

    fn start(&mut self, fields: &[&str]) {
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.text.push('\t');
            }
            self.escaped(field);
        }
    }

    fn field(&mut self, field: &str) {
        self.text.push('\t');
        self.escaped(field);
    }

    fn end(&mut self) {
        self.text.push('\n');
    }

    fn escaped(&mut self, field: &str) {
        escape(field, &mut self.text);
    }
}

/// Adds a text as a field: what would end it is written as `\t`, `\n` and `\r`, and a backslash twice.
fn escape(field: &str, text: &mut String) {
    let is_special = |byte: u8| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r');
    // Most have none, which is told many bytes at a time.
    if !field
        .bytes()
        .fold(false, |any, byte| any | is_special(byte))
    {
        text.push_str(field);
        return;
    }
    let mut from = 0;
    for (at, byte) in field.bytes().enumerate() {
        let word = match byte {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ => continue,
        };
        text.push_str(&field[from..at]);
        text.push_str(word);
        from = at + 1;
    }
    text.push_str(&field[from..]);
}
