//! Checks that have read no row: every table in their query was empty at the end, with each fixture, so they passed
//! without testing anything. Two kinds of query are not judged: one without a table, which reads the catalog, and
//! one with several tables of which only some are empty, because it is unknown whether that query could have
//! returned rows.

use crate::check::{Kind, is_in_window};
use crate::compare::Content;
use crate::proofs::ProofRun;
use rehearsal_db::Engine;
use rehearsal_db::lex;
use std::collections::BTreeMap;

/// The checks that have read no row so far, each with the empty tables in its query. `None` before the first
/// fixture.
#[derive(Debug, Default)]
pub(in crate::proofs) struct Unseen(Option<BTreeMap<String, Vec<String>>>);

impl Unseen {
    /// Keeps only the checks that read no row with this fixture either.
    pub(in crate::proofs) fn and(&mut self, here: BTreeMap<String, Vec<String>>) {
        self.0 = Some(match self.0.take() {
            None => here,
            Some(before) => before.into_iter().filter(|(check, _)| here.contains_key(check)).collect(),
        });
    }

    /// Returns a note for each check.
    pub(in crate::proofs) fn notes(self) -> Vec<String> {
        let note = |(check, tables): (String, Vec<String>)| {
            let tables: Vec<String> = tables.iter().map(|table| format!("\"{table}\"")).collect();
            let are = if tables.len() == 1 { "is" } else { "are" };
            format!("check {check} read no row with any fixture: {} {are} empty", tables.join(", "))
        };
        self.0.unwrap_or_default().into_iter().map(note).collect()
    }
}

/// Returns the checks that apply to a version and whose query contains only empty tables.
pub(super) fn unseen(run: &ProofRun<'_>, version: i64, content: &Content) -> BTreeMap<String, Vec<String>> {
    let rehearsal = run.rehearsal;
    let sql = rehearsal.checks.iter().filter(|check| check.kind != Kind::Report);
    let sql = sql.filter(|check| is_in_window(version, check.from, check.until));
    let rust = rehearsal.row_checks.iter().map(|check| (check.about(), check.relation()));
    let rust = rust.filter(|(about, _)| is_in_window(version, Some(about.from), about.until));
    let queries = sql
        .map(|check| (check.name.clone(), check.sql.as_str()))
        .chain(rust.map(|(about, rows)| (about.name.to_owned(), rows)));
    queries.filter_map(|(name, query)| Some((name, only_empty(query, rehearsal.database.engine, content)?))).collect()
}

/// Returns the tables in a query if it contains any and all of them are empty.
fn only_empty(query: &str, engine: Engine, content: &Content) -> Option<Vec<String>> {
    let is_name = |token: &lex::Token<'_>| matches!(token.kind, lex::Kind::Word | lex::Kind::Quoted);
    let words: Vec<String> =
        lex::tokens(query, engine).iter().filter(|token| is_name(token)).map(lex::Token::normal).collect();
    let name = |table: &str| table.rsplit('.').next().unwrap_or(table).to_uppercase();
    let named: Vec<_> = content.tables.iter().filter(|(table, _)| words.contains(&name(table))).collect();
    let is_empty = !named.is_empty() && named.iter().all(|(_, digest)| digest.rows == 0);
    is_empty.then(|| named.into_iter().map(|(table, _)| table.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal_db::TableDigest;

    #[test]
    fn queries_of_empty_tables() {
        let digest = |rows| TableDigest { rows, ..TableDigest::default() };
        let tables = [("Pet", 2), ("Toy", 0), ("app.ball", 0)];
        let content =
            Content { tables: tables.map(|(name, rows)| (name.to_owned(), digest(rows))).into(), ..Content::default() };
        let check = |query: &str, expect: Option<&[&str]>| {
            let found = only_empty(query, Engine::Postgres, &content);
            assert_eq!(
                found.as_deref(),
                expect.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref()
            );
        };
        check("SELECT 1 FROM \"Pet\"", None);
        check("SELECT 1 FROM \"Toy\" -- and Pet", Some(&["Toy"]));
        check("SELECT 'Pet' FROM toy, app.ball", Some(&["Toy", "app.ball"]));
        check("SELECT 1 FROM toy JOIN pet ON true", None);
        check("SELECT 1 FROM pg_class", None);
    }

    #[test]
    fn unseen_with_all_fixtures() {
        let check = |fixtures: &[&[&str]], expect: &[&str]| {
            let mut unseen = Unseen::default();
            for checks in fixtures {
                unseen.and(checks.iter().map(|check| ((*check).to_owned(), vec!["Toy".to_owned()])).collect());
            }
            let notes = unseen.notes();
            let names: Vec<&str> = notes.iter().filter_map(|note| note.split(' ').nth(1)).collect();
            assert_eq!(names, expect);
        };
        check(&[], &[]);
        check(&[&["a", "b"]], &["a", "b"]);
        check(&[&["a", "b"], &["b", "c"]], &["b"]);
        check(&[&["a"], &[], &["a"]], &[]);
    }
}
