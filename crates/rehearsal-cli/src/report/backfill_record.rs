//! The record of a backfill as JSON. [`BackfillRecord`] writes findings to disk as they arrive, so that memory use does
//! not depend on their number. The file gets its name only when it is complete; the remains of a killed process are
//! removed a day later.
//!
//! Shape, version 2 (a later version may add keys but never changes the meaning of one):
//!
//! | key | value |
//! |---|---|
//! | `version` | 2 |
//! | `backfill`, `database` | names |
//! | `url` | the target, without secrets |
//! | `mode` | `dry-run`, `execute` or `undo` |
//! | `scope` | an object of columns and values; empty for all units |
//! | `started_at` | UTC, RFC 3339 |
//! | `findings` | an array of objects with `kind` (`conflict`, `unmapped`, `skipped`, `duplicate`, `present`, `rejected`, `reconciled`), `unit` (its id; empty for an old row that belongs to no unit) and `field`; optionally `values` (each with its `context` and `value`; a value nested more than 100 levels deep is a string of its text), `chosen` (one of the values) and `detail` (text); for the kind `reconciled`, which exists for each unit that consists of rows, `reconciliation`: the number of rows by outcome, as in `counts.reconciliation` |
//! | `state` | `finished`, `stopped` or `failed` |
//! | `error` | the error, or null |
//! | `resumed` | null, or `after` (the last key) and `units` (number of units) of the earlier processes of the run |
//! | `counts` | `units`, `writes`, `unchanged`, `batches`, `retries`, `findings` by kind, `tallies` by group and label, and `reconciliation` if the backfill reconciles old values: by key for the expected `fields` and for `others`, `unlisted` for other keys that are too many or too long to list, `keyless` for values without a key, and `total`; each is an object with `migrated`, `overridden`, `duplicate`, `preserved`, `skipped` and `present`, and with `total`, their sum. The counts are those of the whole run; if it failed, of its committed part |
//! | `left` | number of units pending at the end of a finished run: they were inserted concurrently, or the backfill does not process them |
//! | `already_done` | null, or the number of units in scope that were done before, if there was nothing to do |
//! | `seconds` | duration of this process |

use rehearsal::backfill::{Effect, Ending, Outcome, Scope};
use rehearsal::event::ResumePoint;
use rehearsal::ledger::{Counts, Finding};
use serde_json::json;
use std::fmt;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// The version of the shape.
pub const RECORD_VERSION: u32 = 2;

/// The prefix of the names of incomplete records.
const UNFINISHED: &str = ".backfill-record-";
/// An incomplete record that is older than this belongs to a killed process.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// A record that is being written.
#[derive(Debug)]
pub struct BackfillRecord {
    file: BufWriter<NamedTempFile>,
    path: RecordPath,
    findings: u64,
    failed: Option<std::io::Error>,
    start: Instant,
    resumed: Option<ResumePoint>,
    counts: Counts,
}

/// The location of a record.
#[derive(Debug, Clone)]
pub enum RecordPath {
    /// This file, which is replaced if it exists.
    Exactly(PathBuf),
    /// `<name>.json` in this folder, with a number appended to the name if that file exists.
    Named {
        /// The folder, which exists.
        folder: PathBuf,
        /// The name of the file, without its ending.
        name: String,
    },
}

