//! Codes of findings that belong to no proof: faults that the files of a history show, objects and privileges that
//! the server lacks, and refusals on a real database. `of_fault` turns a fault of a history into a finding.

use super::code::{Code, Explanation};
use super::finding::Finding;
use crate::migration::Fault;
use miette::Diagnostic;

/// Two migrations have the same version, so sqlx can apply only one of them.
pub static DUPLICATE_VERSION: Code = Code::error(
    "history/duplicate-version",
    Explanation {
        meaning: "Two migrations have the same version, so sqlx can apply only one of them.",
        example: "Two branches each add 20250915090000_….up.sql, and both are merged.",
        fix: "Rename the files of the newer migration to an unused version.",
        allow: "It cannot be allowed: sqlx fails on the second file.",
    },
);
/// A down file has no up file, so nothing ever applies what it reverts.
pub static MISSING_UP: Code = Code::error(
    "history/missing-up",
    Explanation {
        meaning: "A down file has no up file, so nothing ever applies what it reverts.",
        example: "The up file of 20250915090000_add_colour.down.sql was renamed, and the down file was not.",
        fix: "Write the up file, or remove the down file.",
        allow: "It cannot be allowed: the file has no effect.",
    },
);
/// sqlx silently ignores a file in the migrations folder.
pub static IGNORED_FILE: Code = Code::error(
    "history/ignored-file",
    Explanation {
        meaning: "sqlx silently ignores a file in the migrations folder.",
        example: "A file is called add_colour.sql, without a version before its name.",
        fix: "Rename it to <version>_<name>.up.sql or .down.sql, or move it out of the folder.",
        allow: "Move the file out of the migrations folder.",
    },
);
/// sqlx recognises `.up` and `.down` only in lower case, so it applies this file as a migration without a down
/// file.
pub static UPPER_CASE_ENDING: Code = Code::error(
    "history/upper-case-ending",
    Explanation {
        meaning: "sqlx recognises `.up` and `.down` only in lower case, so it applies this file as a migration \
                  without a down file.",
        example: "20250915090000_add_colour.UP.sql",
        fix: "Rename the file so that its ending is in lower case.",
        allow: "It cannot be allowed: sqlx would apply a down file as a migration.",
    },
);
/// The name of a file does not begin with a version that sqlx can parse, so sqlx stops with an error.
pub static BAD_VERSION: Code = Code::error(
    "history/bad-version",
    Explanation {
        meaning: "The name of a file does not begin with a version that sqlx can parse, so sqlx stops with an error.",
        example: "2025-09-15_add_colour.up.sql",
        fix: "Begin the name with a positive whole number, preferably a UTC time as YYYYMMDDHHMMSS.",
        allow: "It cannot be allowed: sqlx refuses the whole folder.",
    },
);
/// A migration could not be read as UTF-8 text.
pub static UNREADABLE_FILE: Code = Code::error(
    "history/unreadable-file",
    Explanation {
        meaning: "A migration could not be read as UTF-8 text.",
        example: "An editor saved the file as UTF-16.",
        fix: "Save the file as UTF-8 and check that you may read it.",
        allow: "It cannot be allowed: sqlx cannot read it either.",
    },
);
/// A comment looks like a directive of rehearsal and has no effect.
pub static BAD_DIRECTIVE: Code = Code::error(
    "history/bad-directive",
    Explanation {
        meaning: "A comment looks like a directive of rehearsal and has no effect.",
        example: "`-- lose: toy.size` instead of `-- loses:`",
        fix: "Correct the spelling, or move the directive before the first statement.",
        allow: "Reword the comment so that it does not look like a directive.",
    },
);
/// A file begins or ends a transaction, and sqlx already runs the file inside a transaction.
pub static OWN_TRANSACTION: Code = Code::error(
    "history/own-transaction",
    Explanation {
        meaning: "A file begins or ends a transaction, and sqlx already runs the file inside a transaction.",
        example: "BEGIN; ALTER TABLE …; COMMIT;",
        fix: "Remove the statement. If the file has to manage its transactions, make `-- no-transaction` its first \
              line.",
        allow: "Make `-- no-transaction` the first line of the file.",
    },
);
/// A file begins with a byte order mark, which PostgreSQL parses as part of the first word.
pub static BYTE_ORDER_MARK: Code = Code::error(
    "history/byte-order-mark",
    Explanation {
        meaning: "A file begins with a byte order mark, which PostgreSQL parses as part of the first word.",
        example: "An editor on Windows saved the file as UTF-8 with a byte order mark.",
        fix: "Save the file without a byte order mark.",
        allow: "It cannot be allowed: the first statement fails.",
    },
);
/// A migration is applied to this database, but its file is missing from the folder.
pub static MISSING_FILE: Code = Code::error(
    "history/missing-file",
    Explanation {
        meaning: "A migration is applied to this database, but its file is missing from the folder.",
        example: "A development database was migrated on another branch.",
        fix: "Restore the file, or use the database that belongs to this checkout.",
        allow: "It cannot be allowed: sqlx refuses to migrate such a database.",
    },
);
/// A migration was edited, renamed or deleted after it was applied to this database or merged into the base revision.
pub static EDITED: Code = Code::error(
    "history/edited",
    Explanation {
        meaning: "A migration was edited, renamed or deleted after it was applied to this database or merged into the \
                  base revision.",
        example: "A developer corrects a typing error in a migration that has shipped.",
        fix: "Restore the file and make the change in a new migration.",
        allow: "Only in a rehearsal, with [[allow]] in rehearsal.toml, if no database has applied the former file: sqlx refuses \
                a changed checksum.",
    },
);
/// A migration is not applied to this database, or is new, although a newer one is applied or merged.
pub static OUT_OF_ORDER: Code = Code::error(
    "history/out-of-order",
    Explanation {
        meaning: "A migration is not applied to this database, although a newer one is; or it is new, and a newer one is \
                  already merged into the base revision.",
        example: "A branch adds a migration with an older version and is merged after a newer one has shipped.",
        fix: "Rename its files to a version above the newest one that is applied or merged.",
        allow: "Only in a rehearsal, with [[allow]] in rehearsal.toml: other databases would apply the files in another order.",
    },
);
/// A migration is recorded as started and not finished.
pub static FAILED_MIDWAY: Code = Code::error(
    "history/failed-midway",
    Explanation {
        meaning: "A migration is recorded as started and not finished.",
        example: "A migration without a transaction failed at its second statement.",
        fix: "Finish or undo its changes by hand, then correct its row in sqlx's table of applied migrations.",
        allow: "It cannot be allowed: the state of the database is unknown.",
    },
);
/// A migration requires a backfill that no program of this workspace registers.
pub static UNKNOWN_BACKFILL: Code = Code::usage(
    "history/unknown-backfill",
    Explanation {
        meaning: "A migration requires a backfill that no program of this workspace registers.",
        example: "`-- requires-backfill: pet_trait` although the backfill is called pet_traits",
        fix: "Correct the name in the directive, or register the backfill.",
        allow: "It cannot be allowed: the migration could never be applied.",
    },
);
/// The configuration file, a check, a fixture or a registered backfill does not match the history.
pub static BAD_CONFIGURATION: Code = Code::usage(
    "history/bad-configuration",
    Explanation {
        meaning: "The configuration file, a check, a fixture or a registered backfill does not match the history.",
        example: "A check has `-- from: 20250916000000`, and no migration has that version.",
        fix: "Correct the file or backfill in the finding; its help lists the possible values.",
        allow: "It cannot be allowed: the rehearsal would silently skip it.",
    },
);
/// The migrations are written for an engine other than the configured one.
pub static WRONG_ENGINE: Code = Code::usage(
    "history/wrong-engine",
    Explanation {
        meaning: "The migrations are written for an engine other than the configured one.",
        example: "AUTOINCREMENT in a history that is rehearsed on PostgreSQL",
        fix: "Set the right engine with `--engine` or in rehearsal.toml.",
        allow: "It cannot be allowed: the first such statement fails.",
    },
);
/// The history uses an object that no migration creates: another system owns it, or the server does not have it.
pub static NEEDS_MISSING: Code = Code::incomplete(
    "history/needs-missing",
    Explanation {
        meaning: "The history uses an object that no migration creates: another system owns it, or the server does \
                  not have it.",
        example: "A foreign key to a table that another team's service creates",
        fix: "Write SQL that creates the object and pass it with `--setup FILE`, or install the missing extension.",
        allow: "It cannot be allowed: the history fails without the object.",
    },
);
/// A migration needs a privilege that the role on your server does not have.
pub static NEEDS_PRIVILEGE: Code = Code::incomplete(
    "history/needs-privilege",
    Explanation {
        meaning: "A migration needs a privilege that the role on your server does not have.",
        example: "CREATE EXTENSION as a role that is not a superuser",
        fix: "Connect as a role with that privilege, or let the rehearsal start a throwaway server.",
        allow: "It cannot be allowed: the migration fails with this role.",
    },
);
/// No PostgreSQL server is available to rehearse this history.
pub static NO_SERVER: Code = Code::incomplete(
    "history/no-server",
    Explanation {
        meaning: "No PostgreSQL server is available to rehearse this history.",
        example: "PostgreSQL is not installed on this machine.",
        fix: "Install PostgreSQL with `postgres install`, or set REHEARSAL_POSTGRES_URL to a server.",
        allow: "It cannot be allowed: nothing was rehearsed.",
    },
);
/// The setup SQL, which runs before the history, failed in an empty database.
pub static SETUP_FAILED: Code = Code::usage(
    "history/setup-failed",
    Explanation {
        meaning: "The setup SQL, which runs before the history, failed in an empty database.",
        example: "The file of `--setup roles.sql` contains a psql command such as \\connect.",
        fix: "Correct the file in the finding.",
        allow: "It cannot be allowed: the history depends on the setup.",
    },
);
/// A migration was not applied because of the state of the database.
pub static REFUSED: Code = Code::error(
    "migration/refused",
    Explanation {
        meaning: "A migration was not applied because a backfill that it requires has pending units, or because \
                  another tool has migrated the database.",
        example: "A migration makes a column NOT NULL, and the backfill in its `-- requires-backfill:` is not \
                  finished.",
        fix: "Run the backfill with `backfill NAME --execute`, then migrate again.",
        allow: "Remove the directive if the migration does not depend on the backfill, or the other tool's table if \
                it is unused.",
    },
);
/// A statement of a migration failed on a real database.
pub static MIGRATION_FAILED: Code = Code::error(
    "migration/failed",
    Explanation {
        meaning: "A statement of a migration failed on a real database.",
        example: "ALTER TABLE … ADD CONSTRAINT, and existing rows violate the constraint",
        fix: "Correct the file or the rows; the help says whether changes of the file remain in the database.",
        allow: "It cannot be allowed: the migration is not applied.",
    },
);
/// A check failed on a real database.
pub static CHECK_FAILED: Code = Code::error(
    "check/failed",
    Explanation {
        meaning: "A check failed on a real database.",
        example: "A check that lists pets without traits returns three pets.",
        fix: "Look at the rows; correct the data, the backfill that wrote it, or the check.",
        allow: "Narrow the check with `-- from: VERSION` and `-- until: VERSION`, or make it a report with `-- kind: \
                report`.",
    },
);
/// A backfill cannot transform some units.
pub static UNITS_REJECTED: Code = Code::error(
    "backfill/rejected",
    Explanation {
        meaning: "A backfill cannot transform some units, so an execution stops at the first of them.",
        example: "A profile whose JSON text is not valid JSON.",
        fix: "Correct the rows that the record lists, or the transform; then run the backfill again.",
        allow: "It cannot be allowed: the units have no new value.",
    },
);
/// A finished run of a backfill left units pending.
pub static UNITS_PENDING: Code = Code::warning(
    "backfill/pending",
    Explanation {
        meaning: "Units are still pending after a run of a backfill that has finished.",
        example: "An old version of the app inserts rows without the new column while the backfill runs.",
        fix: "Run the backfill again once the old version of the app is gone.",
        allow: "It is a warning, which does not make the command fail.",
    },
);
/// A throwaway database, its server or the file system failed before the first proof.
pub static INTERNAL: Code = Code::error(
    "rehearsal/failed",
    Explanation {
        meaning: "A throwaway database, its server or the file system failed before the first proof.",
        example: "The disk is full.",
        fix: "Follow the help of the finding, then rehearse again.",
        allow: "It cannot be allowed: nothing was rehearsed.",
    },
);

