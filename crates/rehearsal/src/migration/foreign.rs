//! The history of a project that migrates with another tool. [`read`] is the entry point. It can be rehearsed, and never run
//! for real; what is sqlx's own, such as checksums and rules for names, is not asked of it.

use super::declaration::declared_losses;
use super::fault::Fault;
use super::file::{Migration, Script};
use crate::layout::{BadFile, SourceFile, Tool, ToolScript, files_in};
use crate::workspace::Database;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Reads the files of all folders of a database.
pub(super) fn files(database: &Database) -> Result<Vec<SourceFile>, BadFile> {
    database.folders().flat_map(files_in).collect()
}

/// Reads the migrations, by version; `None` if they are those of sqlx.
pub(super) fn read(database: &Database) -> Option<Result<Vec<Migration>, Vec<Fault>>> {
    let tool = database.tool;
    if tool == Tool::Sqlx {
        return None;
    }
    let read =
        files(database).and_then(|files| tool.migrations(&files, database.engine).unwrap_or_else(|| Ok(Vec::new())));
    let migrations = match read {
        Ok(migrations) => migrations,
        Err(BadFile { path, why }) => {
            return Some(Err(vec![Fault::OfTool { file: path, tool, why }]));
        }
    };
    let mut versions: BTreeMap<i64, Vec<PathBuf>> = BTreeMap::new();
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
        ignored_chars: BTreeSet::new(),
    });
    Some(Ok(migrations.collect()))
}
