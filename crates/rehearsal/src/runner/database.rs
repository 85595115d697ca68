//! Runs the proofs of one database: with an empty database, then with each fixture.

use super::{Shared, refused, to_the_second};
use crate::Error;
use crate::cache::{Answer, Answers, Memory, Skipped};
use crate::event::Event;
use crate::interim::Interim;
use crate::proofs::{Applies, Data, NewProof, Next, Outcome, POPULATED, Proof, ProofRun, REHEARSAL_BATCH, Rehearsal};
use crate::report::{DatabaseReport, Finding, ProofReport, ProofStatus};
use crate::runner::Settings;
use crate::sandbox;
use crate::workspace::Origin;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The result of one proof with one set of data.
enum Proved {
    /// The proof ran, or is unchanged.
    Made(Box<ProofReport>, Vec<Finding>, Next),
    /// The proof does not apply.
    Skipped(Skipped, Reason),
    /// The proof did not start, because another one had failed.
    Stopped,
}

/// How many of the proofs of a database are over, with each fixture counted separately.
struct Progress {
    done: AtomicUsize,
    of: usize,
}

/// Why a proof does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It depends on the inputs only.
    Lasting,
    /// An earlier proof failed.
    Failure,
}

/// The results of the proofs so far.
#[derive(Default)]
struct Found {
    proofs: Vec<ProofReport>,
    findings: Vec<Finding>,
    notes: Vec<String>,
    /// The proofs that did not apply to a fixture, by name.
    skipped: Vec<(&'static str, Skipped)>,
    /// True if a proof did not start, because another one had failed.
    has_stopped: bool,
}

impl Found {
    /// Adds the result of a proof.
    fn add(&mut self, (name, proved): (&'static str, Proved)) -> Next {
        match proved {
            Proved::Made(report, findings, next) => {
                self.proofs.push(*report);
                self.findings.extend(findings);
                next
            }
            Proved::Stopped => {
                self.has_stopped = true;
                Next::Continue
            }
            Proved::Skipped(skipped, reason) => {
                self.notes.extend(skipped.notes.iter().cloned());
                // After a failure, the proof may apply the next time.
                if reason == Reason::Lasting {
                    self.skipped.push((name, skipped));
                }
                Next::Continue
            }
        }
    }
}

/// The proofs that run first with each fixture, one after another, because they decide whether the others apply. The
/// others run concurrently.
const FIRST: [&str; 2] = ["fresh", POPULATED];

impl Rehearsal<'_> {
    /// Runs every proof: with an empty database, then with each fixture. A proof that is unchanged is not run again.
    pub async fn run(&self, memory: Option<&Memory>) -> DatabaseReport {
        self.run_in(memory, &Shared::new(&Settings::default(), &Interim::default())).await
    }

    /// Runs every proof; each one takes a slot while it runs.
    pub(super) async fn run_in(&self, memory: Option<&Memory>, shared: &Shared<'_>) -> DatabaseReport {
        let began = Instant::now();
        let mut known = memory.map(|memory| memory.recalled.clone()).unwrap_or_default();
        // The other proofs need the state that *populated* leaves.
        known.proofs.remove(POPULATED);
        let found = match self.prepare().await {
            Ok(()) => self.prove_all(&known, shared).await,
            Err(finding) => Err(finding),
        };
        let (found, is_refused) = match found {
            Ok(found) => (found, false),
            Err(mut finding) => {
                finding.reproducible(self.database, self.command(), None);
                (Found { findings: vec![*finding], ..Found::default() }, true)
            }
        };
        let incomplete = match shared.has_ended() && found.has_stopped {
            true => Some("it stopped at the first failure\nleave out `--fail-fast` to run every proof".to_owned()),
            false => self.incomplete(&found.proofs),
        };
        let answers = self.answers(&found);
        let mut report = DatabaseReport {
            engine_version: self.sandbox.engine_version(self.database.engine).await,
            exit: DatabaseReport::exit_of(&found.findings, incomplete.as_deref()),
            duration: began.elapsed(),
            migrations: self.history.migrations.len(),
            backfills: self.backfills.iter().map(|backfill| backfill.about().name.to_owned()).collect(),
            checks: self.checks.len() + self.row_checks.len(),
            proofs: found.proofs,
            left_out: self.left_out.clone(),
            findings: found.findings,
            notes: found.notes,
            incomplete,
            ..refused(self.database, Vec::new())
        };
        if !is_refused {
            self.baseline.conclude(&mut report);
        }
        if let Some(memory) = memory.filter(|_| !is_refused) {
            if self.left_out.is_empty() {
                memory.keep(&Answers::new(&report, answers));
            } else {
                // Without all proofs, it is unknown whether the rehearsal is complete, so only failures count.
                let names = self.proofs.iter().map(|new| new().name());
                memory.forget(&names.filter(|name| !answers.contains_key(*name)).collect::<Vec<_>>());
            }
        }
        report
    }