impl BackfillRecord {
    /// Starts a record. `started_at` is RFC 3339 in UTC.
    ///
    /// # Errors
    /// Fails if the folder does not exist or the file cannot be written.
    pub fn start(
        path: RecordPath,
        (backfill, database, url): (&str, &str, &str),
        effect: Effect,
        scope: &Scope,
        started_at: &str,
    ) -> std::io::Result<Self> {
        if let RecordPath::Exactly(path) = &path
            && path.is_dir()
        {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let folder = path.folder().to_owned();
        if !folder.is_dir() {
            let why = format!("there is no folder `{}`", folder.display());
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, why));
        }
        sweep(&folder);
        let begin = || -> std::io::Result<_> {
            let mut file = BufWriter::new(tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&folder)?);
            let mode = match effect {
                Effect::Predict => "dry-run",
                Effect::Execute | Effect::Again => "execute",
                Effect::Undo => "undo",
                Effect::PredictUndo => "undo-dry-run",
            };
            let scope: serde_json::Map<_, _> = scope.0.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
            writeln!(file, "{{\n  \"version\": {RECORD_VERSION},")?;
            for (key, value) in [
                ("backfill", backfill),
                ("database", database),
                ("url", url),
                ("mode", mode),
                ("started_at", started_at),
            ] {
                writeln!(file, "  \"{key}\": {},", json!(value))?;
            }
            write!(file, "  \"scope\": {},\n  \"findings\": [", json!(scope))?;
            Ok(file)
        };
        let file = begin()?;
        Ok(Self {
            file,
            path,
            findings: 0,
            failed: None,
            start: Instant::now(),
            resumed: None,
            counts: Counts::default(),
        })
    }

    /// Adds a finding. [`Self::finish`] reports a failure.
    pub fn add(&mut self, finding: &Finding) {
        let comma = if self.findings == 0 { "" } else { "," };
        self.findings += 1;
        // Serialised directly, because a `serde_json::Value` would lose digits of large numbers.
        let written = write!(self.file, "{comma}\n    ");
        let written = written.and_then(|()| Ok(serde_json::to_writer(&mut self.file, finding)?));
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// Records where an earlier process of the run stopped.
    pub fn resumed(&mut self, resumed: Option<ResumePoint>) {
        self.resumed = resumed;
    }

    /// Records the counts of the run so far, which the record contains if the run fails.
    pub fn counted(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Completes the record and returns its path.
    ///
    /// # Errors
    /// Fails if the file cannot be written, now or when a finding was added.
    pub fn finish(mut self, outcome: Result<&Outcome, &str>) -> std::io::Result<PathBuf> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let closing = if self.findings == 0 { "]" } else { "\n  ]" };
        let (state, error, already_done) = match outcome {
            Ok(outcome) if outcome.ending == Ending::Stopped => ("stopped", None, None),
            Ok(outcome) => ("finished", None, outcome.already_done),
            Err(error) => ("failed", Some(error), None),
        };
        let left = outcome.ok().map_or(0, |outcome| outcome.left);
        let rest = json!({
            "state": state,
            "error": error,
            "resumed": self.resumed.as_ref().map(|resumed| json!({ "after": resumed.after, "units": resumed.units })),
            "counts": outcome.map_or(&self.counts, |outcome| &outcome.counts),
            "left": left,
            "already_done": already_done,
            "seconds": self.start.elapsed().as_secs_f64(),
        });
        let rest = serde_json::to_string_pretty(&rest).unwrap_or_default();
        let rest = rest.trim_start_matches(['{', '\n']);
        let path = self.path;
        let written = write!(self.file, "{closing},\n{rest}\n");
        let written = written.and_then(|()| self.file.into_inner().map_err(std::io::IntoInnerError::into_error));
        written.and_then(|file| path.persist(file))
    }
}

impl fmt::Display for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(path) => write!(f, "{}", path.display()),
            Self::Named { folder, name } => write!(f, "{}.json", folder.join(name).display()),
        }
    }
}

impl RecordPath {
    fn folder(&self) -> &Path {
        match self {
            Self::Exactly(path) => {
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
            }
            Self::Named { folder, .. } => folder,
        }
    }

    fn persist(&self, file: NamedTempFile) -> std::io::Result<PathBuf> {
        readable(file.as_file())?;
        match self {
            Self::Exactly(path) => {
                file.persist(path).map_err(|error| error.error)?;
                Ok(path.clone())
            }
            Self::Named { folder, name } => {
                let names = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
                let mut file = file;
                for suffix in names {
                    let path = folder.join(format!("{name}{suffix}.json"));
                    match file.persist_noclobber(&path) {
                        Ok(_) => return Ok(path),
                        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => file = error.file,
                        Err(error) => return Err(error.error),
                    }
                }
                Err(std::io::ErrorKind::AlreadyExists.into())
            }
        }
    }
}

/// Removes the incomplete records of killed processes; ignores failures.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_unfinished && age().is_some_and(|age| age > ABANDONED) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Makes a record readable for all users: temporary files are private by default.
fn readable(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
