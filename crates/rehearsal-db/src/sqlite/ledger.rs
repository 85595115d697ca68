//! The tables of the ledger in a SQLite file.

/// Creates the tables of the ledger, including those that a ledger of an earlier version lacks.
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
