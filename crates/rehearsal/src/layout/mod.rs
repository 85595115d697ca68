//! The layouts of migration folders of other tools, which can be rehearsed but never run for real. [`Tool`] names a tool,
//! [`detect`] recognises it by the content of a folder, and `Layout` reads its files. Each tool is one file here that
//! implements `Layout`, and one variant of [`Tool`].

mod dbmate;
mod diesel;
mod golang_migrate;
mod goose;
mod prisma;
mod refinery;
mod sections;

use rehearsal_db::Engine;
use rehearsal_db::lex::statements;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Whether a script runs in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transaction {
    /// The changes of the script are applied completely or not at all.
    Wrapped,
    /// Each statement commits separately (`-- no-transaction`).
    None,
}

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// In the folder of the migrations.
    Direct,
    /// In a folder in it.
    Folder,
}

/// A file in a folder of migrations, or in a folder in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path.
    pub path: PathBuf,
    /// Where it is.
    pub nesting: Nesting,
    /// Its text.
    pub text: String,
}

/// A migration of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolMigration {
    /// The version.
    pub version: i64,
    /// The name, without version and endings.
    pub name: String,
    /// What applies it.
    pub up: ToolScript,
    /// What reverts it, if anything does.
    pub down: Option<ToolScript>,
}

/// One direction of a migration of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolScript {
    /// The file.
    pub path: PathBuf,
    /// The SQL. If it is only a part of the file, the rest is blank, so that positions are those of the file.
    pub sql: String,
    /// Whether the tool runs it in a transaction.
    pub transaction: Transaction,
}

/// A file that a tool could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFile {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub why: String,
}

/// The layout of the migrations of a tool.
trait Layout: Sync {
    /// The table in which the tool records applied migrations.
    fn table(&self) -> &'static str;

    /// Where the SQL files of the tool are.
    fn nesting(&self) -> Nesting {
        Nesting::Direct
    }

    /// The ending of migrations that are programs, which only the tool can run.
    fn ending_of_programs(&self) -> Option<&'static str> {
        None
    }

    /// True if these files are migrations of the tool, and of no other one.
    fn recognises(&self, files: &[SourceFile]) -> bool;

    /// Reads the migrations in these files. Ignores files that the tool ignores.
    ///
    /// # Errors
    /// Fails with a file that the tool could not read.
    fn migrations(&self, files: &[SourceFile], engine: Engine) -> Result<Vec<ToolMigration>, BadFile>;

    /// The engine that the tool's own files in the folder name.
    fn engine(&self, _files: &[SourceFile]) -> Option<Engine> {
        None
    }
}

/// A tool that applies migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// sqlx, whose migrations can also be run for real.
    #[default]
    Sqlx,
    /// diesel.
    Diesel,
    /// refinery.
    Refinery,
    /// golang-migrate.
    GolangMigrate,
    /// dbmate.
    Dbmate,
    /// goose.
    Goose,
    /// Prisma Migrate.
    Prisma,
}

impl Tool {
    /// All tools, in the order in which they are recognised. The files of golang-migrate look like those of sqlx.
    pub const ALL: [Self; 7] =
        [Self::Goose, Self::Dbmate, Self::Refinery, Self::Diesel, Self::Prisma, Self::GolangMigrate, Self::Sqlx];

    /// Its name, as `--layout` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Refinery => "refinery",
            Self::GolangMigrate => "golang-migrate",
            Self::Dbmate => "dbmate",
            Self::Goose => "goose",
            Self::Prisma => "prisma",
        }
    }

    /// Its layout; `None` for sqlx, whose files have rules of their own.
    fn layout(self) -> Option<&'static dyn Layout> {
        Some(match self {
            Self::Sqlx => return None,
            Self::Diesel => &diesel::Diesel,
            Self::Refinery => &refinery::Refinery,
            Self::GolangMigrate => &golang_migrate::GolangMigrate,
            Self::Dbmate => &dbmate::Dbmate,
            Self::Goose => &goose::Goose,
            Self::Prisma => &prisma::Prisma,
        })
    }

    /// Reads the migrations of the tool in these files, by version. `None` for sqlx.
    ///
    /// # Errors
    /// Fails with a file that the tool could not read.
    pub(crate) fn migrations(
        self,
        files: &[SourceFile],
        engine: Engine,
    ) -> Option<Result<Vec<ToolMigration>, BadFile>> {
        let layout = self.layout()?;
        let read = layout.migrations(&files_of(layout, files), engine);
        Some(read.map(|mut migrations| {
            migrations.sort_by_key(|migration| migration.version);
            migrations
        }))
    }

    /// The names of the migrations in a folder that are programs, which only the tool can run.
    pub(crate) fn programs(self, folder: &Path) -> Vec<String> {
        let Some(ending) = self.layout().and_then(Layout::ending_of_programs) else { return Vec::new() };
        let is_migration = |path: &PathBuf| {
            let name = file_name(path);
            let version = name.strip_prefix(['V', 'U']).unwrap_or(name);
            path.extension().is_some_and(|found| found == ending) && version_and_name(version).is_some()
        };
        entries(folder).iter().filter(|path| is_migration(path)).map(|path| file_name(path).to_owned()).collect()
    }

    /// The tools that record applied migrations in a table of their own, by its name.
    pub(crate) fn tables() -> BTreeMap<&'static str, Vec<Self>> {
        let mut tables: BTreeMap<&str, Vec<Self>> = BTreeMap::new();
        for tool in Self::ALL {
            if let Some(layout) = tool.layout() {
                tables.entry(layout.table()).or_default().push(tool);
            }
        }
        tables
    }

    /// The engine that the tool's own files name.
    pub(crate) fn engine(self, files: &[SourceFile]) -> Option<Engine> {
        self.layout()?.engine(files)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tool {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|tool| tool.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|tool| tool.name()).collect();
            format!("use one of: {}", names.join(", "))
        })
    }
}

