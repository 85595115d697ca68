//! Which database a command works on: `--url`, else `<NAME>_DATABASE_URL` from the environment or `.env`, else a local
//! development database.

use super::args::TargetArgs;
use super::context::Context;
use super::error::Error;
use crate::engine::{Address, Target};
use crate::workspace::Database;
use std::time::Duration;

/// The folder of the development databases.
const DEVELOPMENT: &str = ".dev";

/// What a command does about a development database that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Makes it.
    Make,
    /// Says so.
    Refuse,
}

impl Context<'_> {
    /// The target of each of these databases.
    pub(super) fn targets<'d>(
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
        let target =
            |database: &&'d Database| Ok((*database, Target::real(self.address(database, args, missing)?, wait)));
        databases.iter().map(target).collect()
    }

    fn address(&self, database: &Database, args: &TargetArgs, missing: Missing) -> Result<Address, Error> {
        if let Some(url) = &args.url {
            let address = Address::parse(database.engine, url)?;
            return Ok(address.moved(|path| self.resolve(path)));
        }
        let variable = variable(&database.name);
        let from_environment = std::env::var(&variable).ok().filter(|url| !url.is_empty());
        let (url, origin) = match from_environment {
            Some(url) => (Some(url), variable),
            None => (from_dot_env(&variable)?, format!("{variable} in .env")),
        };
        let development =
            self.workspace.root.join(DEVELOPMENT).join(format!("{}.{}", database.name, database.engine.scheme()));
        match (url, missing) {
            (Some(url), _) => Address::parse(database.engine, &url).map_err(|error| Error::UrlFrom { origin, error }),
            (None, Missing::Make) => Ok(Address::file_or_new(&development)),
            (None, Missing::Refuse) => Ok(Address::file(&development)),
        }
    }
}

/// `PETS_DATABASE_URL`; what no shell takes in a name becomes an underscore.
fn variable(database: &str) -> String {
    let name: String =
        database.to_uppercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{name}_DATABASE_URL")
}

fn from_dot_env(variable: &str) -> Result<Option<String>, Error> {
    let entries = match dotenvy::from_path_iter(".env") {
        Ok(entries) => entries,
        Err(error) if error.not_found() => return Ok(None),
        Err(error) => return Err(Error::DotEnv { why: error.to_string() }),
    };
    for entry in entries {
        let (name, value) = entry.map_err(|error| Error::DotEnv { why: describe(&error) })?;
        if name == variable {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Names the line that is wrong without showing it: it may hold a password.
fn describe(error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(wrong, _) = error else { return error.to_string() };
    let text = std::fs::read_to_string(".env").unwrap_or_default();
    match text.lines().position(|line| line.trim() == wrong.trim()) {
        Some(index) => format!("line {} is not of the form NAME=value", index + 1),
        None => "a line is not of the form NAME=value".to_owned(),
    }
}
