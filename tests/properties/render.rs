//! The outputs of a matrix, rendered in this process.

use basematrix::diagnostic::{Sink, concise};
use basematrix::flow;
use basematrix::source::Repository;

/// Texts by path, sorted.
pub(super) type Outputs = Vec<(String, String)>;

/// Renders a matrix beside some files; `Err` says which findings stopped it.
pub(super) fn rendered(matrix: &str, files: &[(&str, &str)]) -> Result<Outputs, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files.iter().chain([&("matrix.toml", matrix)]) {
        let at = folder.path().join(path);
        std::fs::create_dir_all(at.parent().expect("a folder")).expect("folders");
        std::fs::write(at, text).expect("a file");
    }
    let repository = Repository::find(folder.path(), None).expect("a repository");
    let mut sink = Sink::new();
    let result = flow::expand(&repository, &mut sink)
        .and_then(|expanded| flow::render(&repository, &expanded, &mut sink));
    match result {
        Ok(rendered) => Ok(rendered
            .tree
            .iter()
            .map(|planned| (planned.path.clone(), planned.text.to_string()))
            .collect()),
        Err(fault) => {
            let findings = sink.into_sorted();
            assert!(!findings.is_empty(), "stopped without a finding: {fault}");
            Err(concise(&findings))
        }
    }
}
