//! Finds the database that a command works on: the one in `--url`, otherwise in `<NAME>_DATABASE_URL` (in a
//! project with a single database, `DATABASE_URL`) from the environment or `.env`, otherwise a local development database. [`Context::targets`] is the entry point.

use crate::args::{ReportArgs, Rows, TargetArgs};
use crate::context::Context;
use crate::environment::{hints, variable};
use crate::error::Error;
use crate::given;
use rehearsal::workspace::{Database, Origin};
use rehearsal_db::{Address, Mode, Storage, Target, postgres};
use rehearsal_postgres::{Binaries, Kept};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder of the development databases.
const DEVELOPMENT: &str = ".dev";
/// The folder of the development server, inside [`DEVELOPMENT`].
const SERVER: &str = "postgres";
/// The folder of the reports of backfills, inside [`DEVELOPMENT`].
const REPORTS: &str = "reports";

/// How a command treats a missing development database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Creates it.
    Make,
    /// Treats it as empty if it could be created.
    Look,
    /// Fails.
    Refuse,
}

impl Context<'_> {
    /// Returns these databases, each with its target.
    pub(crate) async fn targets<'d>(
        &self,
        databases: &[&'d Database],
        args: &TargetArgs,
        missing: Missing,
    ) -> Result<Vec<(&'d Database, Target)>, Error> {
        if args.url.is_some() && databases.len() != 1 {
            let known = self.workspace.databases.iter().map(|database| database.name.clone()).collect();
            return Err(Error::UrlForSeveral { count: databases.len(), known });
        }
        let wait = Duration::from_secs(args.wait);
        let mut targets = Vec::new();
        for database in databases {
            let target = Target::real(self.address(database, args, missing).await?, wait);
            targets.push((*database, target.recording_in(&database.sqlx.table)));
        }
        Ok(targets)
    }

    /// True if a command with these flags works on the development database.
    pub(crate) fn is_development(&self, database: &Database, args: &TargetArgs) -> Result<bool, Error> {
        Ok(args.url.is_none() && variable(&variable_of(database)?)?.is_none())
    }

    /// Returns whether reports on a database contain values of rows: by default only those on the development database.
    pub(crate) fn rows_of(
        &self,
        database: &Database,
        target: &TargetArgs,
        reports: &ReportArgs,
    ) -> Result<Rows, Error> {
        match (reports.rows, self.is_development(database, target)?) {
            (Some(rows), _) => Ok(rows),
            (None, true) => Ok(Rows::Show),
            (None, false) => Ok(Rows::Hide),
        }
    }

    async fn address(&self, database: &Database, args: &TargetArgs, missing: Missing) -> Result<Address, Error> {
        if let Some(url) = &args.url {
            let address = Address::parse(database.engine, url)?;
            return Ok(address.moved(&|path| self.resolve(path)).unwrap_or(address));
        }
        if let Some((url, origin)) = variable(&variable_of(database)?)? {
            return Address::parse(database.engine, &url).map_err(|error| Error::UrlFrom { origin, error });
        }
        let folder = self.workspace.root.join(DEVELOPMENT);
        match (database.engine.storage(), missing) {
            (Storage::File(at), Missing::Make | Missing::Look) => Ok(at(&development(&folder, database), Mode::Create)),
            (Storage::File(at), Missing::Refuse) => Ok(at(&development(&folder, database), Mode::Write)),
            (Storage::Server, Missing::Make) => {
                Ok(postgres::on_server(self.start_kept().await?.options(), &database.name))
            }
            (Storage::Server, Missing::Look | Missing::Refuse) => match Kept::find(&folder.join(SERVER))? {
                Some(kept) => Ok(postgres::on_server(kept.options(), &database.name).existing()),
                None => Err(Error::NoKeptServer { database: database.name.clone() }),
            },
        }
    }

    /// Returns the server of the development databases; starts it if it is not running.
    pub(crate) async fn start_kept(&self) -> Result<Kept, Error> {
        let hints = hints();
        let Some(binaries) = Binaries::find(&hints)? else { return Err(Error::NoBinaries) };
        let started = Kept::start(&binaries, &hints, &self.kept_folder()).await;
        self.ignore_development_files()?;
        Ok(started?)
    }

    /// Makes git ignore the folder of the development databases, if it exists.
    pub(crate) fn ignore_development_files(&self) -> Result<(), Error> {
        let folder = self.workspace.root.join(DEVELOPMENT);
        let file = folder.join(".gitignore");
        if folder.is_dir() && !file.exists() {
            std::fs::write(&file, "*\n").map_err(|source| Error::Create { path: file, source })?;
        }
        Ok(())
    }

    /// Returns the folder of the reports of a database's backfills. Creates it if it does not exist.
    pub(crate) fn reports(&self, database: &Database) -> Result<PathBuf, Error> {
        let usual = || Path::new(DEVELOPMENT).join(REPORTS);
        let folder = self.workspace.root.join(database.configured.reports.clone().unwrap_or_else(usual));
        let created = std::fs::create_dir_all(&folder);
        created.map_err(|source| Error::Create { path: folder.clone(), source })?;
        Ok(folder)
    }

    /// Returns the data folder of the development server.
    pub(crate) fn kept_folder(&self) -> PathBuf {
        self.workspace.root.join(DEVELOPMENT).join(SERVER)
    }
}

fn development(folder: &Path, database: &Database) -> PathBuf {
    folder.join(format!("{}.{}", database.name, database.engine.scheme()))
}

/// Returns the variable of a database: that of the project, such as `DATABASE_URL`, or one such as `PETS_DATABASE_URL` if
/// the workspace has a folder for each database. Characters that are invalid in its name become underscores.
fn variable_of(database: &Database) -> Result<String, Error> {
    if database.origin != Origin::Workspace {
        return given::url_variable(std::slice::from_ref(&database.folder));
    }
    let upper = database.name.to_uppercase();
    let name: String = upper.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    Ok(format!("{name}_DATABASE_URL"))
}
