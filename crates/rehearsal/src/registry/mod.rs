//! The [`Registry`] of a program's own code: backfills, checks in Rust, generators, traffic, galleries, proofs and reporters.
//! [`Registry::load`] combines a database with the entries that belong to it.

mod error;
mod loaded;

pub use error::Error;
pub use loaded::Loaded;

use crate::backfill::AnyBackfill;
use crate::check::AnyRowCheck;
use crate::directive::nearest;
use crate::gallery::Gallery;
use crate::generate::Generator;
use crate::proofs::{self, AnyTraffic, NewProof};
use crate::report::Reporter;
use crate::workspace::Workspace;
use std::collections::BTreeSet;

/// The backfills, checks in Rust, generators, traffic, galleries, proofs and reporters of a program.
#[derive(Default)]
pub struct Registry {
    /// The backfills, in the order in which they run.
    pub backfills: Vec<Box<dyn AnyBackfill>>,
    /// The checks in Rust.
    pub checks: Vec<Box<dyn AnyRowCheck>>,
    /// The generators of fixtures.
    pub generators: Vec<Box<dyn Generator>>,
    /// The apps' traffic during backfills.
    pub traffic: Vec<Box<dyn AnyTraffic>>,
    /// What the apps draw of units, for reports.
    pub galleries: Vec<Box<dyn Gallery>>,
    /// The program's own proofs, which run after those of the library.
    pub proofs: Vec<NewProof>,
    /// The program's own formats of reports, for `--report`.
    pub reporters: Vec<&'static dyn Reporter>,
}

impl Registry {
    /// Refuses an entry for an unknown database or for another engine than its database has, and two entries with the same
    /// name.
    ///
    /// # Errors
    /// [`Error::Registration`], [`Error::Duplicate`].
    pub fn check(&self, workspace: &Workspace) -> Result<(), Error> {
        let backfills = self.backfills.iter().map(|backfill| {
            let about = backfill.about();
            (format!("backfill `{}`", about.name), about.database, Some(backfill.engine()))
        });
        let checks = self.checks.iter().map(|check| {
            let about = check.about();
            (format!("check `{}` of `{}`", about.name, about.database), about.database, Some(check.engine()))
        });
        // A generator is written for any engine.
        let generators = self.generators.iter().map(|generator| {
            let database = generator.about().database;
            (format!("generator `{database}`"), database, None)
        });
        let traffic = self.traffic.iter().map(|traffic| {
            let database = traffic.database();
            (format!("traffic `{database}`"), database, Some(traffic.engine()))
        });
        let galleries = self.galleries.iter().map(|gallery| {
            let database = gallery.database();
            (format!("gallery `{database}`"), database, None)
        });
        let entries: Vec<_> = backfills.chain(checks).chain(generators).chain(traffic).chain(galleries).collect();
        let proofs = proofs::ALL.iter().chain(&self.proofs).map(|new| format!("proof `{}`", new().name()));
        let mut seen = BTreeSet::new();
        for what in proofs.chain(entries.iter().map(|(what, ..)| what.clone())) {
            if let Some(what) = seen.replace(what) {
                return Err(Error::Duplicate { what });
            }
        }
        for (what, name, engine) in entries {
            let found = workspace.databases.iter().find(|database| database.name == name);
            match (found, engine) {
                (None, _) => return Err(Error::Registration { what, why: format!("there is no database `{name}`") }),
                (Some(database), Some(engine)) if database.engine != engine => {
                    let why = format!("it is written for {engine}, but `{name}` is a {} database", database.engine);
                    return Err(Error::Registration { what, why });
                }
                (Some(_), _) => {}
            }
        }
        Ok(())
    }

    /// Returns the backfills with these names; all backfills if `names` is empty.
    ///
    /// # Errors
    /// [`Error::NoBackfills`] if none is registered, [`Error::UnknownBackfill`] if there is none with one of the names.
    pub fn backfills(&self, names: &[String]) -> Result<Vec<&dyn AnyBackfill>, Error> {
        if self.backfills.is_empty() {
            return Err(Error::NoBackfills);
        }
        let all = self.backfills.iter().map(AsRef::as_ref);
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

    /// Returns the generator of a database.
    ///
    /// # Errors
    /// [`Error::NoGenerator`] if none is registered.
    pub fn generator(&self, database: &str) -> Result<&dyn Generator, Error> {
        let all = self.generators.iter().map(AsRef::as_ref);
        all.clone().find(|generator| generator.about().database == database).ok_or_else(|| Error::NoGenerator {
            database: database.to_owned(),
            known: all.map(|generator| generator.about().database).collect(),
        })
    }

    /// Returns the app's traffic on a database, if registered.
    #[must_use]
    pub fn traffic(&self, database: &str) -> Option<&dyn AnyTraffic> {
        self.traffic.iter().map(AsRef::as_ref).find(|traffic| traffic.database() == database)
    }
}
