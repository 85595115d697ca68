//! What every subcommand starts from: the workspace, the registry, the terminal, and where the person stood.

use crate::environment::{self, hints};
use crate::error::Error;
use crate::given;
use crate::host::host;
use crate::terminal::{Paint, Terminal, duration};
use rehearsal::backfill::AnyBackfill;
use rehearsal::check::{self, AnyRowCheck, Check};
use rehearsal::directive::nearest;
use rehearsal::event::{Direction, Event, Events};
use rehearsal::fixture;
use rehearsal::generator::{About, Generator};
use rehearsal::migration::{self, History};
use rehearsal::proofs::{self, AnyTraffic, Depth, NewProof, Program, Rehearsal};
use rehearsal::sandbox::{NoHost, Sandbox};
use rehearsal::workspace::{Database, Origin, Workspace};
use rehearsal_db::command::command;
use rehearsal_db::{Engine, Lock, Sharing, Target};
use std::path::{Path, PathBuf};

/// The data changes, checks in Rust, generators and traffic that a workspace has.
#[derive(Default)]
pub struct Registry {
    /// The backfills, in the order in which they run.
    pub backfills: Vec<Box<dyn AnyBackfill>>,
    /// The checks in Rust.
    pub checks: Vec<Box<dyn AnyRowCheck>>,
    /// The generators of fixtures.
    pub generators: Vec<Box<dyn Generator>>,
    /// What apps do while backfills run.
    pub traffic: Vec<Box<dyn AnyTraffic>>,
    /// Proofs beside those of the library; they are carried out after them.
    pub proofs: Vec<NewProof>,
}

/// Where a command works.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) terminal: &'a Terminal,
    pub(crate) workspace: Workspace,
    /// The folder in which the command was typed: paths on the command line are relative to it.
    pub(crate) typed_in: PathBuf,
}

/// A database with its history and checks.
pub(crate) struct Loaded<'a> {
    pub(crate) database: &'a Database,
    pub(crate) history: History,
    pub(crate) checks: Vec<Check>,
}

impl<'a> Context<'a> {
    /// Goes to the root of the workspace and reads it.
    pub(crate) fn enter(registry: &'a Registry, terminal: &'a Terminal) -> Result<Self, Error> {
        let typed_in = environment::working_folder()?;
        let root = Workspace::find_root(&typed_in)?;
        // From here on, paths are short in every message.
        environment::work_in(&root)?;
        // Where the command was typed elsewhere, a short path would mean another file there.
        let base = if typed_in == root { PathBuf::new() } else { root };
        let workspace = Workspace::read(&base)?;
        let context = Self { registry, terminal, workspace, typed_in };
        context.check_registry()?;
        Ok(context)
    }

    /// A workspace of one database that flags describe, and nothing of ours. Paths stay as they were typed. What is kept from
    /// one rehearsal to the next goes where this project's builds go, or to the user's cache.
    pub(crate) fn given(nothing: &'a Registry, terminal: &'a Terminal, database: Database) -> Result<Self, Error> {
        let typed_in = environment::working_folder()?;
        let root = typed_in.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
        let root = root.map_or_else(|| hints().cache.join("rehearsal"), Path::to_owned);
        Ok(Self { registry: nothing, terminal, workspace: Workspace { root, databases: vec![database] }, typed_in })
    }

    fn check_registry(&self) -> Result<(), Error> {
        let backfills = self.registry.backfills.iter().map(|backfill| {
            let about = backfill.about();
            (format!("backfill `{}`", about.name), about.database, Some(backfill.engine()))
        });
        let checks = self.registry.checks.iter().map(|check| {
            let about = check.about();
            (format!("check `{}`", about.name), about.database, Some(check.engine()))
        });
        // A generator is written for any engine.
        let generators = self.registry.generators.iter().map(|generator| {
            let database = generator.about().database;
            (format!("generator `{database}`"), database, None)
        });
        let traffic = self.registry.traffic.iter().map(|traffic| {
            let database = traffic.database();
            (format!("traffic `{database}`"), database, Some(traffic.engine()))
        });
        for (what, name, engine) in backfills.chain(checks).chain(generators).chain(traffic) {
            let found = self.workspace.databases.iter().find(|database| database.name == name);
            match (found, engine) {
                (None, _) => return Err(Error::Registration { what, why: format!("there is no database `{name}`") }),
                (Some(database), Some(engine)) if database.engine != engine => {
                    let why = format!("it is written for {engine}, and `{name}` is a {} database", database.engine);
                    return Err(Error::Registration { what, why });
                }
                (Some(_), _) => {}
            }
        }
        Ok(())
    }