/// Returns the tool of other migrations than sqlx's in these files. `None` if no other tool recognises them.
#[must_use]
pub fn detect(files: &[SourceFile]) -> Option<Tool> {
    let recognises = |tool: &Tool| tool.layout().is_some_and(|layout| layout.recognises(&files_of(layout, files)));
    Tool::ALL.into_iter().find(recognises)
}

/// Returns the files that are where the tool has its migrations.
fn files_of(layout: &dyn Layout, files: &[SourceFile]) -> Vec<SourceFile> {
    files.iter().filter(|file| file.nesting == layout.nesting()).cloned().collect()
}

/// Returns the files in a folder and in the folders in it that may belong to migrations, or why one cannot be read.
#[must_use]
pub fn files_in(folder: &Path) -> Vec<Result<SourceFile, BadFile>> {
    let mut files = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            files.extend(entries(&path).into_iter().filter_map(|path| read(path, Nesting::Folder)));
        } else {
            files.extend(read(path, Nesting::Direct));
        }
    }
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn read(path: PathBuf, nesting: Nesting) -> Option<Result<SourceFile, BadFile>> {
    path.extension().filter(|ending| *ending == "sql" || *ending == "toml")?;
    Some(match std::fs::read_to_string(&path) {
        // The tools ignore a byte order mark.
        Ok(text) => Ok(SourceFile { text: text.trim_start_matches('\u{feff}').to_owned(), path, nesting }),
        Err(error) => Err(BadFile { why: error.to_string(), path }),
    })
}

/// The name of a file.
fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The name of the folder of a file.
fn folder_name(path: &Path) -> &str {
    path.parent().map(file_name).unwrap_or_default()
}

/// Splits `<version>_<name>`. Ignores dashes in the version, as in `2019-10-10-120000_people`.
fn version_and_name(text: &str) -> Option<(i64, String)> {
    let (version, name) = text.split_once('_')?;
    let digits: String = version.chars().filter(|c| *c != '-').collect();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| is_number)?, name.to_owned()))
}

