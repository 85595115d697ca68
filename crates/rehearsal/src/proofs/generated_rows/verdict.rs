//! Judges a migration that fails on generated rows ([`judge`]). If production data that its previous schema allows
//! can make it fail, that is a finding. If only the invented values are at fault, that is a note.

use crate::proofs::kit::offenders::remedy;
use rehearsal_db::lex::{Kind, Statement, tokens};
use rehearsal_db::{Broken, Engine, Refusal};

/// The judgement of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The migration can fail in production.
    Finding {
        /// The cause.
        why: &'static str,
        /// The help.
        hint: &'static str,
    },
    /// The generated rows are at fault; only a fixture can show whether the migration works.
    Unfit,
}

/// The failure of a migration on generated rows.
pub(super) struct Failure<'a> {
    /// The engine.
    pub(super) engine: Engine,
    /// The error message of the database.
    pub(super) why: &'a str,
    /// The violated rule, parsed from the message; `None` if the message reports no rule.
    pub(super) refusal: Option<&'a Refusal>,
    /// The statement at fault.
    pub(super) statement: Option<Statement<'a>>,
    /// True if the column at fault existed before the migration.
    pub(super) is_old_column: bool,
    /// True if the database numbers a column at fault.
    pub(super) is_numbered: bool,
    /// True if the migration works on rows without its literals.
    pub(super) only_literals: bool,
    /// The labels of the enums before the migration.
    pub(super) labels: Vec<&'a str>,
    /// True if the migration also fails on ordinary rows, which use the literals of the migration.
    pub(super) on_ordinary_rows: bool,
    /// True if the migration fails on ordinary rows as soon as they contain NULL.
    pub(super) on_nulls: bool,
}

const ADD_REQUIRED: &str = "add the column without NOT NULL or with a DEFAULT, fill it with UPDATE or a backfill, then set \
                            NOT NULL in a later migration";
const MEND_DEFAULT: &str = "insert the row to which the default refers first, or add the column without a default";
const LET_NUMBER: &str = "leave out the numbered column, so that the database numbers these rows, too";
const LOOK_AT_ROWS: &str = "look at how the statement behaves on a table with rows";

/// Judges a failure.
pub(super) fn judge(failure: &Failure<'_>) -> Verdict {
    let finding = |why, hint| Verdict::Finding { why, hint };
    let first = first_words(failure);
    let has = |word: &str| first.iter().any(|other| other == word);
    let is = |word: &str| first.first().is_some_and(|first| first == word);
    // The statement computes values from the rows, rather than setting a requirement for them.
    let is_generated = has("GENERATED") && !has("IDENTITY");
    let computes =
        is_generated || is("INSERT") || is("UPDATE") || is("WITH") || is("MERGE") || is("DELETE") || is("SELECT");
    // A result that is too large, or a value in JSON that cannot become a text.
    let is_computed = ["out of range", "Unicode escape"].iter().any(|text| failure.why.contains(text));
    let depends_on_words = computes && !failure.on_ordinary_rows;
    let Some(refusal) = failure.refusal else {
        return match failure.on_ordinary_rows {
            true => finding("fails on any table with rows", LOOK_AT_ROWS),
            false => Verdict::Unfit,
        };
    };
    match refusal.broken {
        Broken::NotNull if is_generated => Verdict::Unfit,
        Broken::NotNull if failure.on_ordinary_rows && !failure.is_old_column => {
            finding("fails on any table with rows: existing rows have no value for the new column", ADD_REQUIRED)
        }
        Broken::NotNull if (failure.is_old_column && !computes) || failure.on_nulls || failure.on_ordinary_rows => {
            finding("existing rows can have NULL in this column", remedy(refusal.broken))
        }
        Broken::NotNull => Verdict::Unfit,
        // The migration inserts rows with a key that a generated row has: one of the first numbers of a counter, or only the
        // literal in the file.
        Broken::Unique if is("INSERT") && failure.is_numbered => {
            finding("existing rows can have the numbers that it inserts", LET_NUMBER)
        }
        Broken::Unique if is("INSERT") && (failure.only_literals || !has("SELECT")) => Verdict::Unfit,
        Broken::Unique => finding("existing rows can have duplicate values in these columns", remedy(refusal.broken)),
        Broken::Check | Broken::Reference if depends_on_words => Verdict::Unfit,
        Broken::Check => finding("existing rows can violate this constraint", remedy(refusal.broken)),
        Broken::Reference if has("ADD") && has("DEFAULT") && !failure.is_old_column => {
            finding("existing rows get the default of the new column, and no row has that key", MEND_DEFAULT)
        }
        Broken::Reference => finding("existing rows can violate this foreign key", remedy(refusal.broken)),
        Broken::Size if depends_on_words && is_computed => Verdict::Unfit,
        Broken::Size => finding("existing rows can have values that do not fit", remedy(refusal.broken)),
        Broken::Form if failure.labels.iter().any(|label| failure.why.contains(&format!("\"{label}\""))) => {
            finding("existing rows can have values that do not fit", remedy(refusal.broken))
        }
        Broken::Form => Verdict::Unfit,
    }
}

