//! A finding: one problem with its location, cause and fix. Every problem that a rehearsal reports is a
//! [`Finding`]; proofs build one with [`Finding::new`], or from an error with [`Finding::of_error`].

use super::code::{Code, Severity};
use super::place::{Place, place_of};
use crate::Exit;
use crate::check::{CheckResult, Verdict};
use crate::workspace::Database;
use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{Address, Rows, Value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::path::Path;

/// Whether a finding makes the rehearsal fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The change causes the finding: it counts.
    New,
    /// The finding existed before the change.
    Existing,
    /// A user has allowed the finding, with a reason.
    Allowed,
}

/// An example row: each column with its value, in the order of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingRow(pub Vec<(String, serde_json::Value)>);

impl Serialize for FindingRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, value) in &self.0 {
            map.serialize_entry(column, value)?;
        }
        map.end()
    }
}

/// The command that reproduces a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reproduce {
    /// The rehearsal of the database.
    Rehearsal,
    /// The verification of this backfill.
    Backfill(&'static str),
    /// The checks on the kept copy of the database.
    Checks,
}

/// A problem that a rehearsal reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The kind of problem.
    pub code: &'static Code,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it makes the rehearsal fail.
    pub status: Status,
    /// The proof that found it; `None` if it was found before any proof.
    pub proof: Option<&'static str>,
    /// The fixture of the proof; `None` for an empty database.
    pub fixture: Option<Box<str>>,
    /// The version of the migration at fault; `None` if no single migration is at fault.
    pub migration: Option<i64>,
    /// The file at fault, relative to the root of the project.
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<u32>,
    /// The column in the line, in characters from 1.
    pub column: Option<u32>,
    /// The problem, in one sentence.
    pub message: String,
    /// Each difference or cause, with examples indented below it.
    pub details: Vec<String>,
    /// Rows that show the problem.
    pub rows: Box<[FindingRow]>,
    /// How to fix the problem.
    pub help: Option<Box<str>>,
    /// The step of the proof at which the problem was found.
    pub step: Option<Box<str>>,
    /// The URL of a copy of the database that shows the problem.
    pub database: Option<Box<str>>,
    /// The command that reproduces the finding.
    pub reproduce: Option<Box<str>>,
    /// The line of the file with the caret, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<Place>>,
    /// The kind of command that reproduces the finding.
    #[serde(skip)]
    pub(crate) again: Reproduce,
}

impl Finding {
    /// Returns a finding with a message and no other details.
    #[must_use]
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            status: Status::New,
            proof: None,
            fixture: None,
            migration: None,
            file: None,
            line: None,
            column: None,
            message: message.into(),
            details: Vec::new(),
            rows: Box::default(),
            help: None,
            step: None,
            database: None,
            reproduce: None,
            source: None,
            again: Reproduce::Rehearsal,
        }
    }

    /// Returns a finding with the message of an error, its causes, location and help.
    #[must_use]
    pub fn of_error(code: &'static Code, error: &dyn Diagnostic) -> Self {
        let mut finding = Self::new(code, error.to_string());
        let causes: Vec<&dyn Diagnostic> = error.related().into_iter().flatten().collect();
        finding.details = causes.iter().map(ToString::to_string).collect();
        finding.help = error.help().or_else(|| causes.first()?.help()).map(|help| help.to_string().into());
        let mut places = place_of(error).into_iter();
        if let Some(place) = places.next() {
            finding = finding.at(place);
        }
        finding
    }

    /// Returns a finding for a failed check, with the offending rows.
    #[must_use]
    pub fn of_check(code: &'static Code, result: &CheckResult) -> Self {
        let name = &result.name;
        let Verdict::Red { offenders, more } = &result.verdict else {
            return Self::new(code, format!("check {name} failed"));
        };
        let n = offenders.rows.len();
        let found = match (n, more) {
            (0, _) => "returned no row; it must return at least one".to_owned(),
            (n, true) => format!("found more than {n} offending rows"),
            (1, false) => "found 1 offending row".to_owned(),
            (n, false) => format!("found {n} offending rows"),
        };
        Self { rows: of_query(offenders), again: Reproduce::Checks, ..Self::new(code, format!("check {name} {found}")) }
    }

    /// Sets the file, line and column of the problem.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.file = Some(place.file.clone());
        (self.line, self.column) = (u32::try_from(place.line).ok(), u32::try_from(place.column).ok());
        self.source = Some(Box::new(place));
        self
    }

    /// Sets the file at fault, without a line.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.display().to_string());
        self
    }

    /// Sets the version of the migration at fault.
    #[must_use]
    pub fn of_migration(mut self, version: i64) -> Self {
        self.migration = Some(version);
        self
    }

    /// Sets the differences or causes.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// Sets the rows that show the problem.
    #[must_use]
    pub fn with_rows(mut self, rows: &Rows) -> Self {
        self.rows = of_query(rows);
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().into());
        self
    }

    /// Sets the command that reproduces the finding, which is the rehearsal by default.
    #[must_use]
    pub fn again_with(mut self, again: Reproduce) -> Self {
        self.again = again;
        self
    }

    /// Sets the command that reproduces the finding and the URL of the kept copy of the database, if one was kept.
    pub(crate) fn reproducible(&mut self, database: &Database, rehearse: String, kept: Option<&Address>) {
        let reproduce = match (self.again, kept) {
            (Reproduce::Backfill(backfill), _) => command(&format!("backfill {backfill} --verify")),
            // The copy records migrations in sqlx's default table.
            (Reproduce::Checks, Some(kept)) if database.sqlx.table.is_default() => {
                kept.command(&format!("verify {}", database.name))
            }
            (Reproduce::Rehearsal | Reproduce::Checks, _) => rehearse,
        };
        self.reproduce = Some(reproduce.into());
        self.database = kept.map(|address| address.url().into());
    }

    /// Returns the file and the line, if known: `migrations/1_a.sql:3`.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        Some(self.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")))
    }

    /// True if a baseline or a user can accept the finding. What makes a rehearsal incomplete or impossible cannot be
    /// accepted.
    #[must_use]
    pub fn is_acceptable(&self) -> bool {
        self.code.exit == Exit::Failed
    }

    /// True if the finding is new and was not accepted, and so a person should see it.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        self.status == Status::New
    }

    /// True if the finding makes the rehearsal fail.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.severity == Severity::Error && self.status == Status::New
    }
}

/// Converts rows of a query for the report. JSON has no bytes, so they become readable text.
fn of_query(rows: &Rows) -> Box<[FindingRow]> {
    let value = |value: &Value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(n) => (*n).into(),
        Value::Real(x) => (*x).into(),
        Value::Text(text) => text.clone().into(),
        Value::Blob(_) => value.to_string().into(),
    };
    let row = |row: &Vec<Value>| FindingRow(rows.columns.iter().cloned().zip(row.iter().map(value)).collect());
    rows.rows.iter().map(row).collect()
}
