//! The verdicts of checks as text and JSON, with the first offending rows of each check.

use crate::terminal::{Paint, columns, lines};
use rehearsal::check::{CheckResult, Verdict};
use rehearsal::report::history::CHECK_FAILED;
use rehearsal_db::{Rows, Value};
use serde_json::json;

/// Formats one line per check, followed by a table for each failed check and each report.
#[must_use]
pub fn checks_table(results: &[CheckResult], paint: Paint) -> String {
    let verdict = |result: &CheckResult| match &result.verdict {
        Verdict::Green => paint.good("ok"),
        Verdict::Red { offenders, .. } if offenders.rows.is_empty() => {
            paint.bad("FAILED: the query returned no row, but must return at least one")
        }
        Verdict::Red { offenders, more } => {
            let n = offenders.rows.len();
            let rows = if n == 1 { "row" } else { "rows" };
            paint.bad(if *more {
                format!("FAILED: more than {n} offending rows")
            } else {
                format!("FAILED: {n} offending {rows}")
            })
        }
        Verdict::Report { .. } => paint.faint("report"),
        Verdict::OutOfWindow => paint.faint("not at this version"),
        Verdict::RehearsalOnly => paint.faint("in rehearsals only"),
    };
    let mut text = columns(&results.iter().map(|result| (result.name.clone(), verdict(result))).collect::<Vec<_>>());
    for result in results {
        let (rows, more) = match &result.verdict {
            Verdict::Red { offenders, more } if !offenders.columns.is_empty() => (offenders, *more),
            Verdict::Report { rows, more } if !rows.rows.is_empty() => (rows, *more),
            _ => continue,
        };
        let cells = rows.rows.iter().map(|row| row.iter().map(ToString::to_string).collect());
        text.push_str(&format!("\n{}\n{}", paint.strong(&result.name), lines(rows.columns.clone(), cells)));
        if more {
            text.push_str("  … and more\n");
        }
    }
    text
}

/// Returns an array of objects with `check`, `verdict` (`ok`, `failed`, `report`, `skipped`), `code` (null unless
/// failed), `columns`, `rows` and `more` (true if further rows are omitted).
#[must_use]
pub fn checks_json(results: &[CheckResult]) -> serde_json::Value {
    let none = Rows::default();
    let one = |result: &CheckResult| {
        let (verdict, rows, more) = match &result.verdict {
            Verdict::Green => ("ok", &none, false),
            Verdict::Red { offenders, more } => ("failed", offenders, *more),
            Verdict::Report { rows, more } => ("report", rows, *more),
            Verdict::OutOfWindow | Verdict::RehearsalOnly => ("skipped", &none, false),
        };
        let rows_json: Vec<Vec<serde_json::Value>> =
            rows.rows.iter().map(|row| row.iter().map(value).collect()).collect();
        let code = matches!(result.verdict, Verdict::Red { .. }).then_some(CHECK_FAILED.name);
        json!({ "check": result.name, "verdict": verdict, "code": code, "columns": rows.columns, "rows": rows_json, "more": more })
    };
    results.iter().map(one).collect()
}

/// Converts a value to JSON. Blobs become text.
fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(n) => json!(n),
        Value::Real(x) => json!(x),
        Value::Text(text) => json!(text),
        Value::Blob(_) => json!(value.to_string()),
    }
}
