//! `gen schema`: the JSON Schema of `matrix.toml`.

use crate::command::CLEAN;
use crate::command::shell::{Error, Outcome, Shell};
use crate::config::MARK;
use crate::emit::schema_text;

pub(super) fn run(shell: &mut Shell<'_>) -> Result<Outcome, Error> {
    let matrix = shell
        .repository()
        .map_or("matrix.toml".to_owned(), |r| r.matrix_path().to_owned());
    let header = format!(
        "{MARK}{matrix}. Do not edit: change {matrix} or the templates, and run gen matrix again."
    );
    shell.data(&schema_text(&header))?;
    Ok(Outcome(CLEAN))
}
