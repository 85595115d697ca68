//! Reads the migration folders of a database as sqlx does, and reports every fault that sqlx would ignore or report
//! later. [`History::read`] is the entry point; `named` and `script` contain the rules for file names and file
//! contents.

use super::declaration::{KNOWN, allowed, declared_allows, declared_losses, loss, moved};
use super::fault::Fault;
use super::file::{Migration, Script, Transaction};
use super::foreign;
use super::warning::{Warning, warnings};
use crate::directive::{Directive, Mistake, NO_TRANSACTION, directives};
use crate::workspace::{Allow, Database, Origin, entries, file_name};
use miette::NamedSource;
use rehearsal_db::lex::statements;
use rehearsal_db::{Engine, TransactionControl};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A version below that of any migration.
pub const BEFORE_ALL: i64 = -1;

/// All migrations of a database, in order.
#[derive(Debug, Default)]
pub struct History {
    /// The folder of the files; the first one if there are several.
    pub folder: PathBuf,
    /// The migrations, by version.
    pub migrations: Vec<Migration>,
    /// Warnings about the files.
    pub warnings: Vec<Warning>,
}

/// The parts of a file name.
struct Named {
    version: i64,
    digits: String,
    name: String,
    kind: Kind,
}

/// The direction of a migration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Up,
    Down,
}

/// The rules that apply to a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Strict rules for workspaces: a file or directive that sqlx silently ignores is a fault.
    Ours,
    /// sqlx's rules: every file that sqlx accepts is accepted, and ignored ones cause a warning.
    Sqlx,
}

impl Rules {
    fn least_version(self) -> i64 {
        match self {
            // `--to 0` reverts all migrations, so no migration can have version 0.
            Self::Ours => 1,
            Self::Sqlx => 0,
        }
    }
}

/// Returns the readable up files of a database with their text, regardless of faults.
pub(super) fn up_files(database: &Database) -> Vec<(PathBuf, String)> {
    // A file that cannot be read is a fault of the history.
    let files = foreign::files(database).unwrap_or_default();
    if let Some(read) = database.tool.migrations(&files, database.engine) {
        return read.unwrap_or_default().into_iter().map(|migration| (migration.up.path, migration.up.sql)).collect();
    }
    let paths = database.folders().filter_map(|folder| entries(folder).ok()).flatten();
    let is_up =
        |path: &PathBuf| named(path, Rules::Sqlx).is_ok_and(|named| named.is_some_and(|named| named.kind == Kind::Up));
    paths.filter(is_up).filter_map(|path| fs::read_to_string(&path).ok().map(|sql| (path, sql))).collect()
}

impl History {
    /// Returns the findings that the up files accept with `-- allow:`.
    #[must_use]
    pub fn allows(&self) -> Vec<Allow> {
        self.migrations.iter().flat_map(declared_allows).collect()
    }

    /// Reads the migration folders of a database.
    ///
    /// # Errors
    /// Fails with all faults of the folders if there are any.
    pub fn read(database: &Database) -> Result<Self, Vec<Fault>> {
        if let Some(read) = foreign::read(database) {
            let folder = database.folder.clone();
            let tool = database.tool;
            let programs: Vec<String> = database.folders().flat_map(|folder| tool.programs(folder)).collect();
            let warnings = match programs.is_empty() {
                true => Vec::new(),
                false => vec![Warning::Programs { files: programs, tool }],
            };
            return read.map(|migrations| Self { folder, migrations, warnings });
        }
        let rules = match database.origin {
            Origin::Workspace => Rules::Ours,
            Origin::Project { .. } | Origin::Given { .. } => Rules::Sqlx,
        };
        let mut faults = Vec::new();
        let mut ups: BTreeMap<i64, Vec<(Named, Script)>> = BTreeMap::new();
        let mut downs: BTreeMap<i64, Vec<(Named, Script)>> = BTreeMap::new();
        let mut paths = Vec::new();
        for folder in database.folders() {
            match entries(folder) {
                Ok(inner) => paths.extend(inner),
                Err(error) => {
                    faults.push(Fault::Unreadable { file: folder.to_owned(), why: error.to_string() });
                }
            }
        }
        for path in paths {
            let named = match named(&path, rules) {
                Ok(Some(named)) => named,
                Ok(None) => continue,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            match script(&path, named.kind, database.engine, rules, &mut faults) {
                Ok(script) => {
                    let side = if named.kind == Kind::Up { &mut ups } else { &mut downs };
                    side.entry(named.version).or_default().push((named, script));
                }
                Err(fault) => faults.push(fault),
            }
        }
        for (version, files) in ups.iter().chain(&downs).filter(|(_, files)| files.len() > 1) {
            faults.push(Fault::DuplicateVersion {
                version: *version,
                files: files.iter().map(|(_, script)| script.path.clone()).collect(),
            });
        }
        for (named, script) in
            downs.iter().filter(|(version, _)| !ups.contains_key(version)).flat_map(|(_, files)| files)
        {
            let up = script.path.with_file_name(format!("{}_{}.up.sql", named.digits, named.name));
            faults.push(Fault::DownWithoutUp { file: script.path.clone(), up });
        }
        let mut odd = Vec::new();
        if rules == Rules::Sqlx {
            odd.extend(faults.extract_if(.., |fault| fault.is_ignored_by_sqlx()).map(Warning::Passed));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut digits = Vec::new();
        let mut migrations = Vec::new();
        for (version, files) in ups {
            for (named, up) in files {
                digits.push((named.digits.clone(), format!("{}_{}", named.digits, named.name)));
                let down = downs.remove(&version).and_then(|mut files| files.pop()).map(|(_, script)| script);
                migrations.push(migration(named, up, down, &database.sqlx.ignored_chars));
            }
        }
        if rules == Rules::Ours {
            odd.extend(warnings(&digits));
        }
        Ok(Self { folder: database.folder.clone(), migrations, warnings: odd })
    }

    /// Returns the migration with that version.
    #[must_use]
    pub fn get(&self, version: i64) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.version == version)
    }

