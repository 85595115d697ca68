//! What can be wrong with the folders of a workspace, or with the flags that describe a database.

use crate::directive::did_you_mean;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::command::{command, shell_word};
use std::path::{Path, PathBuf};

/// The name of the file.
pub const CONFIGURATION: &str = "rehearsal.toml";

/// What is wrong with the folders.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// No folder from here upwards looks like a workspace.
    #[error("there is no `migrations` folder in {} or above it", from.display())]
    #[diagnostic(help("run this inside the workspace"))]
    NoWorkspace {
        /// Where the search began.
        from: PathBuf,
    },
    /// There is no database at all.
    #[error("{} holds no database", folder.display())]
    #[diagnostic(help(
        "make a folder in it for each database, with a `rehearsal.toml` that says `engine = \"sqlite\"`"
    ))]
    NoDatabases {
        /// The `migrations` folder.
        folder: PathBuf,
    },
    /// `migrations` is itself a folder of migrations, as most projects with sqlx have it.
    #[error("{} holds migrations, and no folder for each database", folder.display())]
    #[diagnostic(help(
        "rehearse them with `{}`; the other commands work on databases that have a folder each in `migrations`",
        command(&format!("ci --migrations {}", shell_word(&folder.display().to_string())))
    ))]
    NotByDatabase {
        /// The `migrations` folder.
        folder: PathBuf,
    },
    /// A folder under `migrations/` says nothing of itself.
    #[error("{} is missing", path.display())]
    #[diagnostic(help("write that file with the line `engine = \"sqlite\"`"))]
    NoConfiguration {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The configuration has its former name.
    #[error("{} is called `{CONFIGURATION}` now", former.display())]
    #[diagnostic(help("rename it to {}, and `longest_wait_ms` in it to `max_wait_ms`", path.display()))]
    Renamed {
        /// The file.
        former: PathBuf,
        /// What it is called now.
        path: PathBuf,
    },
    /// Two folders of one history have a configuration each.
    #[error("{} and {} both configure the history", one.display(), other.display())]
    #[diagnostic(help("put all of it into one of them, and remove the other"))]
    ConfiguredTwice {
        /// A file.
        one: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// A `rehearsal.toml` can't be understood.
    #[error("{path} can't be used: {why}")]
    #[diagnostic(help(
        "a complete file is the line `engine = \"sqlite\"`; `volatile = ['\"Table\".\"column\"']` and \
         `max_wait_ms = 2000` are optional"
    ))]
    Configuration {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where it is wrong.
        #[label]
        at: Option<SourceSpan>,
    },
    /// A fixture does not say which version it is at.
    #[error(
        "{} does not say which version its data is at{}",
        path.display(),
        found.as_ref().map(|found| format!(": `{found}` is no version")).unwrap_or_default()
    )]
    #[diagnostic(help(
        "put `-- at: VERSION` in its first line, with the version of the last migration that the data has seen"
    ))]
    FixtureWithoutVersion {
        /// The file.
        path: PathBuf,
        /// What stands behind `-- at:`, if that is there.
        found: Option<String>,
    },
    /// A fixture is of a kind that can't be loaded.
    #[error("{} is no fixture that this version can load", path.display())]
    #[diagnostic(help("fixtures are `.sql` files; move anything else out of the folder"))]
    UnknownFixture {
        /// The file.
        path: PathBuf,
    },
    /// A folder of fixtures belongs to no database.
    #[error("{} belongs to no database", folder.display())]
    #[diagnostic(help("rename it after a folder in `migrations`, or remove it"))]
    OrphanFixtures {
        /// The folder.
        folder: PathBuf,
    },
    /// The name is not that of a database.
    #[error("there is no database `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("there is: {}", known.join(", ")))]
    UnknownDatabase {
        /// The name as given.
        name: String,
        /// The closest one.
        nearest: Option<String>,
        /// All that there are.
        known: Vec<String>,
    },
    /// The flags that describe a database can't be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Given(#[from] GivenError),
    /// The file system refused.
    #[error("can't read {}: {source}", path.display())]
    #[diagnostic(help(
        "{}",
        if source.kind() == std::io::ErrorKind::InvalidData { "save it as UTF-8 text" } else { "check that it is there and that this user may read it" }
    ))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's own error.
        source: std::io::Error,
    },
}

/// What is wrong with the flags that describe a database.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum GivenError {
    /// There is no folder of that name.
    #[error("there is no folder {}", folder.display())]
    #[diagnostic(help("name the folder that holds the migrations, with `--migrations DIR`"))]
    NoFolder {
        /// The name as given.
        folder: PathBuf,
    },
    /// It is a file.
    #[error("{} is a file", file.display())]
    #[diagnostic(help("name the folder that it is in: `--migrations {}`", above(file)))]
    NotAFolder {
        /// The file.
        file: PathBuf,
    },
    /// The same folder twice.
    #[error("{} is named twice", folder.display())]
    #[diagnostic(help("name each folder once"))]
    FolderTwice {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no migration in a folder.
    #[error("{} holds no migration: no file in it is named `<version>_<name>.sql`", folder.display())]
    #[diagnostic(help("{}", elsewhere(below)))]
    NoMigrations {
        /// The folder.
        folder: PathBuf,
        /// Folders below it that hold some.
        below: Vec<PathBuf>,
    },
    /// A fixture that is not there.
    #[error("there is no file {}", path.display())]
    #[diagnostic(help(
        "name a file of SQL with `--fixture FILE@VERSION`, or a folder of files that are named after versions"
    ))]
    NoFixture {
        /// The name as given.
        path: PathBuf,
    },
    /// A fixture of which nobody says at which version it is.
    #[error("nothing says at which version the data in {} is{}", path.display(), of_no_version(found.as_ref()))]
    #[diagnostic(help(
        "write the version of the last migration that the data has seen behind it: `--fixture {}@VERSION`; or put `-- at: \
         VERSION` into its first line, or name the file `<version>_<name>.sql`",
        path.display()
    ))]
    FixtureWithoutVersion {
        /// The file.
        path: PathBuf,
        /// What stands where a version should.
        found: Option<String>,
    },
    /// A folder of fixtures without any.
    #[error("{} holds no file of SQL", folder.display())]
    #[diagnostic(help("name a folder of files that are named after versions, or a file: `--fixture FILE@VERSION`"))]
    NoFixtures {
        /// The folder.
        folder: PathBuf,
    },
    /// Two files of rows at one version.
    #[error("{} and {} are both named after version {version}", one.display(), other.display())]
    #[diagnostic(help("the rows that come behind one migration are one file: put them together, or rename one"))]
    RowsTwice {
        /// The version.
        version: i64,
        /// A file.
        one: PathBuf,
        /// Another one.
        other: PathBuf,
    },
    /// The `sqlx.toml` of the project asks for what this tool can't do, or can't be understood.
    #[error("{} asks for what can't be done here: {why}", path.display())]
    #[diagnostic(help("{help}"))]
    SqlxToml {
        /// The file.
        path: PathBuf,
        /// What it is.
        why: String,
        /// What to do.
        help: &'static str,
    },
}

fn above(file: &Path) -> String {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    shell_word(&folder.display().to_string()).into_owned()
}

fn elsewhere(below: &[PathBuf]) -> String {
    let flags: Vec<String> = below.iter().map(|folder| format!("`--migrations {}`", folder.display())).collect();
    if flags.is_empty() {
        "name the folder that holds them".to_owned()
    } else {
        format!("there are some in it: {}", flags.join(", "))
    }
}

fn of_no_version(found: Option<&String>) -> String {
    found.map(|found| format!(": `{found}` is no version")).unwrap_or_default()
}
