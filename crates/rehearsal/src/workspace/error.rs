//! The errors of this module: [`Error`] for the folders and files of a workspace, [`GivenError`] for the flags that
//! describe a database of another project.

use super::Stated;
use crate::directive::did_you_mean;
use crate::layout::Tool;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::{command, shell_word};
use std::path::{Path, PathBuf};

/// The name of the configuration file.
pub const CONFIGURATION: &str = "rehearsal.toml";

/// A fault of the folders and files of a workspace.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Neither the current folder nor any folder above or below it has migrations.
    #[error(
        "no migrations found: {}, the folders above it and the folders below it contain neither a folder `migrations` nor \
         a `sqlx.toml` with `migrations-dir`",
        from.display()
    )]
    #[diagnostic(help("run the command in the project, or name the folder: `{}`", command("ci --migrations DIR")))]
    NoMigrations {
        /// The folder where the search started.
        from: PathBuf,
    },
    /// The folder contains neither migrations nor the folder of a database.
    #[error("{} contains no migrations and no database", folder.display())]
    #[diagnostic(help(
        "create the first migration in it, such as `1_people.sql`; or, for several databases, a folder for each with a \
         `rehearsal.toml` that contains `engine = \"sqlite\"`"
    ))]
    NoDatabases {
        /// The `migrations` folder.
        folder: PathBuf,
    },
    /// Several folders below contain migrations.
    #[error("several folders contain migrations: {}", shortened(below))]
    #[diagnostic(help(
        "name one of them: `{}`",
        command(&format!("ci --migrations {}", shell_word(&below[0].display().to_string())))
    ))]
    SeveralMigrations {
        /// The folders of the migrations, at least two.
        below: Vec<PathBuf>,
    },
    /// A folder in `migrations/` has no configuration.
    #[error("{} is missing", path.display())]
    #[diagnostic(help("create the file with the line `engine = \"sqlite\"`"))]
    NoConfiguration {
        /// The missing file.
        path: PathBuf,
    },
    /// The configuration file still has its former name.
    #[error("{} is no longer read: the file is now called `{CONFIGURATION}`", former.display())]
    #[diagnostic(help("rename the file to {}, and its key `longest_wait_ms` to `max_wait_ms`", path.display()))]
    Renamed {
        /// The file with the former name.
        former: PathBuf,
        /// The file with the current name.
        path: PathBuf,
    },
    /// The configured folder of fixtures does not exist.
    #[error("{} names the folder `{}` in `fixtures`, which does not exist", path.display(), folder.display())]
    #[diagnostic(help("create the folder, or correct the setting: it is relative to the root of the project"))]
    NoFixtureFolder {
        /// The folder.
        folder: PathBuf,
        /// The configuration file.
        path: PathBuf,
    },
    /// Two folders of one history both have a configuration.
    #[error("{} and {} both configure the history", one.display(), other.display())]
    #[diagnostic(help("merge them into one file, and remove the other"))]
    ConfiguredTwice {
        /// The first file.
        one: PathBuf,
        /// The second file.
        other: PathBuf,
    },
    /// A `rehearsal.toml` is not valid.
    #[error("{path} is not valid: {why}")]
    #[diagnostic(help("{help}"))]
    Configuration {
        /// The file.
        path: String,
        /// The reason.
        why: String,
        /// The instruction for the user.
        help: &'static str,
        /// The text of the file.
        #[source_code]
        text: NamedSource<String>,
        /// The location of the fault, if it has one.
        #[label]
        at: Option<SourceSpan>,
    },
    /// A fixture does not state its version.
    #[error(
        "{} does not state the version of its data{}",
        path.display(),
        of_no_version(found.as_ref())
    )]
    #[diagnostic(help(
        "put `-- at: VERSION` in the first line, with the version of the last migration that the data has seen"
    ))]
    FixtureWithoutVersion {
        /// The file.
        path: PathBuf,
        /// The text after `-- at:`. `None` if the file has no such comment.
        found: Option<String>,
    },
    /// A file in the folder of fixtures is not a SQL file.
    #[error("{} cannot be loaded as a fixture", path.display())]
    #[diagnostic(help("move the file out of the folder: fixtures are `.sql` files"))]
    UnknownFixture {
        /// The file.
        path: PathBuf,
    },
    /// A folder of fixtures belongs to no database.
    #[error("{} belongs to no database", folder.display())]
    #[diagnostic(help("rename the folder after one in `migrations`, or remove it"))]
    OrphanFixtures {
        /// The folder.
        folder: PathBuf,
    },
    /// No database has that name.
    #[error("there is no database `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("use one of: {}", known.join(", ")))]
    UnknownDatabase {
        /// The name as given.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names of all databases.
        known: Vec<String>,
    },
    /// The flags that describe a database are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Given(#[from] GivenError),
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    #[diagnostic(help(
        "{}",
        if source.kind() == std::io::ErrorKind::InvalidData { "save it as UTF-8 text" } else { "check that it exists and that this user may read it" }
    ))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

