//! Counters that will give a number twice after a migration, or end too early ([`behind`]).

use crate::Error;
use crate::compare::ContentDifference;
use crate::migration::Script;
use crate::report::{Code, Finding};
use rehearsal_db::{Connection, Counter, Reuse};
use std::collections::BTreeMap;

/// Returns a finding for each counter that is behind after a script and was not before it.
pub(super) async fn behind(
    code: &'static Code,
    script: &Script,
    before: &[Counter],
    renamed: &BTreeMap<String, String>,
    connection: &mut Connection,
) -> Result<Vec<Finding>, Error> {
    let file = script.path.display();
    let mut findings = Vec::new();
    for counter in counters(script, connection).await? {
        let is_it = |was: &&Counter| {
            let table = renamed.get(&was.table).unwrap_or(&was.table);
            (table, &was.column) == (&counter.table, &counter.column)
        };
        if let Some((what, remedy)) = why(before.iter().find(is_it), &counter) {
            let message = format!("after {file}, {} {what}", counter.name);
            findings.push(Finding::new(code, message).with_help(format!("add to the migration: {remedy}")));
        }
    }
    Ok(findings)
}

/// True if a sequence that numbers rows moved back. Whether that matters depends on the rows, which the examination of counters
/// compares with it. `counters` are those after the migration.
pub fn is_of_a_counter(difference: &ContentDifference, counters: &[Counter]) -> bool {
    let numbers = |of: &str| counters.iter().any(|counter| counter.table == of);
    matches!(difference, ContentDifference::SequenceBack { table, .. } if numbers(table))
}

/// Returns the counters of the tables that a script names. A script that only adds tables and columns changes none.
///
/// # Errors
/// Fails if a query fails.
pub async fn counters(script: &Script, connection: &mut Connection) -> Result<Vec<Counter>, Error> {
    let (engine, sql) = (connection.engine(), script.sql.as_str());
    if engine.only_adds(sql) {
        return Ok(Vec::new());
    }
    let is_named = |table: &str| engine.names_table(sql, table);
    Ok(connection.counters(&is_named).await?)
}

/// Returns why a counter is behind, as the rest of a sentence, and the statement that mends it; `None` if it is not, or was
/// before the migration.
fn why<'c>(before: Option<&Counter>, now: &'c Counter) -> Option<(String, &'c str)> {
    let is_taken = |counter: &Counter| counter.greatest.is_some_and(|greatest| counter.next <= greatest);
    let (table, column) = (&now.table, &now.column);
    if is_taken(now) && !before.is_some_and(is_taken) {
        let greatest = now.greatest.unwrap_or_default();
        let what = format!("gives {} next, but \"{table}\".\"{column}\" goes up to {greatest}", now.next);
        return Some((what, &now.catch_up));
    }
    if now.reuse == Reuse::Never
        && let Some(before) = before.filter(|before| before.next > now.next)
    {
        let (next, earlier) = (now.next, before.next);
        let what = format!("gives {next} next instead of {earlier}: numbers of deleted rows are given again");
        return Some((what, &now.catch_up));
    }
    let (end, widen) = now.narrow.as_ref().filter(|_| before.is_some_and(|before| before.narrow.is_none()))?;
    Some((format!("ends at {end}, but \"{table}\".\"{column}\" has a larger type"), widen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn counters_that_are_behind() {
        let counter = |next: i128, greatest: Option<i128>, end: Option<i128>, reuse: Reuse| Counter {
            table: "toy".to_owned(),
            column: "id".to_owned(),
            name: "sequence s".to_owned(),
            next,
            greatest,
            reuse,
            catch_up: "SELECT setval".to_owned(),
            narrow: end.map(|end| (end, "ALTER SEQUENCE".to_owned())),
        };
        let check = |before: Option<Counter>, now: Counter, expect: Option<&str>| {
            assert_eq!(why(before.as_ref(), &now).map(|(what, _)| what).as_deref(), expect);
        };
        let usual = |next, greatest| counter(next, greatest, None, Reuse::Allowed);
        check(Some(usual(5, Some(4))), usual(1, Some(4)), Some("gives 1 next, but \"toy\".\"id\" goes up to 4"));
        check(None, usual(4, Some(4)), Some("gives 4 next, but \"toy\".\"id\" goes up to 4"));
        check(Some(usual(5, Some(4))), usual(5, Some(4)), None);
        check(Some(usual(6, Some(5))), usual(4, Some(3)), None);
        // It was behind before, which is not the migration's fault.
        check(Some(usual(1, Some(4))), usual(1, Some(4)), None);
        check(Some(usual(1, None)), usual(1, None), None);
        let never = |next| counter(next, Some(3), None, Reuse::Never);
        let again = "gives 4 next instead of 6: numbers of deleted rows are given again";
        check(Some(never(6)), never(4), Some(again));
        check(Some(never(6)), never(6), None);
        let early = |end| counter(5, Some(4), end, Reuse::Allowed);
        let ends = "ends at 2147483647, but \"toy\".\"id\" has a larger type";
        check(Some(early(None)), early(Some(2_147_483_647)), Some(ends));
        check(Some(early(Some(2_147_483_647))), early(Some(2_147_483_647)), None);
        check(None, early(Some(2_147_483_647)), None);
    }
}
