//! The folder below the temporary files in which initialised data directories and servers lie.
//!
//! ```text
//! <temp>/rehearsal-postgres-<uid>/          only for the account of the servers
//!   clusters/<hash>/data, password      an initialised data directory, copied for each server; <hash>.lock beside it
//!   servers/<name>/owner.lock           locked by the owner as long as that lives
//!                  data, log, .s.PGSQL.5432
//!   kept/<hash>/                        a kept server whose own folder the account can't enter
//!   binaries/<hash>/                    a private copy that the account can't enter where it is
//! ```

use super::account::Account;
use super::{Error, Hints};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The folder, made if need be, and the account that owns it.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) folder: PathBuf,
    pub(super) account: Account,
}

impl Home {
    /// Makes the folder, or makes sure that nobody else made it: its name can be guessed, and `/tmp` is everybody's.
    pub(super) fn open(hints: &Hints) -> Result<Self, Error> {
        let account = Account::find(hints)?;
        let temp = fs::canonicalize(&hints.temp).map_err(Error::io("find", &hints.temp))?;
        if !account.may_reach(&temp) {
            return Err(Error::Unreachable { path: temp, account: account.name });
        }
        let folder = temp.join(format!("rehearsal-postgres-{}", account.own_uid));
        let home = Self { folder, account };
        for folder in [home.folder.clone(), home.clusters(), home.servers()] {
            home.make(&folder)?;
        }
        Ok(home)
    }

    pub(super) fn clusters(&self) -> PathBuf {
        self.folder.join("clusters")
    }

    pub(super) fn servers(&self) -> PathBuf {
        self.folder.join("servers")
    }

    pub(super) fn kept(&self) -> PathBuf {
        self.folder.join("kept")
    }

    pub(super) fn binaries(&self) -> PathBuf {
        self.folder.join("binaries")
    }

    /// Makes a folder that only the account may enter, unless it is there.
    pub(super) fn make(&self, folder: &Path) -> Result<(), Error> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => return self.account.own(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", folder)(error)),
        }
        let metadata = fs::symlink_metadata(folder).map_err(Error::io("look at", folder))?;
        let owner = metadata.uid();
        if metadata.is_dir() && owner == self.account.uid {
            Ok(())
        } else if metadata.is_dir() && owner == self.account.own_uid {
            // Another process made it and has yet to hand it over, or was killed before.
            self.account.own(folder)
        } else {
            Err(Error::Foreign { path: folder.to_owned(), owner })
        }
    }
}
