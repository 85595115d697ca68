//! The history of a project that migrates with another tool. [`read`] is the entry point. It can be rehearsed, and never run
//! for real; what is sqlx's own, such as checksums and rules for names, is not asked of it.

use super::fault::Fault;
use super::file::{Migration, Script};
use super::history::{History, declared_losses};
use crate::layout::{BadFile, SourceFile, ToolScript, files_in};
use crate::workspace::Database;
use std::collections::BTreeMap;

/// Reads the files of all folders of a database.
pub(super) fn files(database: &Database) -> Vec<SourceFile> {
    database.folders().flat_map(files_in).collect()
}

/// Reads the history; `None` if it is one of sqlx.
pub(super) fn read(database: &Database) -> Option<Result<History, Vec<Fault>>> {
    let read = database.tool.migrations(&files(database), database.engine)?;
    let tool = database.tool;
    let migrations = match read {
        Ok(migrations) => migrations,
        Err(BadFile { path, why }) => {
            return Some(Err(vec![Fault::OfTool { file: path, tool, why }]));
        }
    };
    let mut versions: BTreeMap<i64, Vec<std::path::PathBuf>> = BTreeMap::new();
    for migration in &migrations {
        versions.entry(migration.version).or_default().push(migration.up.path.clone());
    }
    let twice = versions.into_iter().filter(|(_, files)| files.len() > 1);
    let faults: Vec<Fault> = twice.map(|(version, files)| Fault::DuplicateVersion { version, files }).collect();
    if !faults.is_empty() {
        return Some(Err(faults));
    }
    let script = |ToolScript { path, sql, transaction }| Script { path, sql, transaction };
    let migrations = migrations.into_iter().map(|migration| Migration {
        version: migration.version,
        name: migration.name,
        loses: declared_losses(&migration.up.sql),
        up: script(migration.up),
        down: migration.down.map(script),
        requires: Vec::new(),
        ignored_chars: std::collections::BTreeSet::new(),
    });
    let migrations = migrations.collect();
    Some(Ok(History { folder: database.folder.clone(), migrations, warnings: Vec::new() }))
}
