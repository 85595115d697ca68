//! [`Context`], the starting point of every subcommand: the workspace, the registry, the terminal and the folder in
//! which the user ran the command.

use crate::environment::{self, hints};
use crate::error::Error;
use crate::given::{self, Project, Replacing};
use crate::host::host;
use crate::terminal::{Paint, Terminal, duration};
use rehearsal::cache::Cache;
use rehearsal::event::{Direction, Event, Events};
use rehearsal::layout::Tool;
use rehearsal::proofs::{self, Depth, NewProof, Program, Rehearsal};
use rehearsal::registry::{Loaded, Registry};
use rehearsal::sandbox::{NoHost, Sandbox};
use rehearsal::workspace::{self, Database, Location, Workspace};
use rehearsal_db::command::command;
use std::path::{Path, PathBuf};

/// The surroundings of a subcommand.
pub(crate) struct Context<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) terminal: &'a Terminal,
    pub(crate) workspace: Workspace,
    /// The folder of the files that outlive a rehearsal, such as templates.
    store: PathBuf,
    /// The folder in which the user ran the command. Paths on the command line are relative to it.
    pub(crate) typed_in: PathBuf,
}

impl<'a> Context<'a> {
    /// Changes to the root of the workspace and reads the workspace. Only the database of a project can be replaced in
    /// part by flags.
    pub(crate) fn enter(registry: &'a Registry, terminal: &'a Terminal, replacing: &Replacing) -> Result<Self, Error> {
        let typed_in = environment::working_folder()?;
        let location = workspace::find(&typed_in)?;
        let root = location.root();
        // Paths in messages are now short.
        environment::work_in(root)?;
        // For a user in another folder, a short path would name a different file.
        let base = if typed_in == root { PathBuf::new() } else { root.to_owned() };
        let (workspace, store) = match &location {
            Location::Databases { root } if !replacing.is_empty() => {
                return Err(Error::FlagsForSeveral { folder: root.join("migrations") });
            }
            Location::Databases { .. } => (Workspace::read(&base)?, environment::target_folder(&base)),
            Location::Single { folder, .. } => {
                let project = Project { root, base: &base, typed_in: &typed_in };
                let databases = vec![given::database_of_project(&project, folder, replacing)?];
                (Workspace { root: base, databases }, target_of_project(root))
            }
        };
        registry.check(&workspace)?;
        Ok(Self { registry, terminal, workspace, store: store.join("rehearsal"), typed_in })
    }

    /// Returns a workspace of a single database that flags describe. Paths stay as given. Templates and other files
    /// that outlive a rehearsal are stored in the target folder of this project, or in the user's cache.
    pub(crate) fn given(nothing: &'a Registry, terminal: &'a Terminal, database: Database) -> Result<Self, Error> {
        let typed_in = environment::working_folder()?;
        let (root, store) = (typed_in.clone(), target_of_project(&typed_in).join("rehearsal"));
        let workspace = Workspace { root, databases: vec![database] };
        Ok(Self { registry: nothing, terminal, workspace, store, typed_in })
    }

    /// Returns this context for a command that works on real databases.
    ///
    /// # Errors
    /// Fails if another tool than sqlx applies the migrations of a database: rehearsal would record them where that tool
    /// does not look.
    pub(crate) fn for_real(self) -> Result<Self, Error> {
        match self.workspace.databases.iter().find(|database| database.tool != Tool::Sqlx) {
            None => Ok(self),
            Some(database) => Err(Error::OfAnotherTool { folder: database.folder.clone(), tool: database.tool }),
        }
    }

    /// Returns the databases with these names, or all of them if no name is given.
    pub(crate) fn databases(&self, names: &[String]) -> Result<Vec<&Database>, Error> {
        if names.is_empty() {
            return Ok(self.workspace.databases.iter().collect());
        }
        names.iter().map(|name| Ok(self.workspace.database(name)?)).collect()
    }

    /// Reads a database and prints the warnings about its history.
    pub(crate) fn load<'d>(&self, database: &'d Database) -> Result<Loaded<'d>, Error>
    where
        'a: 'd,
    {
        let loaded = self.registry.load(database)?;
        for warning in &loaded.history.warnings {
            self.terminal.note(&format!("{} {warning}", self.terminal.err().warning("warning:")));
        }
        Ok(loaded)
    }

    /// Builds the rehearsal of a database.
    pub(crate) fn rehearsal<'s>(
        &self,
        loaded: &'s Loaded<'_>,
        depth: Depth,
        program: Option<&Program>,
        sandbox: &'s Sandbox,
        events: Events<'s>,
    ) -> Rehearsal<'s> {
        Rehearsal {
            database: loaded.database,
            history: &loaded.history,
            checks: &loaded.checks,
            row_checks: loaded.row_checks.clone(),
            backfills: loaded.backfills.clone(),
            traffic: loaded.traffic,
            gallery: loaded.gallery,
            proofs: self.proofs(),
            left_out: Vec::new(),
            baseline: &loaded.baseline,
            depth,
            program: program.cloned(),
            sandbox,
            events,
        }
    }

    /// Returns the proofs of the library and of the program.
    pub(crate) fn proofs(&self) -> Vec<NewProof> {
        proofs::ALL.iter().chain(&self.registry.proofs).copied().collect()
    }

    /// Opens the sandbox of this process, with a server if one of these databases needs it and one is available.
    pub(crate) async fn sandbox(&self, databases: &[&Database]) -> Result<Sandbox, Error> {
        let needs_server = databases.iter().any(|database| database.engine.storage().is_server());
        let host = if needs_server { host(&self.workspace.databases).await? } else { Err(NoHost::Absent) };
        Ok(Sandbox::open(&self.store, host).await?)
    }

    /// Returns the cache of the answers of proofs.
    pub(crate) fn cache(&self, program: &Program) -> Result<Cache, Error> {
        Ok(Cache::open(&self.store.join("proofs"), &program.path)?)
    }

    /// Resolves a path from the command line.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        match environment::working_folder() {
            Ok(root) if root == self.typed_in => path.to_owned(),
            _ => self.typed_in.join(path),
        }
    }

    /// Returns the paint of standard output.
    pub(crate) fn paint(&self) -> Paint {
        self.terminal.out()
    }

    /// Prints an event: completed migrations, waits, retries and pauses.
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
                terminal.note(&format!("waiting for {holder} to release {database}"));
            }
            Event::Retrying { why, pause } => {
                terminal.note(&format!("{why}; retrying in {}", duration(pause)));
            }
            Event::Throttled { why } => terminal.note(&format!("backing off: {why}")),
            Event::Paused { backfill } => terminal.note(&format!(
                "paused; resume with `{}`, or end the run with `--stop`",
                command(&format!("backfill {backfill} --resume"))
            )),
            Event::Resumed => terminal.note("resumed"),
            _ => {}
        }
    }
}

/// Returns cargo's target folder for the project that contains this folder, or a folder in the user's cache if it has no
/// `Cargo.lock`: rehearsal creates no `target` in a project of another kind.
fn target_of_project(folder: &Path) -> PathBuf {
    let root = folder.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    environment::target_folder(&root.map_or_else(|| hints().cache.join("rehearsal"), Path::to_owned))
}
