//! Codes of what is wrong before a proof begins: static faults of a history, what it needs and does not find, and refusals.

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
        fix: "Give the newer migration a version of its own: rename its files.",
        allow: "It cannot be allowed: sqlx fails on the second file.",
    },
);
/// A down file has no up file, so nothing ever applies what it reverts.
pub static MISSING_UP: Code = Code::error(
    "history/missing-up",
    Explanation {
        meaning: "A down file has no up file, so nothing ever applies what it reverts.",
        example: "20250915090000_add_colour.down.sql stands alone after its up file was renamed.",
        fix: "Write the up file, or remove the down file.",
        allow: "It cannot be allowed: the file has no effect.",
    },
);
/// sqlx passes over a file of the migrations folder in silence.
pub static IGNORED_FILE: Code = Code::error(
    "history/ignored-file",
    Explanation {
        meaning: "sqlx passes over a file of the migrations folder in silence.",
        example: "A file is called add_colour.sql, without a version before its name.",
        fix: "Name it <version>_<name>.up.sql and .down.sql, or move it out of the folder.",
        allow: "Move the file out of the migrations folder.",
    },
);
/// sqlx takes the file for a migration without a down file, for it reads `.up` and `.down` only in lower case.
pub static UPPER_CASE_ENDING: Code = Code::error(
    "history/upper-case-ending",
    Explanation {
        meaning: "sqlx takes the file for a migration without a down file, for it reads `.up` and `.down` only in lower case.",
        example: "20250915090000_add_colour.UP.sql",
        fix: "Rename the file so that its ending is in lower case.",
        allow: "It cannot be allowed: sqlx would run a down file as a migration.",
    },
);
/// The name of a file does not begin with a version that sqlx can read, so sqlx stops at it.
pub static BAD_VERSION: Code = Code::error(
    "history/bad-version",
    Explanation {
        meaning: "The name of a file does not begin with a version that sqlx can read, so sqlx stops at it.",
        example: "2025-09-15_add_colour.up.sql",
        fix: "Begin the name with a whole number above zero, best a UTC time as YYYYMMDDHHMMSS.",
        allow: "It cannot be allowed: sqlx refuses the whole folder.",
    },
);
/// A migration could not be read as UTF-8 text.
pub static UNREADABLE_FILE: Code = Code::error(
    "history/unreadable-file",
    Explanation {
        meaning: "A migration could not be read as UTF-8 text.",
        example: "An editor saved the file as UTF-16.",
        fix: "Save it as UTF-8, and let this user read it.",
        allow: "It cannot be allowed: sqlx cannot read it either.",
    },
);
/// A comment looks like a directive of this tool and has no effect as it stands.
pub static BAD_DIRECTIVE: Code = Code::error(
    "history/bad-directive",
    Explanation {
        meaning: "A comment looks like a directive of this tool and has no effect as it stands.",
        example: "`-- lose: toy.size` instead of `-- loses:`",
        fix: "Correct the spelling, or move the directive above the first statement.",
        allow: "Reword the comment so that it does not look like a directive.",
    },
);
/// A file begins or ends a transaction, and sqlx runs the file inside a transaction of its own.
pub static OWN_TRANSACTION: Code = Code::error(
    "history/own-transaction",
    Explanation {
        meaning: "A file begins or ends a transaction, and sqlx runs the file inside a transaction of its own.",
        example: "BEGIN; ALTER TABLE …; COMMIT;",
        fix: "Remove the statement; or make `-- no-transaction` the first line where the file has to manage its own transactions.",
        allow: "Make `-- no-transaction` the first line of the file.",
    },
);
/// A file begins with a byte order mark, which PostgreSQL takes for a part of the first word.
pub static BYTE_ORDER_MARK: Code = Code::error(
    "history/byte-order-mark",
    Explanation {
        meaning: "A file begins with a byte order mark, which PostgreSQL takes for a part of the first word.",
        example: "An editor on Windows saved the file as UTF-8 with a byte order mark.",
        fix: "Save the file without a byte order mark.",
        allow: "It cannot be allowed: the first statement fails.",
    },
);
/// A migration was applied to this database, and its file is not in the folder.
pub static MISSING_FILE: Code = Code::error(
    "history/missing-file",
    Explanation {
        meaning: "A migration was applied to this database, and its file is not in the folder.",
        example: "A development database was migrated on another branch.",
        fix: "Bring the file back, or use the database that belongs to this checkout.",
        allow: "It cannot be allowed: sqlx refuses to migrate such a database.",
    },
);
/// A migration was edited after it had been applied to this database, so its checksum differs.
pub static EDITED: Code = Code::error(
    "history/edited",
    Explanation {
        meaning: "A migration was edited after it had been applied to this database, so its checksum differs.",
        example: "Somebody corrects a typing error in a shipped migration.",
        fix: "Restore the file and put the change into a new migration.",
        allow: "It cannot be allowed: sqlx refuses a changed checksum.",
    },
);
/// A migration was never applied to this database, though a newer one was.
pub static OUT_OF_ORDER: Code = Code::error(
    "history/out-of-order",
    Explanation {
        meaning: "A migration was never applied to this database, though a newer one was.",
        example: "A branch with an older version is merged after a newer one was shipped.",
        fix: "Give it a version above the newest applied one: rename its files.",
        allow: "It cannot be allowed: other databases would run the files in another order.",
    },
);
/// A migration is recorded as begun and not finished.
pub static FAILED_MIDWAY: Code = Code::error(
    "history/failed-midway",
    Explanation {
        meaning: "A migration is recorded as begun and not finished.",
        example: "A migration without a transaction failed at its second statement.",
        fix: "Finish or undo by hand what it left, then correct its row in _sqlx_migrations.",
        allow: "It cannot be allowed: the state of the database is unknown.",
    },
);
/// A migration requires a backfill that no program of this workspace has.
pub static UNKNOWN_BACKFILL: Code = Code::usage(
    "history/unknown-backfill",
    Explanation {
        meaning: "A migration requires a backfill that no program of this workspace has.",
        example: "`-- requires-backfill: pet_trait` where the backfill is called pet_traits",
        fix: "Correct the name in the directive, or register the backfill.",
        allow: "It cannot be allowed: the migration could never be applied.",
    },
);
/// A file beside the migrations, a check, a fixture or a registered backfill does not fit the history.
pub static BAD_CONFIGURATION: Code = Code::usage(
    "history/bad-configuration",
    Explanation {
        meaning: "A file beside the migrations, a check, a fixture or a registered backfill does not fit the history.",
        example: "A check says `-- from: 20250916000000`, and no migration has that version.",
        fix: "Correct what the finding names; its help says what is possible.",
        allow: "It cannot be allowed: the rehearsal would skip something in silence.",
    },
);
/// The migrations are written for another engine than the one that was named.
pub static WRONG_ENGINE: Code = Code::usage(
    "history/wrong-engine",
    Explanation {
        meaning: "The migrations are written for another engine than the one that was named.",
        example: "AUTOINCREMENT in a history that is rehearsed on PostgreSQL",
        fix: "Name the right engine with `--engine`, or in rehearsal.toml.",
        allow: "It cannot be allowed: the first such statement fails.",
    },
);
/// The history names an object that none of its migrations makes: another system owns it, or the server lacks it.
pub static NEEDS_MISSING: Code = Code::incomplete(
    "history/needs-missing",
    Explanation {
        meaning: "The history names an object that none of its migrations makes: another system owns it, or the server lacks it.",
        example: "A foreign key to a table that another team's service creates",
        fix: "Write SQL that makes the object and pass it with `--setup FILE`; install a missing extension.",
        allow: "It cannot be allowed: the history does not run without the object.",
    },
);
/// A migration needs a privilege that the role on the named server does not have.
pub static NEEDS_PRIVILEGE: Code = Code::incomplete(
    "history/needs-privilege",
    Explanation {
        meaning: "A migration needs a privilege that the role on the named server does not have.",
        example: "CREATE EXTENSION as a role that is no superuser",
        fix: "Name a role with that privilege, or let the rehearsal start a throwaway server.",
        allow: "It cannot be allowed: the migration fails with this role.",
    },
);
/// There is no PostgreSQL server on which this history could be rehearsed.
pub static NO_SERVER: Code = Code::incomplete(
    "history/no-server",
    Explanation {
        meaning: "There is no PostgreSQL server on which this history could be rehearsed.",
        example: "PostgreSQL is not installed on the machine.",
        fix: "Install PostgreSQL with `postgres install`, or name a server.",
        allow: "It cannot be allowed: nothing of the history was rehearsed.",
    },
);
/// The SQL that runs before the history failed in an empty database.
pub static SETUP_FAILED: Code = Code::usage(
    "history/setup-failed",
    Explanation {
        meaning: "The SQL that runs before the history failed in an empty database.",
        example: "`--setup roles.sql` holds a command of psql's own.",
        fix: "Correct the file that the finding names.",
        allow: "It cannot be allowed: the history does not run without it.",
    },
);
/// A migration was not applied, for a backfill that it requires has units left.
pub static REFUSED: Code = Code::error(
    "migration/refused",
    Explanation {
        meaning: "A migration was not applied, for a backfill that it requires has units left.",
        example: "A migration makes a column NOT NULL, and its `-- requires-backfill:` still has pending units.",
        fix: "Run the backfill with `backfill NAME --execute`, then migrate again.",
        allow: "Remove the directive if the migration does not depend on the backfill.",
    },
);
/// A statement of a migration failed on a real database.
pub static MIGRATION_FAILED: Code = Code::error(
    "migration/failed",
    Explanation {
        meaning: "A statement of a migration failed on a real database.",
        example: "ALTER TABLE … ADD CONSTRAINT on rows that violate it",
        fix: "Correct the file, or the rows; what the file left behind is in the message.",
        allow: "It cannot be allowed: the migration is not applied.",
    },
);
/// A verification query did not find what it expects in a real database.
pub static CHECK_FAILED: Code = Code::error(
    "check/failed",
    Explanation {
        meaning: "A verification query did not find what it expects in a real database.",
        example: "A check that lists pets without traits returns three pets.",
        fix: "Look at the rows; correct the data, the backfill that made it, or the check.",
        allow: "Narrow the check with `-- from: VERSION` and `-- until: VERSION`, or make it a report with `-- kind: report`.",
    },
);
/// A throwaway database, its server or the file system failed before any proof could begin.
pub static INTERNAL: Code = Code::error(
    "rehearsal/failed",
    Explanation {
        meaning: "A throwaway database, its server or the file system failed before any proof could begin.",
        example: "The disk is full.",
        fix: "Follow the help of the finding, then rehearse again.",
        allow: "It cannot be allowed: nothing was rehearsed.",
    },
);

/// Every code of this module.
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
    &INTERNAL,
];

/// The code of that name.
pub(crate) fn named(name: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.name == name)
}

/// A static fault of a history.
pub(crate) fn of_fault(fault: &Fault) -> Finding {
    let code = fault.code().and_then(|code| named(&code.to_string())).unwrap_or(&BAD_CONFIGURATION);
    let finding = Finding::of_error(code, fault);
    match fault.file() {
        Some(file) if finding.file.is_none() => finding.in_file(file),
        _ => finding,
    }
}
