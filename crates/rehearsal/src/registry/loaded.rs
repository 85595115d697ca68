//! A database with its history, checks and registered code: [`Registry::load`] reads them into a [`Loaded`].

use super::{Error, Registry};
use crate::backfill::AnyBackfill;
use crate::baseline::{Baseline, Changes};
use crate::check::{self, AnyRowCheck, Check};
use crate::directive::nearest;
use crate::fixture;
use crate::gallery::Gallery;
use crate::generate;
use crate::migration::{self, History};
use crate::proofs::{self, AnyTraffic};
use crate::report::DatabaseReport;
use crate::source::{self, SCAFFOLD};
use crate::workspace::{Allow, CONFIGURATION, Database, Origin};
use std::path::PathBuf;

/// A database with everything that belongs to it, read and validated.
pub struct Loaded<'a> {
    /// The database.
    pub database: &'a Database,
    /// Its migrations.
    pub history: History,
    /// Its checks in SQL.
    pub checks: Vec<Check>,
    /// Its checks in Rust.
    pub row_checks: Vec<&'a dyn AnyRowCheck>,
    /// Its backfills, in the order in which they run.
    pub backfills: Vec<&'a dyn AnyBackfill>,
    /// The app's traffic during backfills; `None` if none is registered.
    pub traffic: Option<&'a dyn AnyTraffic>,
    /// Draws units for a person to compare; `None` if nothing is registered.
    pub gallery: Option<&'a dyn Gallery>,
    /// Which findings count.
    pub baseline: Baseline,
    generators: Vec<generate::About>,
}

impl Loaded<'_> {
    /// Returns the report of this database before anything has been done.
    #[must_use]
    pub fn report(&self) -> DatabaseReport {
        DatabaseReport {
            migrations: self.history.migrations.len(),
            checks: self.checks.len() + self.row_checks.len(),
            ..DatabaseReport::new(&self.database.name, self.database.engine)
        }
    }
}

impl Registry {
    /// Reads the history and the checks of a database.
    ///
    /// # Errors
    /// Fails if the history is faulty (with all faults), if a file cannot be read, or if a migration requires an
    /// unknown backfill.
    pub fn load<'a>(&'a self, database: &'a Database) -> Result<Loaded<'a>, crate::Error> {
        if database.origin != Origin::Workspace {
            migration::check_engine(database)?;
        }
        let history = History::read(database).map_err(|faults| migration::Error::Faults { faults })?;
        let checks = match database.origin {
            Origin::Workspace | Origin::Project { .. } => check::read(&database.folder, database.engine)?,
            Origin::Given { .. } => Vec::new(),
        };
        let allows = [database.allow.clone(), history.allows()].concat();
        self.check_allows(database, &allows)?;
        let here = database.name.as_str();
        let about = self.backfills.iter().map(|backfill| backfill.about());
        let backfills: Vec<String> = about.filter(|it| it.database == here).map(|it| it.name.to_owned()).collect();
        for migration in &history.migrations {
            if let Some(backfill) = migration.requires.iter().find(|name| !backfills.contains(name)) {
                let nearest = nearest(backfill, &backfills);
                let (file, backfill) = (migration.up.path.clone(), backfill.clone());
                return Err(migration::Error::RequiresUnknown { file, backfill, nearest, known: backfills }.into());
            }
        }
        let row_checks = self.checks.iter().map(AsRef::as_ref);
        let backfills = self.backfills.iter().map(AsRef::as_ref);
        let generators = self.generators.iter().map(|generator| generator.about());
        Ok(Loaded {
            database,
            history,
            checks,
            row_checks: row_checks.filter(|check: &&dyn AnyRowCheck| check.about().database == here).collect(),
            backfills: backfills.filter(|backfill: &&dyn AnyBackfill| backfill.about().database == here).collect(),
            traffic: self.traffic(here),
            gallery: self.galleries.iter().map(AsRef::as_ref).find(|gallery: &&dyn Gallery| gallery.database() == here),
            baseline: Baseline::new(Changes::default(), allows),
            generators: generators.filter(|about| about.database == here).collect(),
        })
    }
}

