//! Whether a reverted or repeated migration gives the state that it should: reports the differences of two states.

use super::{CONTENT_DIFFERS, SCHEMA_DIFFERS};
use crate::compare::SchemaDifference;
use crate::migration::Migration;
use crate::proofs::kit::snapshot::Compared;
use crate::proofs::run::ProofRun;
use crate::report::{Code, Finding};
use std::path::Path;

/// Whether two states differ in their schema and in their content.
pub(super) struct Found {
    pub(super) schema: bool,
    pub(super) content: bool,
}

/// The text of a finding about two states that differ.
pub(super) struct Wording<'a, M: Fn(&str) -> String> {
    /// The migration whose round trip it is, and its down file.
    pub(super) migration: Option<(&'a Migration, &'a Path)>,
    /// Makes the message from `schema` or `data`.
    pub(super) message: M,
    /// Makes the help from `schema` or `data`.
    pub(super) help: &'a dyn Fn(&str) -> String,
}

impl<M: Fn(&str) -> String> Wording<'_, M> {
    fn finding(&self, code: &'static Code, what: &str) -> Finding {
        let finding = Finding::new(code, (self.message)(what));
        match self.migration {
            Some((migration, down)) => finding.of_migration(migration.version).in_file(down),
            None => finding,
        }
    }
}

/// Reports the differences of two states. Differences that do not count become notes.
pub(super) async fn judge<M: Fn(&str) -> String>(
    run: &mut ProofRun<'_>,
    compared: &Compared,
    text: &Wording<'_, M>,
) -> Found {
    run.outcome.notes.extend(compared.notes());
    let (schema, content) = (compared.schema_lines(), compared.content_lines());
    let found = Found { schema: !schema.is_empty(), content: !content.is_empty() };
    if found.schema {
        let help = format!("{} (`-`: existed before and is missing; `+`: is new)", (text.help)("schema"));
        run.find(text.finding(&SCHEMA_DIFFERS, "schema").with_details(schema).with_help(help)).await;
    }
    if found.content {
        run.find(text.finding(&CONTENT_DIFFERS, "data").with_details(content).with_help((text.help)("data"))).await;
    }
    found
}

/// True if the schemas differ only by additional objects or by the order of columns.
pub(super) fn only_leaves(compared: &Compared) -> bool {
    let is_new = |difference: &SchemaDifference| {
        matches!(difference, SchemaDifference::New { .. } | SchemaDifference::ColumnOrder { .. })
    };
    compared.schema.iter().all(is_new)
}
