//! [`Changes`] compares the migration files of a history with those of the base revision: which migrations are unchanged,
//! and which faults the change has.

use crate::layout::{Nesting, SourceFile, ToolScript};
use crate::migration::{Fault, History, Kind, Migration, identity};
use crate::report::{Finding, history};
use crate::workspace::Database;
use std::collections::{BTreeMap, BTreeSet};

/// The changes of a history since the base revision. The default is a history of which nothing is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// The versions of the migrations whose files are unchanged.
    pub(super) unchanged: BTreeSet<i64>,
    /// The faults of the change.
    pub(super) findings: Vec<Finding>,
}

/// The files of one migration of the base revision.
#[derive(Default)]
struct Merged<'f> {
    up: Option<&'f SourceFile>,
    down: Option<&'f SourceFile>,
}

impl Changes {
    /// Compares a history with the migration files of the base revision, which `base` names for messages.
    #[must_use]
    pub fn of(history: &History, database: &Database, files: &[SourceFile], base: &str) -> Self {
        let scripts = scripts(database, files);
        let mut merged: BTreeMap<i64, Merged<'_>> = BTreeMap::new();
        for (version, kind, script) in &scripts {
            let of_version = merged.entry(*version).or_default();
            match kind {
                Kind::Up => of_version.up = Some(script),
                Kind::Down => of_version.down = Some(script),
            }
        }
        merged.retain(|_, files| files.up.is_some());
        let mut changes = Self::default();
        for (version, files) in &merged {
            let Some(up) = files.up else { continue };
            match history.get(*version) {
                Some(migration) => changes.compare(migration, up, files.down, base),
                None => changes.find(*version, deleted(history, &merged, up, base)),
            }
        }
        let newest = merged.keys().last().copied();
        let is_late = |migration: &&Migration| newest.is_some_and(|newest| migration.version < newest);
        let is_new = |migration: &&Migration| !merged.contains_key(&migration.version);
        for migration in history.migrations.iter().filter(is_new).filter(is_late) {
            // A renamed file is reported once.
            let is_renamed = merged.iter().any(|(version, files)| {
                history.get(*version).is_none() && files.up.is_some_and(|up| same_lines(&up.text, &migration.up.sql))
            });
            if let Some(newest) = newest.filter(|_| !is_renamed) {
                let (file, base) = (migration.up.path.clone(), base.to_owned());
                changes.find(migration.version, Fault::BeforeMerged { file, newest, base });
            }
        }
        changes
    }

    fn compare(&mut self, migration: &Migration, up: &SourceFile, down: Option<&SourceFile>, base: &str) {
        let (file, base) = (migration.up.path.clone(), base.to_owned());
        if !same_lines(&up.text, &migration.up.sql) {
            self.find(migration.version, Fault::EditedSince { file, base });
        } else if up.path != migration.up.path && !is_now_reversible(up, migration) {
            self.find(migration.version, Fault::RenamedSince { from: up.path.clone(), file: Some(file), base });
        } else if match (down, &migration.down) {
            (None, None) => true,
            (Some(before), Some(now)) => same_lines(&before.text, &now.sql),
            (None, Some(_)) | (Some(_), None) => false,
        } {
            self.unchanged.insert(migration.version);
        }
    }

    fn find(&mut self, version: i64, fault: Fault) {
        self.findings.push(history::of_fault(&fault).of_migration(version));
    }
}

/// Returns the scripts in files of the base revision, each with its version and direction.
fn scripts(database: &Database, files: &[SourceFile]) -> Vec<(i64, Kind, SourceFile)> {
    let Some(read) = database.tool.migrations(files, database.engine) else {
        // sqlx reads only the folders themselves.
        let direct = files.iter().filter(|file| file.nesting == Nesting::Direct);
        return direct
            .filter_map(|file| identity(&file.path).map(|(version, kind)| (version, kind, file.clone())))
            .collect();
    };
    let script = |version: i64, kind: Kind, script: ToolScript| {
        (version, kind, SourceFile { path: script.path, nesting: Nesting::Direct, text: script.sql })
    };
    // A file that could not be read is not the fault of the change.
    let scripts = read.unwrap_or_default().into_iter().flat_map(|migration| {
        let down = migration.down.map(|down| script(migration.version, Kind::Down, down));
        std::iter::once(script(migration.version, Kind::Up, migration.up)).chain(down)
    });
    scripts.collect()
}

