//! What it means that a migration fails on generated rows. Production data that the schema before it allows would break it, too:
//! that is a finding. Or it only can't make sense of texts that nobody but us wrote: that is a note.

use rehearsal_db::lex::{Kind, Statement, tokens};
use rehearsal_db::{Broken, Engine, Refusal};

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It would fail in production, too.
    Finding {
        /// Why it fails.
        why: &'static str,
        /// What to write instead.
        hint: &'static str,
    },
    /// The rows are at fault; a fixture would show more.
    Unfit,
}

/// How a migration failed.
pub(super) struct Failure<'a> {
    /// The engine.
    pub(super) engine: Engine,
    /// What the engine said.
    pub(super) why: &'a str,
    /// What it says of a rule, taken apart.
    pub(super) refusal: Option<&'a Refusal>,
    /// The statement at fault.
    pub(super) statement: Option<Statement<'a>>,
    /// Whether the column at fault was there before the migration.
    pub(super) is_old_column: bool,
    /// The words that enums of the schema before it allow.
    pub(super) labels: Vec<&'a str>,
    /// Whether it fails on ordinary rows, too, which hold the words that the migration itself speaks of.
    pub(super) on_ordinary_rows: bool,
    /// Whether it fails on such rows as soon as NULL is among them.
    pub(super) on_nulls: bool,
}

const ADD_REQUIRED: &str = "add the column without NOT NULL or with a DEFAULT, fill it (UPDATE, or a backfill), and require it in a later migration";
const FILL_NULLS: &str =
    "fill what is NULL first: UPDATE … SET … WHERE … IS NULL in front of it, or a backfill that the migration requires";
const NO_TWINS: &str =
    "merge, rename or delete what is there twice first, in the same file or by a backfill that it requires";
const MEND_ROWS: &str =
    "correct the rows that break the rule first, in the same file or by a backfill that it requires";
const MEND_REFERENCES: &str =
    "delete or correct the rows that refer to nothing first, in the same file or by a backfill that it requires";
const MAKE_FIT: &str =
    "say in the statement what becomes of values that don't fit, declare it by `-- loses:`, or refuse them long before";
const LOOK_AT_ROWS: &str = "look at what the statement does where the table holds rows";

/// Judges.
pub(super) fn judge(failure: &Failure<'_>) -> Verdict {
    let finding = |why, hint| Verdict::Finding { why, hint };
    let first = first_words(failure);
    let has = |word: &str| first.iter().any(|other| other == word);
    let is = |word: &str| first.first().is_some_and(|first| first == word);
    // What is computed out of the rows, and not required of them.
    let is_generated = has("GENERATED") && !has("IDENTITY");
    let computes =
        is_generated || is("INSERT") || is("UPDATE") || is("WITH") || is("MERGE") || is("DELETE") || is("SELECT");
    let depends_on_words = computes && !failure.on_ordinary_rows;
    let Some(refusal) = failure.refusal else {
        return match failure.on_ordinary_rows {
            true => finding("it works on an empty table only", LOOK_AT_ROWS),
            false => Verdict::Unfit,
        };
    };
    match refusal.broken {
        Broken::NotNull if is_generated => Verdict::Unfit,
        Broken::NotNull if failure.on_ordinary_rows && !failure.is_old_column => finding(
            "it works on an empty table only: rows that are there would have NULL in the new column",
            ADD_REQUIRED,
        ),
        Broken::NotNull if (failure.is_old_column && !computes) || failure.on_nulls || failure.on_ordinary_rows => {
            finding("the schema before it allows NULL there", FILL_NULLS)
        }
        Broken::NotNull => Verdict::Unfit,
        // Rows that a migration brings along, under a key that we took.
        Broken::Unique if is("INSERT") && !has("SELECT") => Verdict::Unfit,
        Broken::Unique => finding("the schema before it allows several rows with the same values there", NO_TWINS),
        Broken::Check | Broken::Reference if depends_on_words => Verdict::Unfit,
        Broken::Check => finding("the schema before it allows rows that break that rule", MEND_ROWS),
        Broken::Reference => {
            finding("the schema before it allows rows that refer to nothing, or to which others refer", MEND_REFERENCES)
        }
        Broken::Size if depends_on_words && failure.why.contains("out of range") => Verdict::Unfit,
        Broken::Size => finding("the schema before it allows values that don't fit", MAKE_FIT),
        Broken::Form if failure.labels.iter().any(|label| failure.why.contains(&format!("\"{label}\""))) => {
            finding("the schema before it allows values that don't fit", MAKE_FIT)
        }
        Broken::Form => Verdict::Unfit,
    }
}

/// The words of the statement at fault, in upper case.
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
        // Filled in the same file: by NULL where something else is NULL, or by words that we don't know.
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
