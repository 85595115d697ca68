//! The JSON report of a backfill. Its findings are written to disk as they come, so that memory does not grow with them;
//! the file gets its name only when it is whole. What a process that was killed left of one is removed a day later.
//!
//! Shape, version 2 (a later version may add keys; it never changes the meaning of one):
//!
//! | key | is |
//! |---|---|
//! | `version` | 2 |
//! | `backfill`, `database` | names |
//! | `url` | the target, without secrets |
//! | `mode` | `dry-run`, `execute` or `undo` |
//! | `scope` | an object of columns and values; empty for all units |
//! | `started_at` | UTC, RFC 3339 |
//! | `findings` | an array of `kind` (`conflict`, `unmapped`, `skipped`, `duplicate`, `present`, `rejected`, `reconciled`), `unit` (its id; empty for an old row that belongs to none), `field`; where there is something to say, `values` (each with its `context` and the `value` itself; one that is nested more than 100 levels deep as a string of its text), `chosen` (one of them), `detail` (words); of the kind `reconciled`, for each unit that consists of rows, `reconciliation`: how many rows of each kind there were, as in `counts.reconciliation` |
//! | `state` | `finished`, `stopped` or `failed` |
//! | `error` | what failed, or null |
//! | `resumed` | null, or `after` (a key) and `units` (done by earlier processes of the run) |
//! | `counts` | `units`, `writes`, `unchanged`, `batches`, `retries`, `findings` by kind, `tallies` by group and label, `reconciliation` where the backfill reconciles old values: by key, for the `fields` that were foreseen and for `others`; `unlisted` for those others that are too many or too long to list, `keyless` for values without a key, and `total` for all; each an object of `total`, `migrated`, `overridden`, `duplicate`, `preserved`, `skipped` and `present`, whose `total` is the sum of the others: of the whole run; where it failed, of what is committed |
//! | `left` | how many units were to be done in the end of a finished run: they came meanwhile, or the backfill does not do them |
//! | `already_done` | null, or how many units in scope were done, where there was nothing to do |
//! | `seconds` | of this process |

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
pub const REPORT_VERSION: u32 = 2;

/// How the names of reports begin that are being written.
const UNFINISHED: &str = ".backfill-report-";
/// Whatever is older than this is of a process that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// A report that is being written.
#[derive(Debug)]
pub struct BackfillReport {
    file: BufWriter<NamedTempFile>,
    path: ReportPath,
    findings: u64,
    failed: Option<std::io::Error>,
    start: Instant,
    resumed: Option<ResumePoint>,
    counts: Counts,
}

/// Where a report goes.
#[derive(Debug, Clone)]
pub enum ReportPath {
    /// Exactly there, replacing what is there.
    Exactly(PathBuf),
    /// `backfill-report-<timestamp>.json` where we are, with a number where that is taken.
    Stamped(String),
}

impl BackfillReport {
    /// Begins a report. `started_at` is RFC 3339 in UTC.
    ///
    /// # Errors
    /// What the system said.
    pub fn start(
        path: ReportPath,
        (backfill, database, url): (&str, &str, &str),
        effect: Effect,
        scope: &Scope,
        started_at: &str,
    ) -> std::io::Result<Self> {
        if let ReportPath::Exactly(path) = &path
            && path.is_dir()
        {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        let folder = path.folder().to_owned();
        if !folder.is_dir() {
            let why = format!("there is no folder {}", folder.display());
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, why));
        }
        sweep(&folder);
        let begin = || -> std::io::Result<_> {
            let mut file = BufWriter::new(tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&folder)?);
            let mode = match effect {
                Effect::Predict => "dry-run",
                Effect::Execute | Effect::Again => "execute",
                Effect::Undo => "undo",
            };
            let scope: serde_json::Map<_, _> = scope.0.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
            writeln!(file, "{{\n  \"version\": {REPORT_VERSION},")?;
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

    /// Adds a finding. A failure is kept until [`Self::finish`].
    pub fn add(&mut self, finding: &Finding) {
        let comma = if self.findings == 0 { "" } else { "," };
        self.findings += 1;
        // As it was written: a number of any size is a value, too.
        let written = write!(self.file, "{comma}\n    ");
        let written = written.and_then(|()| Ok(serde_json::to_writer(&mut self.file, finding)?));
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    /// Notes where an earlier process of the run had stopped.
    pub fn resumed(&mut self, resumed: Option<ResumePoint>) {
        self.resumed = resumed;
    }

    /// Notes the counts of the run so far: those of what is committed, should it fail.
    pub fn counted(&mut self, counts: Counts) {
        self.counts = counts;
    }

    /// Ends the report and gives it its name, which is returned.
    ///
    /// # Errors
    /// What the system said, now or when a finding was added.
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

impl fmt::Display for ReportPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(path) => write!(f, "{}", path.display()),
            Self::Stamped(stamp) => write!(f, "backfill-report-{stamp}.json"),
        }
    }
}

impl ReportPath {
    fn folder(&self) -> &Path {
        match self {
            Self::Exactly(path) => {
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
            }
            Self::Stamped(_) => Path::new("."),
        }
    }

    fn persist(&self, file: NamedTempFile) -> std::io::Result<PathBuf> {
        readable(file.as_file())?;
        match self {
            Self::Exactly(path) => {
                file.persist(path).map_err(|error| error.error)?;
                Ok(path.clone())
            }
            Self::Stamped(stamp) => {
                let names = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
                let mut file = file;
                for suffix in names {
                    let path = PathBuf::from(format!("backfill-report-{stamp}{suffix}.json"));
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

/// Removes what killed processes left; what can't be removed is no reason to fail.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_unfinished && age().is_some_and(|age| age > ABANDONED) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Temporary files are private; a report is for the team.
fn readable(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
