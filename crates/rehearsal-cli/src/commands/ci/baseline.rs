//! The baseline of `ci`: compares the migrations with those of the base revision, and accepts today's findings.

use crate::context::Context;
use crate::error::Error;
use crate::git::Revision;
use rehearsal::Exit;
use rehearsal::baseline::{Baseline, Changes, accepts, entries};
use rehearsal::registry::Loaded;
use rehearsal::report::{DatabaseReport, Finding};
use rehearsal::workspace::{Allow, CONFIGURATION, Database};

/// The reason in the entries that `--write-baseline` adds.
const BASELINE: &str = "baseline";

/// Compares the migrations of a database with those of the base revision.
pub(super) fn compare(loaded: &Loaded<'_>, revision: &Revision) -> Result<Baseline, Error> {
    let mut files = Vec::new();
    for folder in loaded.database.folders() {
        files.extend(revision.files(folder)?);
    }
    let changes = Changes::of(&loaded.history, loaded.database, &files, &revision.name);
    Ok(Baseline::new(changes, [loaded.database.allow.clone(), loaded.history.allows()].concat()))
}

/// Adds the findings of a report to the `rehearsal.toml` of their database, and says how many entries. Returns the exit
/// code of what no entry accepts. A database that was not rehearsed gets no entry.
pub(super) fn accept(context: &Context<'_>, database: &Database, report: &DatabaseReport) -> Result<Exit, Error> {
    if report.proofs.is_empty() {
        return Ok(report.exit);
    }
    let entries = entries(report, BASELINE);
    let file = database.folders().map(|folder| folder.join(CONFIGURATION)).find(|path| path.is_file());
    let path = file.unwrap_or_else(|| database.folder.join(CONFIGURATION));
    let failed = |source| Error::WriteBaseline { path: path.clone(), source };
    if !entries.is_empty() {
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
        let text = format!("{before}{end}{}", Allow::to_toml(&entries));
        std::fs::write(&path, text.trim_start_matches('\n')).map_err(failed)?;
    }
    let added = match entries.len() {
        0 => format!("no new entry [[allow]] for {}", path.display()),
        1 => format!("1 entry [[allow]] added to {}", path.display()),
        n => format!("{n} entries [[allow]] added to {}", path.display()),
    };
    context.terminal.note(&format!("{}: {added}", database.name));
    let is_left = |finding: &&Finding| !entries.iter().any(|allow| accepts(allow, finding));
    let left: Vec<Finding> = report.findings.iter().filter(is_left).cloned().collect();
    Ok(DatabaseReport::exit_of(&left, report.incomplete.as_deref()))
}