/// Files that a command created are not filled in yet.
pub static UNFILLED_SCAFFOLD: Code = Code::error(
    "history/unfilled-scaffold",
    Explanation {
        meaning: "A command created a migration, a check or a backfill, and the file still has its first content.",
        example: "`new pets add_colour` was run, and the up file contains only the comment that says what to write.",
        fix: "Write the change, and remove the words that mark the scaffold.",
        allow: "It cannot be allowed: remove the files if you do not need them.",
    },
);

/// An entry `[[allow]]` of `rehearsal.toml` accepts nothing.
pub static UNUSED_ALLOW: Code = Code::warning(
    "history/unused-allow",
    Explanation {
        meaning: "An entry [[allow]] in rehearsal.toml accepts a finding that was not found.",
        example: "The migration that the entry names was corrected before it shipped.",
        fix: "Remove the entry, or correct its `migration`, `code` and `object`.",
        allow: "It is a warning, which does not make the rehearsal fail.",
    },
);

/// All codes of this module.
pub static CODES: &[&Code] = &[
    &DUPLICATE_VERSION,
    &MISSING_UP,
    &IGNORED_FILE,
    &UPPER_CASE_ENDING,
    &BAD_VERSION,
    &UNREADABLE_FILE,
    &BAD_DIRECTIVE,
    &OWN_TRANSACTION,
    &BYTE_ORDER_MARK,
    &MISSING_FILE,
    &EDITED,
    &OUT_OF_ORDER,
    &FAILED_MIDWAY,
    &UNFILLED_SCAFFOLD,
    &UNUSED_ALLOW,
    &UNKNOWN_BACKFILL,
    &BAD_CONFIGURATION,
    &WRONG_ENGINE,
    &NEEDS_MISSING,
    &NEEDS_PRIVILEGE,
    &NO_SERVER,
    &SETUP_FAILED,
    &REFUSED,
    &MIGRATION_FAILED,
    &CHECK_FAILED,
    &UNITS_REJECTED,
    &UNITS_PENDING,
    &INTERNAL,
];

/// Returns the code with that name.
pub(crate) fn named(name: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.name == name)
}

/// Returns a finding for a fault of a history.
pub(crate) fn of_fault(fault: &Fault) -> Finding {
    let code = fault.code().and_then(|code| named(&code.to_string())).unwrap_or(&BAD_CONFIGURATION);
    let finding = Finding::of_error(code, fault);
    match fault.file() {
        Some(file) if finding.file.is_none() => finding.in_file(file),
        _ => finding,
    }
}
