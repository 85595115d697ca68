//! golang-migrate: files `<version>_<name>.up.sql` and `.down.sql`, each sent as one query, which PostgreSQL runs as one
//! transaction; on SQLite, golang-migrate begins one. The names are those of sqlx, so `--layout golang-migrate` must choose it.

use super::{BadFile, Layout, SourceFile, ToolMigration, ToolScript, Transaction};
use super::{file_name, implicit_transaction, version_and_name};
use rehearsal_db::Engine;

pub(super) struct GolangMigrate;

impl Layout for GolangMigrate {
    fn table(&self) -> &'static str {
        "schema_migrations"
    }

    fn recognises(&self, _: &[SourceFile]) -> bool {
        false
    }

    fn migrations(&self, files: &[SourceFile], engine: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let script = |file: &SourceFile| ToolScript {
            path: file.path.clone(),
            sql: file.text.clone(),
            transaction: if engine.storage().is_server() {
                implicit_transaction(&file.text, engine)
            } else {
                Transaction::Wrapped
            },
        };
        let read = |up: &SourceFile| {
            let stem = file_name(&up.path).strip_suffix(".up.sql")?;
            let (version, name) = version_and_name(stem)?;
            let down = up.path.with_file_name(format!("{stem}.down.sql"));
            let down = files.iter().find(|file| file.path == down).map(script);
            Some(ToolMigration { version, name, up: script(up), down })
        };
        Ok(files.iter().filter_map(read).collect())
    }
}
