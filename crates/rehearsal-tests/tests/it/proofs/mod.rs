//! The proofs on a small history with a small backfill that labels toys. Each case puts one fault into it; the
//! snapshot shows which proof finds the fault and how it reports it. Start with [`Toys::rehearse`].

pub(crate) mod live;
mod outside;
mod several;
mod sqlite;

use crate::suite::hold;
use pretty_assertions::assert_eq;
use rehearsal::backfill::{About, AnyBackfill, Backfill, Findings, Reject, UnitOrder, Written};
use rehearsal::baseline::Baseline;
use rehearsal::check::{self, AnyRowCheck};
use rehearsal::event::silent;
use rehearsal::migration::History;
use rehearsal::proofs::{self, AnyTraffic, Depth, NewProof, Rehearsal};
use rehearsal::report::{DatabaseReport, ProofReport, ProofStatus};
use rehearsal::sandbox::{Host, NoHost, Sandbox};
use rehearsal::workspace::Workspace;
use rehearsal_cli::args::Detail;
use rehearsal_cli::reporters::{Style, finding};
use rehearsal_cli::terminal::Paint;
use rehearsal_tests::database::block;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use std::fmt::Write;
use std::fs;
use std::marker::PhantomData;
use tempfile::TempDir;

/// How findings are printed.
const STYLE: Style = Style { detail: Detail::Full, paint: Paint::Plain, width: 120 };

/// The version that creates the toys.
pub(crate) const CREATED: i64 = 20_250_901_090_000;
/// The version that adds their labels.
pub(crate) const LABELS: i64 = 20_250_915_090_000;

/// A toy as the backfill reads it.
#[derive(rehearsal::FromRow)]
pub(crate) struct Toy {
    id: String,
    name: String,
}

/// A backfill that labels each toy with its name in capitals. The test chooses the statement that stores the label.
pub(crate) struct Labels<Db> {
    name: &'static str,
    from: i64,
    units: &'static str,
    /// The statement; `$1` is a JSON list of pairs of id and label.
    write: String,
    order: UnitOrder,
    db: PhantomData<fn() -> Db>,
}

impl<Db> Labels<Db> {
    pub(crate) fn new(units: &'static str, write: String) -> Self {
        Self { name: "labels", from: LABELS, units, write, order: UnitOrder::Key, db: PhantomData }
    }

    /// Gives the backfill another name and first version.
    pub(crate) fn named(self, name: &'static str, from: i64) -> Self {
        Self { name, from, ..self }
    }

    /// Changes the order of the units.
    pub(crate) fn in_order(self, order: UnitOrder) -> Self {
        Self { order, ..self }
    }
}

macro_rules! labels {
    ($db:ty, $connection:ty) => {
        impl Backfill for Labels<$db> {
            type Db = $db;
            type Unit = Toy;
            type Output = (String, String);

            fn about(&self) -> About {
                About { scopes: &["id"], ..About::new(self.name, "toys", "toy", self.from) }
            }

            fn units(&self) -> &'static str {
                self.units
            }

            fn order(&self) -> UnitOrder {
                self.order
            }

            fn id(&self, toy: &Toy) -> String {
                toy.id.clone()
            }

            fn transform(&self, toy: &Toy, _: &mut Findings) -> Result<(String, String), Reject> {
                Ok((toy.id.clone(), toy.name.to_uppercase()))
            }

            async fn write(
                &self,
                connection: &mut $connection,
                outputs: &[(String, String)],
            ) -> Result<Written, sqlx::Error> {
                let outputs = serde_json::to_string(outputs).unwrap();
                let write = sqlx::AssertSqlSafe(self.write.clone());
                Ok(sqlx::query(write).bind(outputs).execute(connection).await?.rows_affected().into())
            }
        }
    };
}

labels!(Sqlite, SqliteConnection);
labels!(Postgres, PgConnection);