    /// Returns the answers of the proofs that ran with every fixture to which they apply and have no finding.
    fn answers(&self, found: &Found) -> BTreeMap<String, Answer> {
        let (now, data) = (to_the_second(jiff::Timestamp::now()), 1 + self.database.fixtures.len());
        let answer = |new: &NewProof| {
            let name = new().name();
            let reports: Vec<&ProofReport> = found.proofs.iter().filter(|report| report.name == name).collect();
            let skipped = found.skipped.iter().filter(|(proof, _)| *proof == name);
            let skipped: Vec<Skipped> = skipped.map(|(_, skipped)| skipped.clone()).collect();
            let is_whole = reports.len() + skipped.len() == data;
            Some((name.to_owned(), Answer::of(&reports, skipped, &now).filter(|_| is_whole)?))
        };
        self.proofs.iter().filter_map(answer).collect()
    }

    /// Checks that throwaway databases for this history can be created.
    async fn prepare(&self) -> Result<(), Box<Finding>> {
        let refuse = |error: Error| Box::new(Finding::of_error(error.finding_code(), &error));
        self.sandbox.takes(self.database, self.history).map_err(|why| refuse(sandbox::Error::from(why).into()))?;
        if self.database.setup.is_empty() {
            return Ok(());
        }
        let tried = self.sandbox.try_out(self.database, self.history, None).await;
        tried.map_err(|error| refuse(error.into()))
    }

    async fn prove_all(&self, known: &Answers, shared: &Shared<'_>) -> Result<Found, Box<Finding>> {
        let mut found = Found { notes: self.database.unused_fixtures().into_iter().collect(), ..Found::default() };
        let mut proofs: Vec<Box<dyn Proof>> = self.proofs.iter().map(|new| new()).collect();
        let progress = Progress { of: proofs.len() * (1 + self.database.fixtures.len()), done: AtomicUsize::new(0) };
        'fixtures: for fixture in std::iter::once(None).chain(self.database.fixtures.iter().map(Some)) {
            let data = Data::of(fixture);
            let (first, others): (Vec<_>, Vec<_>) = proofs.iter_mut().partition(|proof| FIRST.contains(&proof.name()));
            for proof in first {
                match found.add(self.prove_once(proof.as_mut(), &data, known, shared, &progress).await) {
                    Next::Continue => {}
                    Next::SkipData => continue 'fixtures,
                    Next::Refuse(finding) => return Err(finding),
                }
            }
            let prove = async |proof: &mut Box<dyn Proof>| {
                self.prove_once(proof.as_mut(), &data, known, shared, &progress).await
            };
            for proved in shared.threads.each(others, prove).await {
                if let Next::Refuse(finding) = found.add(proved) {
                    return Err(finding);
                }
            }
        }
        for proof in proofs.iter_mut().filter(|proof| !known.proofs.contains_key(proof.name())) {
            let outcome = proof.conclude(self);
            if let Some(report) = found.proofs.iter_mut().rfind(|report| report.name == proof.name()) {
                found.findings.extend(self.add(report, outcome));
            }
        }
        Ok(found)
    }

    /// Runs one proof with one set of data, unless it is unchanged or does not apply.
    async fn prove_once(
        &self,
        proof: &mut dyn Proof,
        data: &Data<'_>,
        known: &Answers,
        shared: &Shared<'_>,
        progress: &Progress,
    ) -> (&'static str, Proved) {
        let (name, fixture) = (proof.name(), data.fixture.map(|fixture| fixture.name.clone()));
        let proved = match known.proofs.get(name) {
            Some(answer) => match answer.report(name, fixture.as_deref()) {
                Ok(report) => Proved::Made(Box::new(report), Vec::new(), Next::Continue),
                Err(notes) => Proved::Skipped(Skipped { fixture, notes }, Reason::Lasting),
            },
            None => match proof.applies(self, data) {
                Applies::No(notes) if data.all_passed() => Proved::Skipped(Skipped { fixture, notes }, Reason::Lasting),
                Applies::No(notes) => Proved::Skipped(Skipped { fixture, notes }, Reason::Failure),
                Applies::Yes => {
                    // Waits before it takes a slot: if no slot were left, the awaited proof could not start.
                    if let Some(other) = proof.after() {
                        data.wait_for(other, name, self).await;
                    }
                    // The semaphore is never closed.
                    let _slot = shared.slots.acquire().await;
                    if shared.has_ended() {
                        Proved::Stopped
                    } else {
                        (self.events)(self.proof_started(name, fixture, progress));
                        let (report, findings, next) = self.prove(proof, data, REHEARSAL_BATCH).await;
                        Proved::Made(Box::new(report), findings, next)
                    }
                }
            },
        };
        progress.done.fetch_add(1, Ordering::Relaxed);
        let report = match &proved {
            Proved::Made(report, findings, _) => {
                shared.interim.add(&self.database.name, report, findings);
                Some(report.as_ref().clone())
            }
            Proved::Skipped(..) | Proved::Stopped => None,
        };
        data.settle(name, report);
        (name, proved)
    }