/// True if two texts differ at most in their line endings, which a checkout on another system changes.
fn same_lines(one: &str, other: &str) -> bool {
    one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
}

/// True if a migration was `<version>_<name>.sql` and is now `<version>_<name>.up.sql`, because it has got a down file.
fn is_now_reversible(before: &SourceFile, migration: &Migration) -> bool {
    let simple = format!("_{}.sql", migration.name);
    migration.down.is_some() && before.path.to_string_lossy().ends_with(&simple)
}

/// Returns the fault of a merged migration whose version is gone: it was renamed if a new migration has its text.
fn deleted(history: &History, merged: &BTreeMap<i64, Merged<'_>>, up: &SourceFile, base: &str) -> Fault {
    let is_new = |migration: &&Migration| !merged.contains_key(&migration.version);
    let mut new = history.migrations.iter().filter(is_new);
    let file = new.find(|migration| same_lines(&up.text, &migration.up.sql)).map(|renamed| renamed.up.path.clone());
    Fault::RenamedSince { from: up.path.clone(), file, base: base.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Origin;
    use pretty_assertions::assert_eq;
    use rehearsal_db::Engine;
    use std::fs;

    /// A file: its name and its text.
    type File = (&'static str, &'static str);

    #[test]
    fn changes() {
        let check = |before: &[File], now: &[File], unchanged: &[i64], expect: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in now {
                fs::write(folder.path().join(name), text).unwrap();
            }
            let database = Database::new(
                "toys".to_owned(),
                Engine::Sqlite,
                folder.path().to_owned(),
                Origin::Project { flags: String::new() },
            );
            let history = History::read(&database).unwrap();
            let base = |(name, text): &File| SourceFile {
                path: folder.path().join(name),
                nesting: Nesting::Direct,
                text: (*text).to_owned(),
            };
            let changes = Changes::of(&history, &database, &before.iter().map(base).collect::<Vec<_>>(), "main");
            let prefix = format!("{}/", folder.path().display());
            let found: Vec<String> = changes
                .findings
                .iter()
                .map(|finding| format!("{} {}", finding.code, finding.message.replace(&prefix, "")))
                .collect();
            assert_eq!(found, expect, "{before:?} {now:?}");
            assert_eq!(changes.unchanged.iter().copied().collect::<Vec<_>>(), unchanged, "{before:?} {now:?}");
        };
        let (one, two): (File, File) = (("1_a.sql", "SELECT 1;\n"), ("2_b.sql", "SELECT 2;\n"));
        check(&[], &[one, two], &[], &[]);
        check(&[one], &[one, two], &[1], &[]);
        check(&[one], &[("1_a.sql", "SELECT 1;\r\n")], &[1], &[]);
        check(
            &[one],
            &[("1_a.sql", "SELECT 3;\n")],
            &[],
            &["history/edited 1_a.sql was edited after it was merged into main"],
        );
        check(
            &[one],
            &[("1_x.sql", one.1)],
            &[],
            &["history/edited 1_a.sql was renamed to 1_x.sql after it was merged into main"],
        );
        check(
            &[one],
            &[("3_a.sql", one.1)],
            &[],
            &["history/edited 1_a.sql was renamed to 3_a.sql after it was merged into main"],
        );
        check(
            &[two],
            &[("1_b.sql", two.1)],
            &[],
            &["history/edited 2_b.sql was renamed to 1_b.sql after it was merged into main"],
        );
        check(&[one, two], &[two], &[2], &["history/edited 1_a.sql was deleted after it was merged into main"]);
        check(
            &[two],
            &[one, two],
            &[2],
            &["history/out-of-order 1_a.sql is new, but the newer version 2 is already merged into main"],
        );
        let (up, down): (File, File) = (("1_a.up.sql", "SELECT 1;\n"), ("1_a.down.sql", "SELECT 0;\n"));
        check(&[one], &[up, down], &[], &[]);
        check(&[up, down], &[up, down], &[1], &[]);
        check(&[up, down], &[up, ("1_a.down.sql", "SELECT 9;\n")], &[], &[]);
        check(&[up, down], &[up], &[], &[]);
        check(&[down], &[up, down], &[], &[]);
        check(&[("README.md", "x")], &[one], &[], &[]);
    }
}