impl Registry {
    /// Refuses an entry `[[allow]]` or a directive `-- allow:` with an unknown code, which would accept nothing.
    fn check_allows(&self, database: &Database, allows: &[Allow]) -> Result<(), Error> {
        let of_program = self.proofs.iter().flat_map(|new| proofs::codes_of(new().as_ref()));
        let known: Vec<&str> = proofs::codes().into_iter().chain(of_program).map(|code| code.name).collect();
        match allows.iter().find(|allow| !known.contains(&allow.code.as_str())) {
            None => Ok(()),
            Some(Allow { code, declared_in, .. }) => {
                let nearest = nearest(code, known);
                let file = declared_in.clone().unwrap_or_else(|| database.folder.join(CONFIGURATION));
                Err(Error::UnknownAllowedCode { file, code: code.clone(), nearest })
            }
        }
    }
}

impl Loaded<'_> {
    /// Refuses fixtures, generators, checks and backfills that name a migration that does not exist. A fixture could
    /// not be loaded, and a check or backfill might silently never run.
    ///
    /// # Errors
    /// Fails on the first of them.
    pub fn check_windows(&self) -> Result<(), crate::Error> {
        for fixture in &self.database.fixtures {
            fixture::check_version(fixture, &self.history)?;
        }
        self.check_generators()?;
        check::check_windows(&self.checks, |version| self.history.get(version).is_some())?;
        let checks = self.row_checks.iter().map(|check| check.about());
        let checks = checks.map(|about| (format!("check `{}`", about.name), about.from, about.until));
        let backfills = self.backfills.iter().map(|backfill| backfill.about());
        let backfills = backfills.map(|about| (format!("backfill `{}`", about.name), about.from, about.until));
        for (what, from, until) in checks.chain(backfills) {
            if let Some(version) = [Some(from), until].into_iter().flatten().find(|version| !self.has(*version)) {
                return Err(self.unknown_version(what, version).into());
            }
        }
        Ok(())
    }

    /// Refuses files that a command created and that a person has not filled in yet: each proof would fail on them, and a
    /// migration that is applied cannot be edited any more.
    ///
    /// # Errors
    /// [`Error::Unfilled`], with all of them.
    pub fn check_scaffolds(&self) -> Result<(), Error> {
        let scripts = self.history.migrations.iter().flat_map(|one| std::iter::once(&one.up).chain(&one.down));
        let scripts = scripts.filter(|script| script.sql.contains(SCAFFOLD)).map(|script| script.path.clone());
        let checks = self.checks.iter().filter(|check| check.sql.contains(SCAFFOLD)).map(|check| check.path.clone());
        let backfills = self.backfills.iter().filter(|backfill| backfill.relation().contains(SCAFFOLD));
        let backfills = backfills.map(|backfill| PathBuf::from(source::backfill(backfill.about().name)));
        let files: Vec<PathBuf> = scripts.chain(checks).chain(backfills).collect();
        if files.is_empty() { Ok(()) } else { Err(Error::Unfilled { files }) }
    }

    /// Refuses a generator whose version is not in the history.
    ///
    /// # Errors
    /// [`Error::Registration`].
    pub fn check_generators(&self) -> Result<(), Error> {
        match self.generators.iter().find(|about| !self.has(about.at)) {
            None => Ok(()),
            Some(about) => Err(self.unknown_version(format!("generator `{}`", about.database), about.at)),
        }
    }

    fn has(&self, version: i64) -> bool {
        self.history.get(version).is_some()
    }

    fn unknown_version(&self, what: String, version: i64) -> Error {
        let why = format!("there is no migration {version} in {}", self.database.folder.display());
        Error::Registration { what, why }
    }
}