    /// The databases of those names; all of them where there are none.
    pub(crate) fn databases(&self, names: &[String]) -> Result<Vec<&Database>, Error> {
        if names.is_empty() {
            return Ok(self.workspace.databases.iter().collect());
        }
        names.iter().map(|name| Ok(self.workspace.database(name)?)).collect()
    }

    /// The backfills of those names; all of them where there are none.
    pub(crate) fn backfills(&self, names: &[String]) -> Result<Vec<&dyn AnyBackfill>, Error> {
        let all = self.registry.backfills.iter().map(AsRef::as_ref);
        if names.is_empty() {
            return Ok(all.collect());
        }
        let known: Vec<String> = all.clone().map(|backfill| backfill.about().name.to_owned()).collect();
        let find = |name: &String| {
            let unknown =
                || Error::UnknownBackfill { name: name.clone(), nearest: nearest(name, &known), known: known.clone() };
            all.clone().find(|backfill| backfill.about().name == name).ok_or_else(unknown)
        };
        names.iter().map(find).collect()
    }

    /// The generator of a database.
    pub(crate) fn generator(&self, database: &str) -> Result<&dyn Generator, Error> {
        let all = self.registry.generators.iter().map(AsRef::as_ref);
        all.clone().find(|generator| generator.about().database == database).ok_or_else(|| Error::NoGenerator {
            database: database.to_owned(),
            known: all.map(|generator| generator.about().database).collect(),
        })
    }

    /// Refuses a generator whose rows are at a version that is none of the history's.
    pub(crate) fn check_generators(&self, loaded: &Loaded<'_>) -> Result<(), Error> {
        let here = |about: &About| about.database == loaded.database.name;
        let mut abouts = self.registry.generators.iter().map(|generator| generator.about()).filter(here);
        match abouts.find(|about| loaded.history.get(about.at).is_none()) {
            None => Ok(()),
            Some(about) => Err(Error::Registration {
                what: format!("generator `{}`", about.database),
                why: format!("there is no migration {} in {}", about.at, loaded.database.folder.display()),
            }),
        }
    }