/// Returns the words of the statement at fault, in upper case.
fn first_words(failure: &Failure<'_>) -> Vec<String> {
    let Some(statement) = failure.statement else { return Vec::new() };
    let words = tokens(statement.text, failure.engine);
    words.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rehearsal_db::lex::statements;

    #[derive(Clone, Copy)]
    enum Fails {
        Always,
        WithNulls,
        Sometimes,
    }

    #[test]
    fn verdicts() {
        let check = |sql: &str, why: &str, is_old_column: bool, fails: Fails, is_finding: bool| {
            let engine = Engine::Postgres;
            let refusal = engine.refusal(why);
            let failure = Failure {
                engine,
                why,
                refusal: refusal.as_ref(),
                statement: statements(sql, engine).first().copied(),
                is_old_column,
                is_numbered: false,
                only_literals: false,
                labels: vec!["red"],
                on_ordinary_rows: matches!(fails, Fails::Always),
                on_nulls: matches!(fails, Fails::Always | Fails::WithNulls),
            };
            assert_eq!(judge(&failure) != Verdict::Unfit, is_finding, "{sql}: {why}");
        };
        let null = "column \"a\" of relation \"t\" contains null values";
        check("ALTER TABLE t ADD a int NOT NULL", null, false, Fails::Always, true);
        check("ALTER TABLE t ADD a int NOT NULL GENERATED ALWAYS AS (b) STORED", null, false, Fails::Always, false);
        check("ALTER TABLE t ALTER a SET NOT NULL", null, true, Fails::Sometimes, true);
        // Filled in the same file: with NULL if another column is NULL, or depending on unknown literals.
        check("ALTER TABLE t ALTER a SET NOT NULL", null, false, Fails::WithNulls, true);
        check("ALTER TABLE t ALTER a SET NOT NULL", null, false, Fails::Sometimes, false);
        let twice = "could not create unique index \"i\" (Key (a)=(1) is duplicated.)";
        check("CREATE UNIQUE INDEX i ON t (a)", twice, true, Fails::Sometimes, true);
        let taken = "duplicate key value violates unique constraint \"t_pkey\"";
        check("INSERT INTO t VALUES (1)", taken, true, Fails::Sometimes, false);
        check("INSERT INTO t SELECT 1 FROM u", taken, true, Fails::Sometimes, true);
        let long = "value too long for type character varying(3)";
        check("ALTER TABLE t ALTER a TYPE varchar(3)", long, true, Fails::Sometimes, true);
        check("UPDATE t SET a = b * 2", "integer out of range", true, Fails::Sometimes, false);
        check("ALTER TABLE t ALTER a TYPE int", "integer out of range", true, Fails::Sometimes, true);
        let form = "invalid input syntax for type uuid: \"a-1\"";
        check("ALTER TABLE t ALTER a TYPE uuid USING a::uuid", form, true, Fails::Always, false);
        let label = "invalid input value for enum colour: \"red\"";
        check("ALTER TABLE t ALTER a TYPE colour USING a::text::colour", label, true, Fails::Sometimes, true);
        let rule = "check constraint \"c\" of relation \"t\" is violated by some row";
        check("ALTER TABLE t ADD CHECK (a > 0)", rule, true, Fails::Sometimes, true);
        check("INSERT INTO u SELECT a FROM t", "violates check constraint \"c\"", true, Fails::Sometimes, false);
        check("DO 'x'", "division by zero", true, Fails::Always, true);
        check("DO 'x'", "division by zero", true, Fails::Sometimes, false);
    }
}