/// A fault of the flags that describe a database.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum GivenError {
    /// The folder does not exist.
    #[error("there is no folder `{}`", folder.display())]
    #[diagnostic(help("name the folder that contains the migrations with `--migrations DIR`"))]
    NoFolder {
        /// The path as given.
        folder: PathBuf,
    },
    /// The folder is a file.
    #[error("{} is a file, not a folder", file.display())]
    #[diagnostic(help("name the folder of the file: `--migrations {}`", above(file)))]
    NotAFolder {
        /// The file.
        file: PathBuf,
    },
    /// Two flags name one folder.
    #[error("{} is named twice", folder.display())]
    #[diagnostic(help("name each folder once"))]
    FolderTwice {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder contains no migration of the tool that the user has named.
    #[error("folder `{}` contains no migration of {tool}", folder.display())]
    #[diagnostic(help("leave out `--layout`, or name the folder that contains the migrations"))]
    NoMigrationsOf {
        /// The folder.
        folder: PathBuf,
        /// The tool.
        tool: Tool,
    },
    /// A folder contains no migration.
    #[error("folder `{}` contains no migration: no file in it is named `<version>_<name>.sql`", folder.display())]
    #[diagnostic(help("{}", elsewhere(below)))]
    NoMigrations {
        /// The folder.
        folder: PathBuf,
        /// The folders in it that contain migrations.
        below: Vec<PathBuf>,
    },
    /// The fixture does not exist.
    #[error("there is no file {}", path.display())]
    #[diagnostic(help("name a SQL file with `--fixture FILE@VERSION`, or a folder of SQL files named after versions"))]
    NoFixture {
        /// The path as given.
        path: PathBuf,
    },
    /// Neither the flag nor the file states the version of a fixture.
    #[error("{}", without_version(path, found.as_ref()))]
    #[diagnostic(help(
        "state the version of the last migration that the data has seen, as a number: `--fixture {}@VERSION`, \
         `-- at: VERSION` in the first line, or the file name `<version>_<name>.sql`",
        path.display()
    ))]
    FixtureWithoutVersion {
        /// The file.
        path: PathBuf,
        /// The text found in place of a version, and where.
        found: Option<(String, Stated)>,
    },
    /// A folder of fixtures contains no SQL file.
    #[error("the folder `{}` contains no SQL file", folder.display())]
    #[diagnostic(help("name a folder of SQL files named after versions, or a single file: `--fixture FILE@VERSION`"))]
    NoFixtures {
        /// The folder.
        folder: PathBuf,
    },
    /// Two files of rows have the same version.
    #[error("{} and {} are both named after version {version}", one.display(), other.display())]
    #[diagnostic(help("merge the two files, or rename one: each version has only one file of rows"))]
    RowsTwice {
        /// The version.
        version: i64,
        /// The first file.
        one: PathBuf,
        /// The second file.
        other: PathBuf,
    },
    /// The `sqlx.toml` of the project is not valid or requires something that rehearsal does not support.
    #[error("{} {why}", path.display())]
    #[diagnostic(help("{help}"))]
    SqlxToml {
        /// The file.
        path: PathBuf,
        /// The reason, as the end of a sentence that begins with the file.
        why: String,
        /// The instruction for the user.
        help: &'static str,
    },
}

/// Lists at most five paths.
fn shortened(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn above(file: &Path) -> String {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    shell_word(&folder.display().to_string()).into_owned()
}

fn elsewhere(below: &[PathBuf]) -> String {
    let flags: Vec<String> = below.iter().map(|folder| format!("`--migrations {}`", folder.display())).collect();
    if flags.is_empty() {
        "name the folder that contains the migrations".to_owned()
    } else {
        format!("name a folder in it that contains migrations: {}", flags.join(", "))
    }
}

fn of_no_version(found: Option<&String>) -> String {
    found.map(|found| format!(": `{found}` is not a version")).unwrap_or_default()
}

fn without_version(path: &Path, found: Option<&(String, Stated)>) -> String {
    match found {
        Some((found, stated)) => format!(
            "`{found}` is not a version (the version of the data in {}, written {})",
            path.display(),
            stated.place()
        ),
        None => format!("no version is stated for the data in {}", path.display()),
    }
}