    fn proof_started(&self, proof: &'static str, fixture: Option<String>, progress: &Progress) -> Event {
        let (database, done) = (self.database.name.clone(), progress.done.load(Ordering::Relaxed));
        Event::ProofStarted { database, proof, fixture, done, of: progress.of }
    }

    /// Runs one proof with one set of data.
    pub(super) async fn prove(
        &self,
        proof: &mut dyn Proof,
        data: &Data<'_>,
        batch: NonZeroU32,
    ) -> (ProofReport, Vec<Finding>, Next) {
        let mut run = ProofRun::new(self, data, batch, proof.failures());
        let proved = proof.prove(&mut run).await;
        let (mut outcome, stopped) = match proved {
            Ok(outcome) => (run.outcome().and(outcome), None),
            Err(error) => {
                run.failed(&error).await;
                let outcome = run.outcome();
                let step = outcome.findings.last().and_then(|finding| finding.step.clone());
                (outcome, step)
            }
        };
        let mut report = ProofReport {
            name: proof.name(),
            fixture: data.fixture.map(|fixture| fixture.name.clone()),
            status: ProofStatus::Passed,
            made_at: None,
            duration: run.began.elapsed(),
            findings: 0,
            notes: Vec::new(),
            warnings: Vec::new(),
            not_covered: Vec::new(),
            figures: serde_json::Map::new(),
        };
        let next = std::mem::take(&mut outcome.next);
        let findings = self.add(&mut report, outcome);
        if report.status == ProofStatus::Passed
            && let Some(step) = stopped
        {
            // The finding does not count, but it ended the proof.
            report.status = ProofStatus::Incomplete;
            let data = report.fixture.as_deref().unwrap_or("an empty database");
            report.not_covered.push(match next {
                Next::SkipData => format!("no other proof ran with {data}, because {} failed", report.name),
                Next::Continue | Next::Refuse(_) => {
                    format!("{} with {data} ended at `{step}`: nothing after it was tried", report.name)
                }
            });
        }
        (report, findings, next)
    }

    /// Adds an outcome to the report of its proof and returns the outcome's findings.
    fn add(&self, report: &mut ProofReport, outcome: Outcome) -> Vec<Finding> {
        let mut findings = outcome.findings;
        for finding in &mut findings {
            finding.proof = Some(report.name);
            finding.fixture = report.fixture.as_deref().map(Into::into);
            if finding.reproduce.is_none() {
                finding.reproducible(self.database, self.command(), None);
            }
            finding.status = self.baseline.status(finding);
        }
        report.findings += findings.len();
        report.notes.extend(outcome.notes);
        report.warnings.extend(outcome.warnings);
        report.not_covered.extend(outcome.not_covered);
        report.figures.extend(outcome.figures);
        if findings.iter().any(Finding::counts) {
            report.status = ProofStatus::Failed;
        } else if outcome.is_incomplete && report.status == ProofStatus::Passed {
            report.status = ProofStatus::Incomplete;
        }
        findings
    }

    /// Returns why the rehearsal is incomplete, followed by the remedies, each on a separate line. `None` if it is
    /// complete.
    ///
    /// A rehearsal is incomplete if a proof is, or if there is no fixture and generated rows cannot replace one: a
    /// table has no generated rows, a migration did not run on them, or a backfill needs data that only an app
    /// writes.
    fn incomplete(&self, proofs: &[ProofReport]) -> Option<String> {
        if proofs.is_empty() && !self.left_out.is_empty() {
            let name = &self.database.name;
            return Some(format!("no selected proof applies to {name}\nadd a fixture, or select other proofs"));
        }
        if let Some(proof) = proofs.iter().find(|proof| proof.status == ProofStatus::Incomplete) {
            return Some(format!("proof {}\n{}", proof.name, proof.not_covered.join("\n")));
        }
        let lacks = proofs.iter().any(|proof| !proof.not_covered.is_empty()) || !self.backfills.is_empty();
        if !self.database.fixtures.is_empty() || proofs.is_empty() || !lacks {
            return None;
        }
        let name = &self.database.name;
        let file = |folder: &str| format!("put data into {folder}/<name>.sql, with `-- at: VERSION` in the first line");
        let remedy = match (&self.database.configured.fixtures, &self.database.origin) {
            (_, Origin::Given { .. }) => "add data of any version with `--fixture FILE@VERSION`".to_owned(),
            (Some(folder), _) => file(&folder.display().to_string()),
            (None, Origin::Workspace) => file(&format!("fixtures/{name}")),
            (None, Origin::Project { .. }) => file("fixtures"),
        };
        Some(format!("{name} has no fixture, and generated rows do not cover it completely\n{remedy}"))
    }
}
