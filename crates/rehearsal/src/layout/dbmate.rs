//! dbmate: files `<version>_<name>.sql` with the sections `-- migrate:up` and `-- migrate:down`. A section with
//! `transaction:false` runs outside a transaction.

use super::sections::{lines, only};
use super::{BadFile, Layout, SourceFile, ToolMigration, ToolScript, Transaction, file_name, version_and_name};
use rehearsal_db::Engine;

pub(super) struct Dbmate;

const UP: &str = "-- migrate:up";
const DOWN: &str = "-- migrate:down";

/// Returns the script that a line begins, up to `end`.
fn section(file: &SourceFile, marker: &str, end: Option<usize>) -> Option<(usize, ToolScript)> {
    let begin = lines(&file.text).find(|line| line.text.starts_with(marker))?;
    let transaction = match begin.text.contains("transaction:false") {
        true => Transaction::None,
        false => Transaction::Wrapped,
    };
    let start = file.text[begin.start..].find('\n').map_or(file.text.len(), |n| begin.start + n);
    let end = end.filter(|end| *end > start).unwrap_or(file.text.len());
    Some((begin.start, ToolScript { path: file.path.clone(), sql: only(&file.text, start, end), transaction }))
}

impl Layout for Dbmate {
    fn table(&self) -> &'static str {
        "schema_migrations"
    }

    fn recognises(&self, files: &[SourceFile]) -> bool {
        files.iter().any(|file| lines(&file.text).any(|line| line.text.starts_with(UP)))
    }

    fn migrations(&self, files: &[SourceFile], _: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let mut migrations = Vec::new();
        for file in files {
            let Some(stem) = file_name(&file.path).strip_suffix(".sql") else { continue };
            let Some((version, name)) = version_and_name(stem) else { continue };
            let down = section(file, DOWN, None);
            let Some((_, up)) = section(file, UP, down.as_ref().map(|(start, _)| *start)) else {
                return Err(BadFile { path: file.path.clone(), why: format!("it has no line `{UP}`") });
            };
            migrations.push(ToolMigration { version, name, up, down: down.map(|(_, script)| script) });
        }
        Ok(migrations)
    }
}