    /// Returns the version of the newest migration. `None` if there is no migration.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.migrations.last().map(|migration| migration.version)
    }

    /// Returns the migrations up to and including `version`.
    #[must_use]
    pub fn through(&self, version: i64) -> &[Migration] {
        &self.migrations[..self.migrations.partition_point(|migration| migration.version <= version)]
    }

    /// Returns the migrations after `version`.
    #[must_use]
    pub fn after(&self, version: i64) -> &[Migration] {
        &self.migrations[self.migrations.partition_point(|migration| migration.version <= version)..]
    }
}

/// Returns the version and the direction of a migration file, by sqlx's rules. `None` if its name is not that of one.
pub(crate) fn identity(path: &Path) -> Option<(i64, Kind)> {
    named(path, Rules::Sqlx).ok().flatten().map(|named| (named.version, named.kind))
}

/// Parses a file name by sqlx's rules. `None` if the file is clearly not a migration.
fn named(path: &Path, rules: Rules) -> Result<Option<Named>, Fault> {
    let file = file_name(path);
    let lower = file.to_lowercase();
    let ignored = |why| Err(Fault::Ignored { file: path.to_owned(), why });
    if path.is_dir() {
        let holds_sql = || {
            entries(path)
                .is_ok_and(|inner| inner.iter().any(|path| path.extension().is_some_and(|ending| ending == "sql")))
        };
        return if file.starts_with(|c: char| c.is_ascii_digit()) && holds_sql() {
            ignored("it is a folder")
        } else {
            Ok(None)
        };
    }
    if !file.ends_with(".sql") {
        let is_near_miss =
            file.starts_with(|c: char| c.is_ascii_digit()) || lower.ends_with(".sql") || lower.contains(".sql.");
        return if is_near_miss { ignored("its name does not end in `.sql`") } else { Ok(None) };
    }
    let endings = [".up.sql", ".down.sql"];
    if endings.iter().any(|ending| lower.ends_with(ending) && !file.ends_with(ending)) {
        return Err(Fault::Ending { file: path.to_owned() });
    }
    let Some((digits, rest)) = file.split_once('_') else {
        return ignored("its name has no `_` after the version");
    };
    let version = match digits.parse::<i64>() {
        Ok(version) if version >= rules.least_version() && digits.bytes().all(|byte| byte.is_ascii_digit()) => version,
        _ => return Err(Fault::BadVersion { file: path.to_owned() }),
    };
    let (name, kind) = match rest.strip_suffix(".down.sql") {
        Some(name) => (name, Kind::Down),
        None => (rest.strip_suffix(".up.sql").unwrap_or(rest.trim_end_matches(".sql")), Kind::Up),
    };
    Ok(Some(Named { version, digits: digits.to_owned(), name: name.to_owned(), kind }))
}