/// A workspace of one database.
pub(crate) struct Toys {
    folder: TempDir,
    pub(crate) depth: Depth,
    /// Writes of the app while the backfill runs. `None` if there are none.
    pub(crate) traffic: Option<Box<dyn AnyTraffic>>,
    /// The proofs to run.
    pub(crate) proofs: Vec<NewProof>,
    /// The location of the server, which differs from run to run. Snapshots contain a placeholder instead.
    pub(crate) hidden: String,
}

impl Toys {
    /// Creates a workspace with two migrations, and a fixture at the version of the first one.
    pub(crate) fn new(engine: &str, created: &str, labels: &str, fixture: &str) -> Self {
        // The program of this workspace sets both, so that hints name its files and commands.
        rehearsal::source::set_folder("xtask/src");
        rehearsal_db::command::set_name("cargo xtask");
        let folder = tempfile::tempdir().unwrap();
        let hidden = folder.path().to_string_lossy().into_owned();
        let proofs = proofs::ALL.to_vec();
        let toys = Self { folder, depth: Depth::Exhaustive, traffic: None, proofs, hidden };
        toys.write("migrations/toys/rehearsal.toml", &format!("engine = \"{engine}\"\n"));
        toys.write(&format!("migrations/toys/{CREATED}_create.up.sql"), created);
        toys.write(&format!("migrations/toys/{LABELS}_labels.up.sql"), labels);
        toys.write("fixtures/toys/some.sql", &format!("-- at: {CREATED}\n{fixture}"));
        toys
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Adds a check in SQL.
    pub(crate) fn check(&self, name: &str, sql: &str) -> &Self {
        self.write(&format!("migrations/toys/checks/{name}.sql"), &format!("-- from: {LABELS}\n{sql}"));
        self
    }

    /// Runs the proofs.
    pub(crate) fn rehearse(
        &self,
        backfills: &[&dyn AnyBackfill],
        row_checks: &[&dyn AnyRowCheck],
        host: impl AsyncFnOnce() -> Result<Host, NoHost>,
    ) -> DatabaseReport {
        let workspace = Workspace::read(self.folder.path()).unwrap();
        let database = workspace.database("toys").unwrap();
        let history = History::read(database).unwrap();
        let checks = check::read(&database.folder, database.engine).unwrap();
        block(async {
            let sandbox = Sandbox::open(&self.folder.path().join("target"), host().await).await.unwrap();
            let baseline = Baseline::default();
            let rehearsal = Rehearsal {
                gallery: None,
                database,
                history: &history,
                checks: &checks,
                row_checks: row_checks.to_vec(),
                backfills: backfills.to_vec(),
                traffic: self.traffic.as_deref(),
                proofs: self.proofs.clone(),
                left_out: Vec::new(),
                baseline: &baseline,
                depth: self.depth,
                program: None,
                sandbox: &sandbox,
                events: &silent,
            };
            let report = rehearsal.run(None).await;
            sandbox.close().await.unwrap();
            report
        })
    }

    /// Compares the notes and findings of a proof with a snapshot. Of the other proofs, exactly `others` must fail.
    pub(crate) fn hold(&self, report: DatabaseReport, proof: &str, others: &[&str], snapshot: &str) {
        let all: String = report.findings.iter().map(|found| finding("toys", found, &[], STYLE)).collect();
        assert_eq!(failed(&report, proof), others, "{snapshot}\n{all}");
        let mut text = String::new();
        for proof in report.proofs.iter().filter(|one| one.name == proof) {
            proof.notes.iter().for_each(|note| writeln!(text, "note: {note}").unwrap());
            text.extend(report.findings_of(proof).map(|found| finding("toys", found, &[], STYLE)));
        }
        let text = text.replace(&*self.folder.path().to_string_lossy(), "").replace(&self.hidden, "<server>");
        hold("proofs", snapshot, &text);
    }
}

/// Returns the names of the failed proofs, without `but`.
pub(crate) fn failed<'r>(report: &'r DatabaseReport, but: &str) -> Vec<&'r str> {
    let failed = |proof: &&ProofReport| proof.status == ProofStatus::Failed && proof.name != but;
    report.proofs.iter().filter(failed).map(|proof| proof.name).collect()
}
