//! Which database a command works on: `--url`, else `<NAME>_DATABASE_URL` from the environment or `.env`, else a local
//! development database.

use super::args::TargetArgs;
use super::context::Context;
use super::error::Error;
use crate::engine::{Address, Target};
use crate::workspace::Database;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder of the development databases.
const DEVELOPMENT: &str = ".dev";

impl Context<'_> {
    /// The target of each of these databases.
    pub(super) fn targets<'d>(
        &self,
        databases: &[&'d Database],
        args: &TargetArgs,
    ) -> Result<Vec<(&'d Database, Target)>, Error> {
        if args.url.is_some() && databases.len() != 1 {
            let known = self.workspace.databases.iter().map(|database| database.name.clone()).collect();
            return Err(Error::UrlForSeveral { count: databases.len(), known });
        }
        let wait = Duration::from_secs(args.wait);
        databases.iter().map(|database| Ok((*database, Target::real(self.address(database, args)?, wait)))).collect()
    }

    fn address(&self, database: &Database, args: &TargetArgs) -> Result<Address, Error> {
        if let Some(url) = &args.url {
            let address = Address::parse(database.engine, url)?;
            return Ok(address.moved(|path| self.resolve(path)));
        }
        let variable = format!("{}_DATABASE_URL", database.name.to_uppercase());
        let from_environment = std::env::var(&variable).ok().filter(|url| !url.is_empty());
        let url = match from_environment {
            Some(url) => Some(url),
            None => from_dot_env(&variable)?,
        };
        match url {
            Some(url) => Ok(Address::parse(database.engine, &url)?),
            None => Ok(Address::file_or_new(&development(database))),
        }
    }
}

fn development(database: &Database) -> PathBuf {
    Path::new(DEVELOPMENT).join(format!("{}.{}", database.name, database.engine.scheme()))
}

fn from_dot_env(variable: &str) -> Result<Option<String>, Error> {
    let wrong = |error: dotenvy::Error| Error::DotEnv { why: error.to_string() };
    let entries = match dotenvy::from_filename_iter(".env") {
        Ok(entries) => entries,
        Err(error) if error.not_found() => return Ok(None),
        Err(error) => return Err(wrong(error)),
    };
    for entry in entries {
        let (name, value) = entry.map_err(wrong)?;
        if name == variable {
            return Ok(Some(value));
        }
    }
    Ok(None)
}