fn script(path: &Path, kind: Kind, engine: Engine, rules: Rules, faults: &mut Vec<Fault>) -> Result<Script, Fault> {
    let sql = fs::read_to_string(path)
        .map_err(|error| Fault::Unreadable { file: path.to_owned(), why: error.to_string() })?;
    let (found, mistaken) = directives(&sql, KNOWN);
    let names_nothing = |directive: &Directive| match directive.key.as_str() {
        "loses" => loss(&directive.value).is_none(),
        "moves" => rules != Rules::Sqlx && moved(&directive.value).is_none(),
        "requires-backfill" => directive.value.is_empty(),
        // In a project without rehearsal's directives, such a comment is prose.
        "allow" => rules != Rules::Sqlx && allowed(&directive.value).is_none(),
        _ => false,
    };
    if kind == Kind::Down {
        for directive in found.iter().filter(|directive| directive.key != NO_TRANSACTION) {
            let help = "move it to the up file".to_owned();
            faults.push(directive_fault(path, &sql, directive.clone(), "only an up file can contain it", help));
        }
    }
    for directive in found.into_iter().filter(names_nothing) {
        let (why, help) = match directive.key.as_str() {
            "allow" => {
                ("it names no code and no reason", "write `-- allow: CODE NAME, reason`, with a code of a finding")
            }
            "loses" => ("it names no table", "write `-- loses: \"Table\".\"column\", reason`, or `\"Table\"` for rows"),
            "moves" => (
                "it names no column, no target or no reason",
                "write `-- moves: \"Table\".\"column\" to \"Table\".\"column\", reason`",
            ),
            _ => ("it names no backfill", "write `-- requires-backfill: NAME`"),
        };
        faults.push(directive_fault(path, &sql, directive, why, help.to_owned()));
    }
    for (directive, mistake) in mistaken {
        // In a project without rehearsal's directives, such a comment is prose.
        if rules == Rules::Sqlx && directive.key != NO_TRANSACTION {
            continue;
        }
        let (why, help) = match mistake {
            Mistake::Misplaced => (
                "sqlx reads it only at the very start of the file",
                "make `-- no-transaction` the first line, with nothing before it".to_owned(),
            ),
            Mistake::Misspaced => (
                "sqlx recognises only `-- no-transaction`, with one space",
                "write `-- no-transaction` at the very start of the file".to_owned(),
            ),
            Mistake::BelowStatement => ("it is below the first statement", "move it to the top of the file".to_owned()),
            Mistake::Misspelt { nearest } => ("no directive has that name", format!("write `-- {nearest}`")),
        };
        faults.push(directive_fault(path, &sql, directive, why, help));
    }
    let transaction = if sql.starts_with("-- no-transaction") { Transaction::None } else { Transaction::Wrapped };
    if transaction == Transaction::Wrapped && engine.refuses_own_transaction() {
        faults.extend(own_transaction(path, &sql, engine));
    }
    if sql.starts_with('\u{feff}') && engine.refuses_byte_order_mark() {
        faults.push(Fault::ByteOrderMark { file: path.to_owned(), engine });
    }
    Ok(Script { path: path.to_owned(), sql, transaction })
}

/// Finds the first statement that conflicts with the transaction in which sqlx runs a file: it begins a second
/// transaction, ends one when none is open, or leaves none open at the end. A file may end that transaction and begin
/// another.
fn own_transaction(path: &Path, sql: &str, engine: Engine) -> Option<Fault> {
    let (mut is_open, mut last) = (true, None);
    let mut wrong = None;
    for statement in statements(sql, engine) {
        let Some(control) = engine.transaction_control(&statement) else { continue };
        let begins = control == TransactionControl::Begin;
        if begins == is_open {
            wrong = Some(statement);
            break;
        }
        is_open = begins;
        last = Some(statement);
    }
    let statement = wrong.or(last.filter(|_| !is_open))?;
    let file = path.display().to_string();
    let text = NamedSource::new(&file, sql.to_owned());
    Some(Fault::OwnTransaction { file, text, at: (statement.start, statement.text.len()).into() })
}

fn directive_fault(path: &Path, sql: &str, directive: Directive, why: &'static str, help: String) -> Fault {
    let file = path.display().to_string();
    let text = NamedSource::new(&file, sql.to_owned());
    let at = (directive.start, directive.length).into();
    Fault::Directive { directive: directive.key, file, why, help, text, at }
}

fn migration(named: Named, up: Script, down: Option<Script>, ignored_chars: &BTreeSet<char>) -> Migration {
    let found = directives(&up.sql, KNOWN).0;
    let required = found.iter().filter(|directive| directive.key == "requires-backfill");
    let requires = required.map(|directive| directive.value.clone()).collect();
    let loses = declared_losses(&up.sql);
    let ignored_chars = ignored_chars.clone();
    Migration { version: named.version, name: named.name, up, down, loses, requires, ignored_chars }
}

/// Returns the paths of the up file and the down file of a new migration.
#[must_use]
pub fn paths(folder: &Path, version: &str, name: &str) -> (PathBuf, PathBuf) {
    (folder.join(format!("{version}_{name}.up.sql")), folder.join(format!("{version}_{name}.down.sql")))
}
