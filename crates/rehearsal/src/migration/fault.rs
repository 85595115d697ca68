//! The faults of a history that are detectable before any statement runs. sqlx detects few of them, and only later.
//! [`Fault`] has one variant for each; `history.rs` and `status.rs` find them.

use crate::layout::Tool;
use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_db::Engine;
use rehearsal_db::command::command;
use std::path::{Path, PathBuf};

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

fn renamed_to(file: Option<&PathBuf>) -> String {
    file.map_or_else(|| "deleted".to_owned(), |file| format!("renamed to {}", file.display()))
}

/// A fault of a history.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Fault {
    /// Several files with the same version.
    #[error("several files have version {version}: {}", list(files))]
    #[diagnostic(code("history/duplicate-version"), help("give the newer migration another version: rename its files"))]
    DuplicateVersion {
        /// The version.
        version: i64,
        /// The files that have it.
        files: Vec<PathBuf>,
    },
    /// A down file without an up file.
    #[error("{} has no up file", file.display())]
    #[diagnostic(code("history/missing-up"), help("write `{}`, or remove the down file", up.display()))]
    DownWithoutUp {
        /// The down file.
        file: PathBuf,
        /// The missing file.
        up: PathBuf,
    },
    /// A file that sqlx silently ignores.
    #[error("sqlx ignores {}: {why}", file.display())]
    #[diagnostic(
        code("history/ignored-file"),
        help("rename the file to `<version>_<name>.up.sql` (or `.down.sql`), or move it out of the folder")
    )]
    Ignored {
        /// The file.
        file: PathBuf,
        /// The rule that it violates.
        why: &'static str,
    },
    /// A file whose `.up` or `.down` is not in lower case, so that sqlx does not recognise it.
    #[error(
        "sqlx treats {} as a migration without a down file: it recognises `.up` and `.down` only in lower case",
        file.display()
    )]
    #[diagnostic(code("history/upper-case-ending"), help("rename the file so that its ending is in lower case"))]
    Ending {
        /// The file.
        file: PathBuf,
    },
    /// A file whose name does not begin with a version, so that sqlx refuses the folder.
    #[error("the name of {} does not begin with a version that sqlx can read", file.display())]
    #[diagnostic(
        code("history/bad-version"),
        help(
            "rename the file to `<version>_<name>.up.sql`, with a positive version, best a UTC time as YYYYMMDDHHMMSS"
        )
    )]
    BadVersion {
        /// The file.
        file: PathBuf,
    },
    /// A file that cannot be read as text.
    #[error("cannot read {}: {why}", file.display())]
    #[diagnostic(code("history/unreadable-file"), help("save the file as UTF-8 text that this user may read"))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's error.
        why: String,
    },
    /// A directive without effect.
    #[error("the directive `{directive}` in {file} has no effect: {why}")]
    #[diagnostic(code("history/bad-directive"), help("{help}"))]
    Directive {
        /// The directive as written.
        directive: String,
        /// The file.
        file: String,
        /// Why it has no effect.
        why: &'static str,
        /// The instruction for the user.
        help: String,
        /// The text of the file.
        #[source_code]
        text: NamedSource<String>,
        /// Where the directive is.
        #[label]
        at: SourceSpan,
    },
    /// A file that begins or ends a transaction although sqlx runs it inside one.
    #[error("{file} begins or ends a transaction, but sqlx already runs it inside one")]
    #[diagnostic(
        code("history/own-transaction"),
        help(
            "remove the statement; if the file manages its own transactions, make `-- no-transaction` the first line"
        )
    )]
    OwnTransaction {
        /// The file.
        file: String,
        /// The text of the file.
        #[source_code]
        text: NamedSource<String>,
        /// The statement.
        #[label]
        at: SourceSpan,
    },
    /// A byte order mark that the engine reads as part of the first word.
    #[error("{} begins with a byte order mark, which {engine} reads as part of the first word", file.display())]
    #[diagnostic(
        code("history/byte-order-mark"),
        help("save the file as UTF-8 without a byte order mark: sqlx sends its bytes unchanged")
    )]
    ByteOrderMark {
        /// The file.
        file: PathBuf,
        /// The engine.
        engine: Engine,
    },
    /// A file that another tool could not read as a migration.
    #[error("{} is not a migration of {tool}: {why}", file.display())]
    #[diagnostic(
        code("history/unreadable-file"),
        help("correct the file, move it out of the folder, or choose another tool with `--layout`")
    )]
    OfTool {
        /// The file.
        file: PathBuf,
        /// The tool.
        tool: Tool,
        /// The reason.
        why: String,
    },
    /// An applied migration whose file is missing.
    #[error("migration {version} is applied to this database, but its file is missing from {}", folder.display())]
    #[diagnostic(code("history/missing-file"), help(
        "restore the file (find it with `git log --all -- '{}/{version}_*'`), or use the database of this checkout",
        folder.display()
    ))]
    Missing {
        /// The version.
        version: i64,
        /// The folder of the migrations.
        folder: PathBuf,
    },
    /// An applied migration whose file has changed since.
    #[error("{} was edited after it was applied to this database", file.display())]
    #[diagnostic(code("history/edited"), help(
        "restore the file (`git checkout -- {}`) and put the change into a new migration; on a development database, \
         you can instead restore the file, run `{}`, then edit it",
        file.display(),
        command("migrate --revert")
    ))]
    Edited {
        /// The file.
        file: PathBuf,
    },
    /// A migration that is not applied although a newer one is.
    #[error("{} is not applied to this database, but the newer version {newest} is", file.display())]
    #[diagnostic(
        code("history/out-of-order"),
        help("rename its files to a version above {newest}: every database must apply migrations in the same order")
    )]
    OutOfOrder {
        /// The file.
        file: PathBuf,
        /// The newest applied version.
        newest: i64,
    },
    /// A migration whose file differs from that of the base revision.
    #[error("{} was edited after it was merged into {base}", file.display())]
    #[diagnostic(code("history/edited"), help(
        "restore the file (`git checkout {base} -- {}`) and put the change into a new migration: sqlx refuses databases \
         that have applied the former file",
        file.display()
    ))]
    EditedSince {
        /// The file.
        file: PathBuf,
        /// The base revision.
        base: String,
    },
    /// A migration of the base revision whose file has another name, or is gone.
    #[error("{} was {} after it was merged into {base}", from.display(), renamed_to(file.as_ref()))]
    #[diagnostic(code("history/edited"), help(
        "restore the file (`git checkout {base} -- {}`): databases that have applied it expect it",
        from.display()
    ))]
    RenamedSince {
        /// The former file.
        from: PathBuf,
        /// The file now. `None` if it was deleted.
        file: Option<PathBuf>,
        /// The base revision.
        base: String,
    },
    /// A new migration whose version is below that of a migration of the base revision.
    #[error("{} is new, but the newer version {newest} is already merged into {base}", file.display())]
    #[diagnostic(
        code("history/out-of-order"),
        help(
            "rename its files to a version above {newest}: databases that have applied {newest} would apply it later than \
             new ones"
        )
    )]
    BeforeMerged {
        /// The file.
        file: PathBuf,
        /// The newest version of the base revision.
        newest: i64,
        /// The base revision.
        base: String,
    },
    /// A migration that is recorded as started but not finished.
    #[error("migration {version} is recorded as failed midway")]
    #[diagnostic(
        code("history/failed-midway"),
        help(
            "inspect the database and finish or undo the migration by hand; then, in {table}, set its `success` \
             to true (finished) or delete its row (undone)"
        )
    )]
    Dirty {
        /// The version.
        version: i64,
        /// The table in which sqlx records it.
        table: String,
    },
}

impl Fault {
    /// Returns the file at fault. `None` if the fault concerns a version that has no file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::DuplicateVersion { files, .. } => files.last().map(PathBuf::as_path),
            Self::DownWithoutUp { file, .. }
            | Self::Ignored { file, .. }
            | Self::Ending { file }
            | Self::OfTool { file, .. }
            | Self::BadVersion { file }
            | Self::Unreadable { file, .. }
            | Self::ByteOrderMark { file, .. }
            | Self::Edited { file }
            | Self::OutOfOrder { file, .. }
            | Self::EditedSince { file, .. }
            | Self::BeforeMerged { file, .. } => Some(file),
            Self::RenamedSince { from, file, .. } => Some(file.as_ref().unwrap_or(from)),
            Self::Directive { file, .. } | Self::OwnTransaction { file, .. } => Some(Path::new(file)),
            Self::Missing { .. } | Self::Dirty { .. } => None,
        }
    }

    /// Returns true if sqlx runs the history nevertheless, because it ignores the file or the comment at fault.
    pub(super) fn is_ignored_by_sqlx(&self) -> bool {
        matches!(self, Self::Ignored { .. } | Self::DownWithoutUp { .. } | Self::Directive { .. })
    }
}
