//! What this library takes the builder to be sent of contexts: for each folder below the first argument, a line of JSON
//! with its name and its files, or with why its ignore file cannot be followed. `tests/acceptance` compares these with
//! what a real builder was sent.

use std::error::Error;
use std::path::Path;

use basematrix::source::{DockerIgnore, Ours, Repository};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    std::fs::write(folder.join("matrix.toml"), "")?;
    let repository = Repository::find(folder, None)?;
    let ours = Ours {
        path: &|_| false,
        head: &|_| false,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    for name in names {
        let ignore = std::fs::read(folder.join(&name).join(".dockerignore")).unwrap_or_default();
        let faults: Vec<String> = DockerIgnore::parse(&ignore)
            .faults()
            .iter()
            .map(ToString::to_string)
            .collect();
        let context = repository.build_context(&name, None, &ours);
        let files: Vec<&String> = context.files.keys().collect();
        let line = serde_json::json!({ "name": name, "files": files, "faults": faults });
        println!("{line}");
    }
    Ok(())
}
