//! The tables of the ledger in a SQLite file. [`LEDGER`] creates missing tables and never changes existing ones.

/// Creates the tables of the ledger that are missing: all of them, or those that a ledger of an earlier version lacks.
/// `_rehearsal_undo_notes` is the last one, so that its existence shows that the ledger is complete.
///
/// The columns are described here, because SQLite would store comments of the SQL in `sqlite_schema`. All times are
/// UTC. Scopes, counts, keys, findings and notes are JSON.
///
/// `_rehearsal_runs` has one row per run of a backfill:
/// - `work`: `execute` or `undo`.
/// - `scope`: the columns and values that limit the units; `{}` for all units.
/// - `state`: `running`, `paused`, `finished`, …
/// - `counts`: the sum over the ranges, stored when the run ends or is interrupted.
/// - `version`: the version of the code that started the run: a commit, or the number of a release.
/// - `updated_at`: the time of the last change of `state`.
///
/// `_rehearsal_ranges` has the ranges of units into which a run is cut. Each is leased to one worker at a time:
/// - `number`: from 1 within the run.
/// - `look`: 0 for a range of a new run; n for a range that the nth search for concurrently inserted units added.
/// - `after_key`: the key before the first unit, exclusive; NULL if the range begins at the first unit of all.
/// - `until_key`: the key of the last unit, inclusive; NULL if there was no unit to process.
/// - `cursor`: the last key whose batch is committed; NULL before the first batch.
/// - `counts`: the counts of the units up to `cursor`.
/// - `owner`: the number of the worker that leased the range last; NULL before the first lease and once it is done.
/// - `leased_until`: the end of that lease; NULL whenever `owner` is.
///
/// `_rehearsal_findings` has the findings of a run until they are reported. `number` is their order.
///
/// `_rehearsal_log` has one row per change of the state of a run, in the order of `number`:
/// - `at`: the time of the change.
/// - `who`: the user (`momo@laptop`), or the migration whose revert superseded the run.
/// - `version`: the version of the code that made the change.
/// - `did`: `began`, `paused`, `resumed`, …
///
/// `_rehearsal_undo_notes` has the data that undo needs about a unit and that the database does not contain otherwise:
/// - `unit`: the id of the unit.
/// - `run`: the run that changed the unit last. The note outlives it.
pub(super) const LEDGER: &str = "
CREATE TABLE IF NOT EXISTS _rehearsal_runs (
    run INTEGER PRIMARY KEY NOT NULL,
    backfill TEXT NOT NULL,
    work TEXT NOT NULL,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    counts TEXT NOT NULL,
    version TEXT NOT NULL,
    started_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS _rehearsal_ranges (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    look INTEGER NOT NULL,
    after_key TEXT,
    until_key TEXT,
    cursor TEXT,
    counts TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT FALSE,
    owner INTEGER,
    leased_until TEXT,
    PRIMARY KEY (run, number)
);
CREATE TABLE IF NOT EXISTS _rehearsal_findings (
    number INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL REFERENCES _rehearsal_runs,
    finding TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_findings_run ON _rehearsal_findings (run);
CREATE TABLE IF NOT EXISTS _rehearsal_log (
    number INTEGER PRIMARY KEY NOT NULL,
    run INTEGER NOT NULL,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    who TEXT NOT NULL,
    version TEXT NOT NULL,
    did TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_log_run ON _rehearsal_log (run);
CREATE TABLE IF NOT EXISTS _rehearsal_undo_notes (
    backfill TEXT NOT NULL,
    unit TEXT NOT NULL,
    run INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (backfill, unit)
);";
