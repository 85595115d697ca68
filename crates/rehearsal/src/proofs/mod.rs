//! The proofs of a rehearsal, one file each. A proof answers one question by doing it, on scratch databases only; it says what
//! it is doing before it does it, and continues after a finding where it can.
//!
//! To add a proof, write a file that implements [`Proof`], and a line in [`ALL`].

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
mod verify_backfill;

pub use concurrent::{Act, AnyTraffic, Failure, Held, Kind, Traffic, Written};
pub use crash::{Done, Program, Said};
pub use kit::snapshot::{Compared, Snapshot};
pub use outcome::{Next, Outcome};
pub use rehearsal::{Depth, REHEARSAL_BATCH, Rehearsal};
pub use run::{Data, ProofRun};
pub(crate) use verify_backfill::VerifyBackfill;

pub use crate::generate::rows::Insert;

use crate::Error;
use crate::report::{Code, Failures, history};
use futures_util::future::LocalBoxFuture;

/// Whether a proof is carried out with some data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It is.
    Yes,
    /// It is not, and the report of the database says these notes.
    No(Vec<String>),
}

impl Applies {
    /// It is where that is true.
    #[must_use]
    pub fn when(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No(Vec::new()) }
    }
}

/// One question about a change, answered by doing it. A value is made for each rehearsal of a database, so that it can
/// remember from one fixture to the next.
pub trait Proof {
    /// Its name, as reports have it.
    fn name(&self) -> &'static str;

    /// The question that it answers.
    fn question(&self) -> &'static str;

    /// The codes of what it finds.
    fn codes(&self) -> Vec<&'static Code>;

    /// The codes with which the runner reports that it could not be carried out ([`failures!`](crate::failures)).
    fn failures(&self) -> &'static Failures;

    /// Whether it is carried out with that data.
    fn applies(&self, rehearsal: &Rehearsal<'_>, data: &Data<'_>) -> Applies;

    /// Carries it out. An error is reported as a finding; what was found before it stays.
    fn prove<'a>(&'a mut self, run: &'a mut ProofRun<'_>) -> LocalBoxFuture<'a, Result<Outcome, Error>>;

    /// What is known only after the last fixture; it is added to the report of the last one.
    fn conclude(&mut self, _: &Rehearsal<'_>) -> Outcome {
        Outcome::default()
    }
}

/// Makes a proof for the rehearsal of a database.
pub type NewProof = fn() -> Box<dyn Proof>;

/// Every proof of this crate, in the order in which they are carried out.
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

/// The codes that findings of a proof can have.
#[must_use]
pub fn codes_of(proof: &dyn Proof) -> Vec<&'static Code> {
    [proof.codes(), proof.failures().all()].concat()
}

/// Every code that a finding of this crate can have.
#[must_use]
pub fn codes() -> Vec<&'static Code> {
    let of_proofs = ALL.iter().flat_map(|new| codes_of(new().as_ref())).chain(verify_backfill::codes());
    history::CODES.iter().copied().chain(of_proofs).collect()
}
