//! Prisma Migrate: a folder `<version>_<name>` with `migration.sql`, which is sent as one query. None can be reverted.
//! `migration_lock.toml` names the engine.

use super::{BadFile, Layout, Nesting, SourceFile, ToolMigration, ToolScript};
use super::{file_name, folder_name, implicit_transaction, version_and_name};
use rehearsal_db::Engine;
use serde::Deserialize;

pub(super) struct Prisma;

#[derive(Deserialize)]
struct MigrationLock {
    provider: String,
}

/// The version and name of a file.
fn named(file: &SourceFile) -> Option<(i64, String)> {
    version_and_name(folder_name(&file.path)).filter(|_| file_name(&file.path) == "migration.sql")
}

impl Layout for Prisma {
    fn table(&self) -> &'static str {
        "_prisma_migrations"
    }

    fn nesting(&self) -> Nesting {
        Nesting::Folder
    }

    fn recognises(&self, files: &[SourceFile]) -> bool {
        files.iter().any(|file| named(file).is_some())
    }

    fn migrations(&self, files: &[SourceFile], engine: Engine) -> Result<Vec<ToolMigration>, BadFile> {
        let read = |file: &SourceFile| {
            let (version, name) = named(file)?;
            let (path, sql) = (file.path.clone(), file.text.clone());
            let transaction = implicit_transaction(&sql, engine);
            Some(ToolMigration { version, name, up: ToolScript { path, sql, transaction }, down: None })
        };
        Ok(files.iter().filter_map(read).collect())
    }

    fn engine(&self, files: &[SourceFile]) -> Option<Engine> {
        let file = files.iter().find(|file| file_name(&file.path) == "migration_lock.toml")?;
        toml::from_str::<MigrationLock>(&file.text).ok()?.provider.parse().ok()
    }
}
