//! The proofs of a rehearsal, one file or folder each. A proof answers one question by trying it, on scratch
//! databases only. It reports each step before it runs and continues after a finding if it can.
//!
//! To add a proof, implement [`Proof`] in a new file and add a line to [`ALL`].

mod concurrent;
mod crash;
mod deterministic;
mod fresh;
mod generated_rows;
mod idempotent;
pub mod kit;
mod mutation;
mod outcome;
mod populated;
mod refusal;
mod rehearsal;
mod reversible;
mod run;
mod selection;
mod verify_backfill;

pub use concurrent::{Act, AnyTraffic, Failure, Held, Kind, Traffic, Written};
pub use crash::{Done, Program, Said};
pub use kit::snapshot::{Compared, Snapshot};
pub use outcome::{Next, Outcome};
pub use rehearsal::{Depth, REHEARSAL_BATCH, Rehearsal};
pub use run::{Data, ProofRun};
pub(crate) use selection::POPULATED;
pub use selection::{Selected, SelectionError, select};
pub(crate) use verify_backfill::VerifyBackfill;

pub use crate::generate::rows::Insert;

use crate::Error;
use crate::report::{Code, Failures, history};
use futures_util::future::LocalBoxFuture;

/// Whether a proof applies to the data at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// The proof is carried out.
    Yes,
    /// The proof is skipped, and the report of the database contains these notes.
    No(Vec<String>),
}

impl Applies {
    /// Returns [`Yes`](Self::Yes) if the condition is true, and [`No`](Self::No) without notes otherwise.
    #[must_use]
    pub fn when(condition: bool) -> Self {
        if condition { Self::Yes } else { Self::No(Vec::new()) }
    }
}

/// One question about a change, answered by trying it. Each rehearsal of a database has its own value, which can
/// keep state from one fixture to the next.
///
/// ```
/// use rehearsal::proofs::{Applies, Data, Outcome, Proof, ProofRun, Rehearsal};
/// use rehearsal::report::{Code, Explanation, Failures, Finding};
/// use rehearsal::{Error, failures};
/// use std::pin::Pin;
///
/// static FAILURES: Failures = failures!("named");
/// static LONG_NAME: Code = Code::error(
///     "named/long-name",
///     Explanation {
///         meaning: "The name of a migration is longer than 60 characters.",
///         example: "20250301090000_add_the_column_….up.sql",
///         fix: "Shorten the name.",
///         allow: "With [[allow]] in rehearsal.toml.",
///     },
/// );
///
/// /// Reports migrations with long names.
/// struct Named;
///
/// impl Proof for Named {
///     fn name(&self) -> &'static str {
///         "named"
///     }
///
///     fn question(&self) -> &'static str {
///         "Is every name short?"
///     }
///
///     fn codes(&self) -> Vec<&'static Code> {
///         vec![&LONG_NAME]
///     }
///
///     fn failures(&self) -> &'static Failures {
///         &FAILURES
///     }
///
///     fn applies(&self, _: &Rehearsal<'_>, data: &Data<'_>) -> Applies {
///         Applies::when(data.fixture.is_none())
///     }
///
///     fn prove<'a>(
///         &'a mut self,
///         run: &'a mut ProofRun<'_>,
///     ) -> Pin<Box<dyn Future<Output = Result<Outcome, Error>> + 'a>> {
///         Box::pin(async move {
///             let migrations = run.rehearsal().history.migrations.iter();
///             let long = migrations.filter(|migration| migration.name.len() > 60);
///             let found = long.map(|migration| {
///                 let message = format!("the name of migration {} is long", migration.version);
///                 Finding::new(&LONG_NAME, message).of_migration(migration.version)
///             });
///             Ok(Outcome { findings: found.collect(), ..Outcome::default() })
///         })
///     }
/// }
/// ```
pub trait Proof: Send {
    /// Returns the name that reports use.
    fn name(&self) -> &'static str;

    /// Returns the question that the proof answers.
    fn question(&self) -> &'static str;

    /// Returns the codes of its findings, without those of [`failures`](Self::failures).
    fn codes(&self) -> Vec<&'static Code>;

    /// Returns the codes with which the runner reports that the proof could not be carried out
    /// ([`failures!`](crate::failures)).
    fn failures(&self) -> &'static Failures;

    /// Returns whether the proof is carried out with that data.
    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies;

    /// Returns the name of a proof that must end before this one starts. It must precede this one in
    /// [`Rehearsal::proofs`]; if it is not part of the rehearsal, this one does not wait.
    fn after(&self) -> Option<&'static str> {
        None
    }

    /// Carries out the proof. The runner reports an error as a finding and keeps the findings before it.
    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>>;

    /// Returns the part of the outcome that is known only after the last fixture. It is added to the report of that
    /// fixture.
    fn conclude(&mut self, _: &Rehearsal<'_>) -> Outcome {
        Outcome::default()
    }
}

/// Creates a proof for the rehearsal of one database.
pub type NewProof = fn() -> Box<dyn Proof>;

/// All proofs of this crate, in the order in which they are carried out.
pub const ALL: &[NewProof] = &[
    || Box::new(fresh::Fresh),
    || Box::new(generated_rows::GeneratedRows),
    || Box::<populated::Populated>::default(),
    || Box::new(idempotent::Idempotent),
    || Box::new(deterministic::Deterministic),
    || Box::new(reversible::Reversible),
    || Box::new(crash::Crash),
    || Box::new(concurrent::Concurrent),
    || Box::<mutation::Mutation>::default(),
];

/// Returns the codes that findings of a proof can have.
#[must_use]
pub fn codes_of(proof: &dyn Proof) -> Vec<&'static Code> {
    [proof.codes(), proof.failures().all()].concat()
}

/// Returns all codes that findings of this crate can have.
#[must_use]
pub fn codes() -> Vec<&'static Code> {
    let of_proofs = ALL.iter().flat_map(|new| codes_of(new().as_ref())).chain(verify_backfill::codes());
    history::CODES.iter().copied().chain(of_proofs).collect()
}
