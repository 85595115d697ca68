//! goose: files `<version>_<name>.sql` with the sections `-- +goose Up` and `-- +goose Down`. `-- +goose NO TRANSACTION` runs
//! both outside a transaction. Migrations in Go are not read.

use super::sections::{lines, only};
use super::{BadFile, Layout, SourceFile, ToolMigration, ToolScript, Transaction, file_name, version_and_name};
use rehearsal_db::Engine;

pub(super) struct Goose;

/// True for a line with this annotation, in any case.
fn is(line: &str, annotation: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let rest = match words.as_slice() {
        ["--", "+goose", rest @ ..] => rest.join(" "),
        _ => return false,
    };
    rest.eq_ignore_ascii_case(annotation)
}

impl Layout for Goose {
    fn table(&self) -> &'static str {
        "goose_db_version"
    }

    fn ending_of_programs(&self) -> Option<&'static str> {
        Some("go")
    }

    fn recognises(&self, files: &[SourceFile]) -> bool {
        files.iter().any(|file| lines(&file.text).any(|line| is(line.text, "Up")))
    }

    fn migrations(&self, files: &[SourceFile], _: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let mut migrations = Vec::new();
        for file in files {
            let Some(stem) = file_name(&file.path).strip_suffix(".sql") else { continue };
            let Some((version, name)) = version_and_name(stem) else { continue };
            let at = |annotation: &str| lines(&file.text).find(|line| is(line.text, annotation)).map(|line| line.start);
            let transaction = match at("NO TRANSACTION") {
                Some(_) => Transaction::None,
                None => Transaction::Wrapped,
            };
            let Some(up) = at("Up") else {
                return Err(BadFile { path: file.path.clone(), why: "it has no line `-- +goose Up`".to_owned() });
            };
            let end = file.text.len();
            let script = |start: usize, end: usize| ToolScript {
                path: file.path.clone(),
                sql: without_annotations(&only(&file.text, start, end)),
                transaction,
            };
            let down = at("Down").filter(|down| *down > up);
            migrations.push(ToolMigration {
                version,
                name,
                up: script(up, down.unwrap_or(end)),
                down: down.map(|down| script(down, end)),
            });
        }
        Ok(migrations)
    }
}

/// Makes the annotations in a script blank.
fn without_annotations(sql: &str) -> String {
    let line = |line: &str| match line.trim_start().starts_with("-- +goose") {
        true => only(line, 0, 0),
        false => line.to_owned(),
    };
    sql.split_inclusive('\n').map(line).collect()
}
