//! PostgreSQL: databases on a server, reached by a URL.

mod alone;
mod blank;
mod connect;
mod crash;
mod defaults;
mod digest;
mod driver;
mod explain;
mod free;
mod lock;
mod order;
mod references;
mod rights;
mod schema;
mod session;
mod sorts;
mod spelling;
mod store;

pub(super) use alone::runs_alone;
pub(super) use blank::blanks;
pub(super) use crash::{end_sessions, make_safe};
pub(super) use defaults::volatile_defaults;
pub(super) use digest::digests;
pub(super) use free::{begin_free, columns, end_free};
pub(super) use lock::AdvisoryLock;
pub(super) use order::{go_elsewhere, reorder_rows};
pub(super) use references::references;
pub(super) use rights::{creation as lack_of_creation, hidden as lack_of_sight, lacking};
pub(super) use schema::{foreign_tables, schema, sequences, tables};
pub(super) use session::Session;
pub(super) use spelling::spell_as;
pub use store::{Claim, check_host, claim};
pub(super) use store::{copy, exists, remove, rename, touch, version};

/// The tables of the ledger. One of an earlier version of this tool gets what it lacks.
pub(super) const LEDGER: &str = "
CREATE TABLE IF NOT EXISTS _xtask_runs (
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
CREATE TABLE IF NOT EXISTS _xtask_ranges (
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
CREATE TABLE IF NOT EXISTS _xtask_findings (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL REFERENCES _xtask_runs,
    finding text NOT NULL
);
CREATE INDEX IF NOT EXISTS _xtask_findings_run ON _xtask_findings (run);
CREATE TABLE IF NOT EXISTS _xtask_log (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    who text NOT NULL,
    version text NOT NULL,
    did text NOT NULL
);
CREATE INDEX IF NOT EXISTS _xtask_log_run ON _xtask_log (run);";
