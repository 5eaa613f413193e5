//! The jobs of the child pipelines, counted before the script writes those of them that are needed.

use serde::Serialize;

use crate::emit::work::Unit;
use crate::image::plan::PlanSpec;

/// A trigger job, and the child pipeline that it starts.
#[derive(Debug, Serialize)]
pub(crate) struct Child {
    pub name: String,
    pub needs: Vec<String>,
    pub artifact: String,
}

/// A job of a child pipeline, as the script will write it.
pub(super) struct Job {
    pub name: String,
    pub needs: usize,
    /// No fewer than it takes.
    pub bytes: usize,
}

/// What the script writes around the words of a job: keys, brackets, indentation.
const JOB_BYTES: usize = 320;
/// And around each of its `needs`.
const NEED_BYTES: usize = 12;

/// All jobs that there are when nothing is there yet.
pub(super) fn jobs(units: &[Unit<'_>]) -> Vec<Job> {
    let job = |name: String, id: &str, needs: &[String]| Job {
        bytes: JOB_BYTES
            + name.len()
            + id.len()
            + needs.iter().map(|n| n.len() + NEED_BYTES).sum::<usize>(),
        needs: needs.len(),
        name,
    };
    let mut jobs = Vec::new();
    for unit in units {
        let id = &unit.spec.id;
        let lineage: Vec<String> = unit
            .stands_on
            .iter()
            .map(|&place| last(units[place].spec))
            .collect();
        let builds: Vec<String> = unit
            .spec
            .platforms
            .iter()
            .map(|platform| format!("build {id} {platform}"))
            .collect();
        jobs.extend(builds.iter().map(|name| job(name.clone(), id, &lineage)));
        if unit.spec.is_joined() {
            jobs.push(job(last(unit.spec), id, &builds));
        }
    }
    jobs
}

/// The job that ends with the content of a spec being there.
fn last(spec: &PlanSpec) -> String {
    match spec.platforms.first() {
        Some(platform) if !spec.is_joined() => format!("build {} {platform}", spec.id),
        _ => format!("merge {}", spec.id),
    }
}

/// The trigger jobs: each starts when the one before has ended.
pub(super) fn children(count: usize) -> Vec<Child> {
    let name = |number| match count {
        1 => "images".to_owned(),
        _ => format!("images {number}"),
    };
    (1..=count)
        .map(|number| Child {
            name: name(number),
            needs: std::iter::once("probe".to_owned())
                .chain((number > 1).then(|| name(number - 1)))
                .collect(),
            artifact: format!(".base-images/{number}.yml"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_follow_one_another() {
        let needs: Vec<_> = children(2).into_iter().map(|c| c.needs).collect();
        assert_eq!(needs, [vec!["probe"], vec!["probe", "images 1"]]);
        assert_eq!(children(1)[0].name, "images");
    }
}