/// Whether a script that is sent as one query runs in one transaction. PostgreSQL runs it so, unless it is a single statement
/// that refuses it or has transactions of its own. SQLite commits each statement.
fn implicit_transaction(sql: &str, engine: Engine) -> Transaction {
    let all = statements(sql, engine);
    let is_alone = all.len() == 1 && all.iter().any(|statement| engine.requires_autocommit(statement.text));
    let has_own = all.iter().any(|statement| engine.transaction_control(statement).is_some());
    if is_alone || has_own || !engine.storage().is_server() { Transaction::None } else { Transaction::Wrapped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// A path in the folder of the migrations, and the text of the file.
    type File = (&'static str, &'static str);

    fn files(files: &[File]) -> Vec<SourceFile> {
        let file = |(path, text): &File| {
            let nesting = if path.matches('/').count() > 1 { Nesting::Folder } else { Nesting::Direct };
            SourceFile { path: PathBuf::from(path), nesting, text: (*text).to_owned() }
        };
        files.iter().map(file).collect()
    }

    const DIESEL: &[File] = &[
        ("m/2019-10-10-120000_people/up.sql", "CREATE TABLE a (b int);"),
        ("m/2019-10-10-120000_people/down.sql", "DROP TABLE a;"),
        ("m/2019-10-11-120000_index/up.sql", "CREATE INDEX CONCURRENTLY c ON a (b);"),
        ("m/2019-10-11-120000_index/metadata.toml", "run_in_transaction = false\n"),
    ];
    const REFINERY: &[File] = &[("m/V2__b.sql", "SELECT 2;"), ("m/V1__a_b.sql", "SELECT 1;"), ("m/README.sql", "x")];
    const GOLANG: &[File] = &[
        ("m/1_a.up.sql", "CREATE TABLE a (b int); SELECT 1;"),
        ("m/1_a.down.sql", "DROP TABLE a;"),
        ("m/2_b.up.sql", "CREATE INDEX CONCURRENTLY c ON a (b);"),
    ];
    const DBMATE: &[File] = &[
        ("m/1_a.sql", "-- migrate:up\nSELECT 1;\n\n-- migrate:down\nSELECT 2;\n"),
        ("m/2_b.sql", "-- migrate:up transaction:false\nSELECT 3;\n"),
    ];
    const GOOSE: &[File] = &[
        (
            "m/00001_a.sql",
            "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n-- +goose Down\nSELECT 2;\n",
        ),
        ("m/00002_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 3;\n"),
    ];
    const PRISMA: &[File] = &[
        ("m/20240101000000_init/migration.sql", "SELECT 1;"),
        ("m/migration_lock.toml", "provider = \"postgresql\"\n"),
    ];

    #[test]
    fn recognises_tools() {
        let check = |given: &[File], expect: Option<Tool>| assert_eq!(detect(&files(given)), expect, "{given:?}");
        check(DIESEL, Some(Tool::Diesel));
        check(REFINERY, Some(Tool::Refinery));
        check(DBMATE, Some(Tool::Dbmate));
        check(GOOSE, Some(Tool::Goose));
        check(PRISMA, Some(Tool::Prisma));
        // They look like the files of sqlx.
        check(GOLANG, None);
        check(&[("m/1_a.sql", "SELECT 1;")], None);
        check(&[("m/checks/up.sql", "SELECT 1;")], None);
        check(&[("m/1_a.sql", "SELECT 1;"), ("m/old/V1__a.sql", "SELECT 1;")], None);
        check(&[], None);
    }

    #[test]
    fn reads_migrations() {
        let check = |tool: Tool, given: &[File], expect: &[&str]| {
            let read = tool.migrations(&files(given), Engine::Postgres).unwrap().unwrap();
            let script = |script: &ToolScript| {
                let sql: Vec<&str> = script.sql.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
                let whole = if script.transaction == Transaction::None { " (no transaction)" } else { "" };
                format!("{}{whole}", sql.join(" "))
            };
            let text = |migration: &ToolMigration| {
                let down = migration.down.as_ref().map(|down| format!(" / {}", script(down))).unwrap_or_default();
                format!("{} {}: {}{down}", migration.version, migration.name, script(&migration.up))
            };
            assert_eq!(read.iter().map(text).collect::<Vec<_>>(), expect);
        };
        check(
            Tool::Diesel,
            DIESEL,
            &[
                "20191010120000 people: CREATE TABLE a (b int); / DROP TABLE a;",
                "20191011120000 index: CREATE INDEX CONCURRENTLY c ON a (b); (no transaction)",
            ],
        );
        check(Tool::Refinery, REFINERY, &["1 a_b: SELECT 1;", "2 b: SELECT 2;"]);
        check(
            Tool::GolangMigrate,
            GOLANG,
            &[
                "1 a: CREATE TABLE a (b int); SELECT 1; / DROP TABLE a;",
                "2 b: CREATE INDEX CONCURRENTLY c ON a (b); (no transaction)",
            ],
        );
        check(Tool::Dbmate, DBMATE, &["1 a: SELECT 1; / SELECT 2;", "2 b: SELECT 3; (no transaction)"]);
        check(Tool::Goose, GOOSE, &["1 a: SELECT 1; / SELECT 2;", "2 b: SELECT 3; (no transaction)"]);
        check(Tool::Prisma, PRISMA, &["20240101000000 init: SELECT 1;"]);
        assert_eq!(Tool::Prisma.engine(&files(PRISMA)), Some(Engine::Postgres));
    }

    #[test]
    fn refuses_what_the_tool_could_not_read() {
        let check = |tool: Tool, given: &[File], expect: &str| {
            let error = tool.migrations(&files(given), Engine::Postgres).unwrap().unwrap_err();
            assert_eq!(format!("{}: {}", error.path.display(), error.why), expect);
        };
        check(Tool::Dbmate, &[("m/1_a.sql", "SELECT 1;")], "m/1_a.sql: it has no line `-- migrate:up`");
        check(Tool::Goose, &[("m/1_a.sql", "SELECT 1;")], "m/1_a.sql: it has no line `-- +goose Up`");
        check(
            Tool::Diesel,
            &[("m/1_a/up.sql", "SELECT 1;"), ("m/1_a/metadata.toml", "run_in_transaction = maybe")],
            "m/1_a/metadata.toml: it is not valid TOML",
        );
        check(Tool::Diesel, &[("m/1_a/down.sql", "SELECT 1;")], "m/1_a/down.sql: it has no up.sql next to it");
    }
}