    /// Reads the history and the checks of a database, and warns of what is odd.
    pub(crate) fn load<'d>(&self, database: &'d Database) -> Result<Loaded<'d>, Error> {
        if let Origin::Given { .. } = database.origin {
            given::check_engine(database)?;
        }
        let history = History::read(database).map_err(|faults| migration::Error::Faults { faults })?;
        for warning in &history.warnings {
            self.terminal.note(&format!("{} {warning}", self.terminal.err().odd("warning:")));
        }
        let checks = match database.origin {
            Origin::Workspace => check::read(&database.folder, database.engine)?,
            Origin::Given { .. } => Vec::new(),
        };
        let backfills: Vec<String> =
            self.registry.backfills.iter().map(|backfill| backfill.about().name.to_owned()).collect();
        for migration in &history.migrations {
            if let Some(backfill) = migration.requires.iter().find(|name| !backfills.contains(name)) {
                let nearest = nearest(backfill, &backfills);
                let (file, backfill) = (migration.up.path.clone(), backfill.clone());
                return Err(Error::RequiresUnknown { file, backfill, nearest, known: backfills });
            }
        }
        Ok(Loaded { database, history, checks })
    }

    /// Refuses what names a migration that there is none of: a window that would never open, in silence, or a fixture that
    /// can't be loaded.
    pub(crate) fn check_windows(&self, loaded: &Loaded<'_>) -> Result<(), Error> {
        let here = loaded.database.name.as_str();
        for fixture in &loaded.database.fixtures {
            fixture::check_version(fixture, &loaded.history)?;
        }
        self.check_generators(loaded)?;
        check::check_windows(&loaded.checks, |version| loaded.history.get(version).is_some())?;
        let rust = self.registry.checks.iter().map(|check| check.about()).filter(|about| about.database == here);
        let rust = rust.map(|about| (format!("check `{}`", about.name), Some(about.from), about.until));
        let backfills =
            self.registry.backfills.iter().map(|backfill| backfill.about()).filter(|about| about.database == here);
        let backfills = backfills.map(|about| (format!("backfill `{}`", about.name), Some(about.from), about.until));
        for (what, from, until) in rust.chain(backfills) {
            if let Some(version) = from.into_iter().chain(until).find(|version| loaded.history.get(*version).is_none())
            {
                return Err(Error::Registration {
                    what,
                    why: format!("there is no migration {version} in {}", loaded.database.folder.display()),
                });
            }
        }
        Ok(())
    }

    /// The row checks of a database.
    pub(crate) fn row_checks(&self, database: &str) -> Vec<&dyn AnyRowCheck> {
        self.registry.checks.iter().map(AsRef::as_ref).filter(|check| check.about().database == database).collect()
    }

    /// The backfills of a database, in the order in which they run.
    pub(crate) fn backfills_of(&self, database: &Database) -> Vec<&dyn AnyBackfill> {
        let all = self.registry.backfills.iter().map(AsRef::as_ref);
        all.filter(|backfill: &&dyn AnyBackfill| backfill.about().database == database.name).collect()
    }

    /// What the app does with the units of a database, where somebody wrote that.
    pub(crate) fn traffic(&self, database: &str) -> Option<&dyn AnyTraffic> {
        self.registry.traffic.iter().map(AsRef::as_ref).find(|traffic| traffic.database() == database)
    }

    /// What is rehearsed of a database.
    pub(crate) fn rehearsal<'s>(
        &'s self,
        loaded: &'s Loaded<'_>,
        depth: Depth,
        program: Option<&Program>,
        sandbox: &'s Sandbox,
        events: Events<'s>,
    ) -> Rehearsal<'s> {
        let here = loaded.database.name.as_str();
        Rehearsal {
            database: loaded.database,
            history: &loaded.history,
            checks: &loaded.checks,
            row_checks: self.row_checks(here),
            backfills: self.backfills_of(loaded.database),
            traffic: self.traffic(here),
            proofs: proofs::ALL.iter().chain(&self.registry.proofs).copied().collect(),
            depth,
            program: program.cloned(),
            sandbox,
            events,
        }
    }

    /// This process's part of the sandbox, with a server where one of these databases needs it and there is one.
    pub(crate) async fn sandbox(&self, databases: &[&Database]) -> Result<Sandbox, Error> {
        let needs_server = databases.iter().any(|database| database.engine == Engine::Postgres);
        let host = if needs_server { host(&self.workspace.databases).await? } else { Err(NoHost::Absent) };
        let target = environment::target_folder(&self.workspace.root);
        Ok(Sandbox::open(&target.join("rehearsal"), host).await?)
    }

    /// Where a path of the command line is.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        match environment::working_folder() {
            Ok(root) if root == self.typed_in => path.to_owned(),
            _ => self.typed_in.join(path),
        }
    }

    /// How results are painted.
    pub(crate) fn paint(&self) -> Paint {
        self.terminal.out()
    }

    /// Tells of migrations that were run and of processes that are waited for.
    pub(crate) fn tell(&self, event: Event) {
        let (terminal, paint) = (self.terminal, self.paint());
        match event {
            Event::Migrated { migration, direction, took } => {
                let done = match direction {
                    Direction::Up => "applied ",
                    Direction::Down => "reverted",
                };
                terminal.result(&format!("  {} {migration} {}", paint.good(done), paint.faint(duration(took))));
            }
            Event::Waiting { database, holder } => {
                terminal.note(&format!("waiting for {holder}, which is at work on {database}"));
            }
            Event::Retrying { why, pause } => {
                terminal.note(&format!("{why}; trying again in {}", duration(pause)));
            }
            Event::Throttled { why } => terminal.note(&format!("backing off: {why}")),
            Event::Paused { backfill } => terminal.note(&format!(
                "paused; `{}` lets it go on, `--stop` ends it",
                command(&format!("backfill {backfill} --resume"))
            )),
            Event::Resumed => terminal.note("going on"),
            _ => {}
        }
    }

    /// Waits until no other process is at work on the target.
    pub(crate) async fn lock(&self, target: &Target) -> Result<Lock, Error> {
        let database = target.address.url();
        let waiting = |holder| self.tell(Event::Waiting { database: database.clone(), holder });
        Ok(Lock::take(&target.address, Sharing::Alone, target.wait, &waiting).await?)
    }
}
