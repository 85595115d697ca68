//! A finding: one thing that is wrong, where, why, and what to do about it. Everything that a rehearsal reports as wrong is
//! one of these.

use super::code::{Code, Severity};
use super::place::{Place, place_of};
use crate::check::{CheckResult, Verdict};
use crate::workspace::Database;
use miette::Diagnostic;
use rehearsal_db::command::command;
use rehearsal_db::{Address, Rows, Value};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::path::Path;

/// Whether a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    New,
    /// It was there before the change.
    Existing,
    /// Somebody has allowed it, with a reason.
    Allowed,
}

/// One row of an example: each column with its value, in the order of the query.
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

/// The command that shows a finding again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reproduce {
    /// The rehearsal of the database.
    Rehearsal,
    /// The verification of this backfill.
    Backfill(&'static str),
    /// The checks, on the kept copy of the database.
    Checks,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing it is.
    pub code: &'static Code,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it counts.
    pub status: Status,
    /// The proof that found it; none for what is found before any proof.
    pub proof: Option<&'static str>,
    /// The fixture that it shows with; none for an empty database.
    pub fixture: Option<String>,
    /// The version of the migration at fault, where it is one's.
    pub migration: Option<i64>,
    /// The file at fault, relative to the project.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<usize>,
    /// The column in it in characters, from 1.
    pub column: Option<usize>,
    /// What happened, in one sentence.
    pub message: String,
    /// Each difference or cause, with examples indented below it.
    pub details: Vec<String>,
    /// Rows that show it.
    pub rows: Vec<FindingRow>,
    /// What to do about it.
    pub help: Option<String>,
    /// What the proof was doing.
    pub step: Option<String>,
    /// The URL of a copy of the database on which it shows.
    pub database: Option<String>,
    /// The command that shows it again.
    pub reproduce: Option<String>,
    /// The line of the file, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    /// How it is shown again.
    #[serde(skip)]
    pub(crate) again: Reproduce,
}

impl Finding {
    /// A finding that has a message and nothing else yet.
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
            rows: Vec::new(),
            help: None,
            step: None,
            database: None,
            reproduce: None,
            source: None,
            again: Reproduce::Rehearsal,
        }
    }

    /// What an error says, with its causes, its place and its help.
    #[must_use]
    pub fn of_error(code: &'static Code, error: &dyn Diagnostic) -> Self {
        let mut finding = Self::new(code, error.to_string());
        let causes: Vec<&dyn Diagnostic> = error.related().into_iter().flatten().collect();
        finding.details = causes.iter().map(ToString::to_string).collect();
        finding.help = error.help().or_else(|| causes.first()?.help()).map(|help| help.to_string());
        let mut places = place_of(error).into_iter();
        if let Some(place) = places.next() {
            finding = finding.at(place);
        }
        finding
    }

    /// A check that did not find what it expects.
    #[must_use]
    pub fn of_check(code: &'static Code, result: &CheckResult) -> Self {
        let name = &result.name;
        let Verdict::Red { offenders, more } = &result.verdict else {
            return Self::new(code, format!("check {name} failed"));
        };
        let n = offenders.rows.len();
        let found = match (n, more) {
            (0, _) => "returned no row, and should return some".to_owned(),
            (n, true) => format!("found more than {n} offending rows"),
            (1, false) => "found 1 offending row".to_owned(),
            (n, false) => format!("found {n} offending rows"),
        };
        Self { rows: rows(offenders), again: Reproduce::Checks, ..Self::new(code, format!("check {name} {found}")) }
    }

    /// With the place at which it is.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.file = Some(place.file.clone());
        (self.line, self.column) = (Some(place.line), Some(place.column));
        self.source = Some(place);
        self
    }

    /// With the file that is at fault, as a whole.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        self.file = Some(file.display().to_string());
        self
    }

    /// With the version of the migration that is at fault.
    #[must_use]
    pub fn of_migration(mut self, version: i64) -> Self {
        self.migration = Some(version);
        self
    }

    /// With differences or causes.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With another command to show it again than the rehearsal.
    #[must_use]
    pub fn again_with(mut self, again: Reproduce) -> Self {
        self.again = again;
        self
    }

    /// With the command that shows it again, on the kept copy of the database where there is one.
    pub(crate) fn reproducible(&mut self, database: &Database, rehearse: String, kept: Option<&Address>) {
        self.reproduce = Some(match (self.again, kept) {
            (Reproduce::Backfill(backfill), _) => command(&format!("backfill {backfill} --verify")),
            (Reproduce::Checks, Some(kept)) => kept.command(&format!("verify {}", database.name)),
            (Reproduce::Rehearsal | Reproduce::Checks, _) => rehearse,
        });
        self.database = kept.map(|address| address.url());
    }

    /// True where it makes a rehearsal fail.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.severity == Severity::Error && self.status == Status::New
    }
}

/// Rows of a query as a report has them. Bytes, and what JSON can't hold, are texts as a person reads them.
fn rows(rows: &Rows) -> Vec<FindingRow> {
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
