//! PostgreSQL: databases on a server, reached by a URL.

mod bodies;
mod cluster_objects;
mod connect;
mod constraints_off;
mod crash;
mod defaults;
mod dialect;
mod digest;
mod driver;
mod enum_labels;
mod explain;
mod insertable;
mod literal;
mod lock;
mod missing;
mod order;
mod outside_transaction;
mod privileges;
mod references;
mod refusal;
mod schema;
mod session;
mod session_state;
mod store;
mod types;

/// What is special about this engine.
pub(super) static DIALECT: dialect::PostgresDialect = dialect::PostgresDialect;

pub(super) use constraints_off::{begin_without_constraints, columns, restore_constraints};
pub(super) use crash::{end_sessions, make_safe};
pub(super) use defaults::volatile_defaults;
pub(super) use digest::digests;
pub(super) use enum_labels::adopt_labels;
pub(super) use insertable::insertable_tables;
pub(super) use lock::AdvisoryLock;
pub(super) use order::{go_elsewhere, reorder_rows};
pub(super) use privileges::{missing_creation_privilege, missing_privileges, missing_schema_usage};
pub(super) use references::references;
pub(super) use schema::{foreign_tables, schema, sequences, tables};
pub(super) use session::Session;
pub use store::{Claim, check_host, claim};
pub(super) use store::{copy, exists, remove, rename, touch, version};

/// The tables of the ledger. One of an earlier version of this tool gets what it lacks.
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
CREATE INDEX IF NOT EXISTS _rehearsal_log_run ON _rehearsal_log (run);";
