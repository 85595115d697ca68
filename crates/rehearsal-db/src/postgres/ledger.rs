//! The tables of the ledger in a PostgreSQL database.

/// Creates the tables of the ledger, including those that a ledger of an earlier version lacks.
pub(super) const LEDGER: &str = "
CREATE TABLE IF NOT EXISTS _rehearsal_runs (
    run bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    backfill text NOT NULL,
    work text NOT NULL,
    scope text NOT NULL,
    state text NOT NULL,
    counts text NOT NULL,
    version text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS _rehearsal_ranges (
    run bigint NOT NULL,
    number bigint NOT NULL,
    look bigint NOT NULL,
    after_key text,
    until_key text,
    cursor text,
    counts text NOT NULL,
    done boolean NOT NULL DEFAULT FALSE,
    owner bigint,
    leased_until timestamptz,
    PRIMARY KEY (run, number)
);
CREATE TABLE IF NOT EXISTS _rehearsal_findings (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL REFERENCES _rehearsal_runs,
    finding text NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_findings_run ON _rehearsal_findings (run);
CREATE TABLE IF NOT EXISTS _rehearsal_log (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    who text NOT NULL,
    version text NOT NULL,
    did text NOT NULL
);
CREATE INDEX IF NOT EXISTS _rehearsal_log_run ON _rehearsal_log (run);
CREATE TABLE IF NOT EXISTS _rehearsal_undo_notes (
    backfill text NOT NULL,
    unit text NOT NULL,
    run bigint NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (backfill, unit)
);";
