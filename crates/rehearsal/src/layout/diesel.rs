//! diesel: a folder `<version>_<name>` with `up.sql` and `down.sql`. `run_in_transaction = false` in `metadata.toml` runs both
//! outside a transaction.

use super::{BadFile, Layout, Nesting, SourceFile, ToolMigration, ToolScript, Transaction};
use super::{file_name, folder_name, version_and_name};
use rehearsal_db::Engine;
use serde::Deserialize;
use std::path::Path;

pub(super) struct Diesel;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    run_in_transaction: Option<bool>,
}

impl Layout for Diesel {
    fn table(&self) -> &'static str {
        "__diesel_schema_migrations"
    }

    fn nesting(&self) -> Nesting {
        Nesting::Folder
    }

    fn recognises(&self, files: &[SourceFile]) -> bool {
        files
            .iter()
            .any(|file| file_name(&file.path) == "up.sql" && version_and_name(folder_name(&file.path)).is_some())
    }

    fn migrations(&self, files: &[SourceFile], _: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let beside = |folder: Option<&Path>, name: &str| {
            files.iter().find(|file| file.path.parent() == folder && file_name(&file.path) == name)
        };
        for file in files.iter().filter(|file| file_name(&file.path) == "down.sql") {
            let is_migration = version_and_name(folder_name(&file.path)).is_some();
            if is_migration && beside(file.path.parent(), "up.sql").is_none() {
                return Err(BadFile { path: file.path.clone(), why: "it has no up.sql next to it".to_owned() });
            }
        }
        let mut migrations = Vec::new();
        for up in files.iter().filter(|file| file_name(&file.path) == "up.sql") {
            let Some((version, name)) = version_and_name(folder_name(&up.path)) else { continue };
            let folder = up.path.parent();
            let metadata = match beside(folder, "metadata.toml") {
                None => Metadata::default(),
                Some(file) => toml::from_str(&file.text)
                    .map_err(|_| BadFile { path: file.path.clone(), why: "it is not valid TOML".to_owned() })?,
            };
            let transaction = match metadata.run_in_transaction {
                Some(false) => Transaction::None,
                Some(true) | None => Transaction::Wrapped,
            };
            let script =
                |file: &SourceFile| ToolScript { path: file.path.clone(), sql: file.text.clone(), transaction };
            let down = beside(folder, "down.sql").map(script);
            migrations.push(ToolMigration { version, name, up: script(up), down });
        }
        Ok(migrations)
    }
}
