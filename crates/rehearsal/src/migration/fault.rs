//! What can be wrong with a history before a single statement has run. sqlx notices few of these, and late.

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::Engine;
use rehearsal_db::command::command;
use std::path::{Path, PathBuf};

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

/// A fault of a history.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// Two migrations of one version.
    #[error("version {version} is there twice: {}", list(files))]
    #[diagnostic(code("history/duplicate-version"), help("give the newer one a version of its own: rename its files"))]
    DuplicateVersion {
        /// The version.
        version: i64,
        /// The files that claim it.
        files: Vec<PathBuf>,
    },
    /// A down file whose up file is not there.
    #[error("{} has no up file", file.display())]
    #[diagnostic(code("history/missing-up"), help("write `{}`, or remove the down file", up.display()))]
    DownWithoutUp {
        /// The down file.
        file: PathBuf,
        /// The file that is missing.
        up: PathBuf,
    },
    /// A file that sqlx passes over in silence.
    #[error("{} will be ignored: {why}", file.display())]
    #[diagnostic(
        code("history/ignored-file"),
        help("name it `<version>_<name>.up.sql` (and `.down.sql`), or move it out of the folder")
    )]
    Ignored {
        /// The file.
        file: PathBuf,
        /// Which rule it misses.
        why: &'static str,
    },
    /// A file whose `.up` or `.down` sqlx does not see.
    #[error("{} will be taken for a migration without a way back: `.up` and `.down` count only in lower case", file.display())]
    #[diagnostic(code("history/upper-case-ending"), help("rename it, its ending in lower case"))]
    Ending {
        /// The file.
        file: PathBuf,
    },
    /// A file whose name does not begin with a version: sqlx stops at it.
    #[error("{} does not begin with a version that sqlx can read", file.display())]
    #[diagnostic(
        code("history/bad-version"),
        help(
            "name it `<version>_<name>.up.sql`, the version a whole number above zero, best a UTC time as YYYYMMDDHHMMSS"
        )
    )]
    BadVersion {
        /// The file.
        file: PathBuf,
    },
    /// A file that can't be read as text.
    #[error("can't read {}: {why}", file.display())]
    #[diagnostic(code("history/unreadable-file"), help("migrations are UTF-8 text that this user may read"))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A directive that nobody will heed.
    #[error("the directive `{directive}` in {file} does not count: {why}")]
    #[diagnostic(code("history/bad-directive"), help("{help}"))]
    Directive {
        /// The directive as written.
        directive: String,
        /// The file.
        file: String,
        /// Why it does not count.
        why: &'static str,
        /// What to do.
        help: String,
        /// The file's text.
        #[source_code]
        text: NamedSource<String>,
        /// Where the directive is.
        #[label]
        at: SourceSpan,
    },
    /// A file that begins or ends a transaction inside the one in which sqlx runs it.
    #[error("{file} begins or ends a transaction, and sqlx runs it inside one")]
    #[diagnostic(
        code("history/own-transaction"),
        help(
            "remove the statement; or make `-- no-transaction` the first line, if the file has to see to that itself"
        )
    )]
    OwnTransaction {
        /// The file.
        file: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// The statement.
        #[label]
        at: SourceSpan,
    },
    /// A byte order mark that the engine takes for a part of the first word.
    #[error("{} begins with a byte order mark, which {engine} takes for a part of its first word", file.display())]
    #[diagnostic(code("history/byte-order-mark"), help("save it as UTF-8 without one: sqlx sends the file as it is"))]
    ByteOrderMark {
        /// The file.
        file: PathBuf,
        /// The engine.
        engine: Engine,
    },
    /// Applied here, but not among the files.
    #[error("migration {version} was applied to this database, and its file is missing from {}", folder.display())]
    #[diagnostic(code("history/missing-file"), help(
        "bring the file back (`git log --all -- '{}/{version}_*'` finds it), or use the database that belongs to this checkout",
        folder.display()
    ))]
    Missing {
        /// The version.
        version: i64,
        /// The folder with the migrations.
        folder: PathBuf,
    },
    /// Applied here, and changed since.
    #[error("{} was edited after it had been applied to this database", file.display())]
    #[diagnostic(code("history/edited"), help(
        "restore the file (`git checkout -- {}`) and put the change into a new migration; on a database of your own you may \
         instead restore it, `{}`, and edit it then",
        file.display(),
        command("migrate --revert")
    ))]
    Edited {
        /// The file.
        file: PathBuf,
    },
    /// Not applied here, though a newer one is.
    #[error("{} was never applied to this database, though the newer {newest} was", file.display())]
    #[diagnostic(
        code("history/out-of-order"),
        help("give it a version above {newest}: rename its files, so that every database runs it in the same order")
    )]
    OutOfOrder {
        /// The file.
        file: PathBuf,
        /// The newest applied version.
        newest: i64,
    },
    /// Recorded as begun and not ended.
    #[error("migration {version} is recorded as failed midway")]
    #[diagnostic(
        code("history/failed-midway"),
        help(
            "look at what it left behind, finish or undo that by hand, then delete its row from _sqlx_migrations (undone) or set \
         its success to true (finished)"
        )
    )]
    Dirty {
        /// The version.
        version: i64,
    },
}

impl Fault {
    /// The file at fault, where the fault is a file's.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::DuplicateVersion { files, .. } => files.last().map(PathBuf::as_path),
            Self::DownWithoutUp { file, .. }
            | Self::Ignored { file, .. }
            | Self::Ending { file }
            | Self::BadVersion { file }
            | Self::Unreadable { file, .. }
            | Self::ByteOrderMark { file, .. }
            | Self::Edited { file }
            | Self::OutOfOrder { file, .. } => Some(file),
            Self::Directive { file, .. } | Self::OwnTransaction { file, .. } => Some(Path::new(file)),
            Self::Missing { .. } | Self::Dirty { .. } => None,
        }
    }

    /// True for what sqlx runs all the same: it passes the file over, or a comment in it.
    pub(super) fn is_none_of_sqlx(&self) -> bool {
        matches!(self, Self::Ignored { .. } | Self::DownWithoutUp { .. } | Self::Directive { .. })
    }
}
