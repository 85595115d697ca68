//! The codes of the findings about what a migration leaves behind: each proof with rows has them under its own name.

use crate::report::Code;

/// The codes with which a proof reports what a migration leaves behind.
pub struct Codes {
    /// Objects that vanished or became weaker.
    pub schema_lost: Code,
    /// Objects that no longer work.
    pub object_broken: Code,
    /// Counters that will give a number twice.
    pub sequence_behind: Code,
    /// Rows that a role no longer sees.
    pub rows_hidden: Code,
    /// Derived data that no longer matches the rows.
    pub derived_stale: Code,
    /// Rows that triggers have written.
    pub rows_written: Code,
}

impl Codes {
    /// All codes.
    pub fn all(&'static self) -> [&'static Code; 6] {
        let Self { schema_lost, object_broken, sequence_behind, rows_hidden, derived_stale, rows_written } = self;
        [schema_lost, object_broken, sequence_behind, rows_hidden, derived_stale, rows_written]
    }
}

/// The codes of a proof.
#[macro_export]
#[doc(hidden)]
macro_rules! aftermath_codes {
    ($proof:literal) => {
        $crate::proofs::kit::aftermath::Codes {
            schema_lost: $crate::report::Code::error(
                concat!($proof, "/schema-lost"),
                $crate::report::Explanation {
                    meaning: "An index, constraint, default, trigger, view, privilege or comment is gone or weaker after a \
                              migration that does not name it.",
                    example: "SQLite: a migration creates a table anew and drops the old one, and with it a trigger.",
                    fix: "Create the object again at the end of the migration; the finding contains the statement.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the object.",
                },
            ),
            object_broken: $crate::report::Code::error(
                concat!($proof, "/object-broken"),
                $crate::report::Explanation {
                    meaning: "Rows could be inserted, updated or deleted, or a view be read, before a migration, and no longer after it.",
                    example: "A migration renames a column that a trigger function assigns.",
                    fix: "Change the trigger, function, view or constraint in the same migration.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
            sequence_behind: $crate::report::Code::error(
                concat!($proof, "/sequence-behind"),
                $crate::report::Explanation {
                    meaning: "The next number of a sequence or AUTOINCREMENT column is one that a row has or had, or the sequence \
                              ends before the type of its column.",
                    example: "A migration replaces a serial column by an identity column, which starts at 1 again.",
                    fix: "Advance the counter past the greatest number; the finding contains the statement.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
            rows_hidden: $crate::report::Code::error(
                concat!($proof, "/rows-hidden"),
                $crate::report::Explanation {
                    meaning: "A role with privileges on a table saw rows before a migration and sees none or fewer after it, because \
                              row-level security has no policy for it; or row-level security hides rows from the statements of a \
                              migration, if they run as an ordinary owner of the tables.",
                    example: "ALTER TABLE document ENABLE ROW LEVEL SECURITY, without CREATE POLICY",
                    fix: "Create a policy for the role in the same migration. For the statements of a migration, lift FORCE ROW LEVEL \
                          SECURITY for the time being.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
            derived_stale: $crate::report::Code::error(
                concat!($proof, "/derived-stale"),
                $crate::report::Explanation {
                    meaning: "A materialized view, a full-text index, a generated column or an index on an expression matched the rows \
                              before a migration, and does not match them after it.",
                    example: "UPDATE sale SET amount = amount * 100, without REFRESH MATERIALIZED VIEW totals",
                    fix: "Derive it again at the end of the migration; the finding contains the statement.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the object.",
                },
            ),
            rows_written: $crate::report::Code::warning(
                concat!($proof, "/rows-written"),
                $crate::report::Explanation {
                    meaning: "A migration writes rows in a table, or changes values of a column, that it does not name: usually through a \
                              trigger.",
                    example: "An UPDATE of every row fires the trigger of an audit log, which doubles.",
                    fix: "If the rows are unwanted, keep the trigger from firing during the migration.",
                    allow: "Declare it at the top of the file: `-- allow: CODE NAME, reason`, with the code and the name of the table.",
                },
            ),
        }
    };
}
