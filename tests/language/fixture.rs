//! A matrix, and what the library makes of it.

use std::collections::BTreeMap;

use basematrix::diagnostic::{Finding, Sink, Stage};
use basematrix::flow::{self, Standpoint};
use basematrix::image::Plan;
use basematrix::image::plan::PlanSpec;
use basematrix::source::Repository;

use crate::support::{project, today};

/// What came of one matrix.
pub(super) struct Outcome {
    pub findings: Vec<Finding>,
    /// `None` when the findings say that there is none.
    plan: Option<Plan>,
    dockerfiles: BTreeMap<String, String>,
    /// Texts of the outputs, by path.
    outputs: BTreeMap<String, String>,
}

pub(super) fn of(matrix: &str) -> Outcome {
    with(matrix, &[])
}

/// The matrix beside other files of its repository.
pub(super) fn with(matrix: &str, files: &[(&str, &str)]) -> Outcome {
    let folder = project(&[files, &[("matrix.toml", matrix)]].concat());
    let repository = Repository::find(folder.path(), None).expect("the matrix is found");
    let mut sink = Sink::new();
    let mut made = None;
    if let Ok(expanded) = flow::expand(&repository, &mut sink)
        && let Ok(rendered) = flow::render(&repository, &expanded, &mut sink)
    {
        flow::inspect(
            &repository,
            &expanded,
            &rendered,
            &Standpoint::on(today()),
            &mut sink,
        )
        .expect("outputs are compared");
        let rendered_ones = rendered.contents.iter().map(|(_, spec)| spec);
        let texts = rendered_ones
            .filter_map(|s| Some((s.dockerfile.clone(), s.rendered.as_ref()?.to_string())));
        let outputs = rendered.tree.iter();
        let outputs = outputs.map(|output| (output.path.clone(), output.text.to_string()));
        made = Some((texts.collect(), outputs.collect(), rendered.plan));
    }
    let (dockerfiles, outputs, plan) =
        made.map_or_else(Default::default, |(d, o, p)| (d, o, Some(p)));
    let mut findings = sink.into_sorted();
    // Nothing was ever written here.
    findings.retain(|finding| finding.code.name != "missing-output");
    let stopped = findings.iter().any(|f| f.code.stage == Stage::Plan);
    assert_eq!(plan.is_none(), stopped, "{findings:#?}");
    Outcome {
        findings,
        plan,
        dockerfiles,
        outputs,
    }
}

impl Outcome {
    pub(super) fn plan(&self) -> &Plan {
        let said = || basematrix::diagnostic::full(&self.findings, false);
        self.plan.as_ref().unwrap_or_else(|| panic!("{}", said()))
    }

    pub(super) fn stopped(&self) -> bool {
        self.plan.is_none()
    }

    pub(super) fn specs(&self) -> &[PlanSpec] {
        &self.plan().specs
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.specs().iter().map(|spec| spec.id.as_ref()).collect()
    }

    pub(super) fn spec(&self, id: &str) -> &PlanSpec {
        let found = self.specs().iter().find(|spec| *spec.id == *id);
        found.unwrap_or_else(|| panic!("no `{id}` among {:?}", self.ids()))
    }

    /// The commands of the tests of a spec.
    pub(super) fn commands(&self, id: &str) -> Vec<&str> {
        let tests = self.spec(id).tests.iter();
        tests.map(|test| &*test.run).collect()
    }

    pub(super) fn platforms(&self, id: &str) -> Vec<&str> {
        self.spec(id)
            .platforms
            .iter()
            .map(basematrix::grammar::Platform::as_str)
            .collect()
    }

    pub(super) fn references(&self) -> Vec<&str> {
        let all = self.specs().iter().flat_map(|spec| &spec.references);
        all.map(String::as_str).collect()
    }

    /// `id alias` for each alias.
    pub(super) fn aliases(&self) -> Vec<String> {
        let of = |spec: &PlanSpec| {
            let one = |alias: &String| format!("{} {alias}", spec.id);
            spec.aliases.iter().map(one).collect::<Vec<_>>()
        };
        self.specs().iter().flat_map(of).collect()
    }

    /// The build arg `X` of each spec.
    pub(super) fn args(&self) -> Vec<&str> {
        let all = self.specs().iter().filter_map(|spec| spec.args.get("X"));
        all.map(String::as_str).collect()
    }

    pub(super) fn dockerfile(&self, id: &str) -> &str {
        &self.dockerfiles[&self.spec(id).dockerfile]
    }

    /// The text of an output.
    pub(super) fn output(&self, path: &str) -> &str {
        let found = self.outputs.get(path);
        found.unwrap_or_else(|| panic!("no `{path}` among {:?}", self.outputs.keys()))
    }

    /// The texts of all outputs, by path.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (&String, &String)> {
        self.outputs.iter()
    }

    pub(super) fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|f| f.code.name).collect()
    }

    pub(super) fn has(&self, code: &str) -> bool {
        self.codes().contains(&code)
    }

    /// The only finding of that code.
    pub(super) fn finding(&self, code: &str) -> &Finding {
        let mut of_it = self.findings.iter().filter(|f| f.code.name == code);
        match (of_it.next(), of_it.next()) {
            (Some(finding), None) => finding,
            _ => panic!("one `{code}` expected among {:#?}", self.findings),
        }
    }
}

/// The values of an axis `x` that a selector keeps.
pub(super) fn kept(values: &str, selector: &str) -> String {
    let outcome = of(&format!(
        "[axis]\nx = [{values}]\n\
         [image.i]\nmatch = {selector}\ntag = \"t{{{{ x if x }}}}\"\nfrom = \"f\"\n\
         [image.other]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n"
    ));
    let specs = outcome.specs().iter().filter(|spec| &*spec.image == "i");
    specs
        .map(|spec| &**spec.cell.get("x").expect("a value"))
        .collect::<Vec<_>>()
        .join(" ")
}
