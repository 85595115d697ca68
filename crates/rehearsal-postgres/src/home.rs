//! The temporary folder of initialised data directories and servers. [`Home::open`] creates it.
//!
//! ```text
//! <temp>/rehearsal-postgres-<uid>/      accessible only to the account of the servers
//!   clusters/<hash>/data, password      an initialised data directory, copied for each server; next to it, <hash>.lock
//!   servers/<name>/owner.lock           locked as long as the server's owner lives
//!                  data, log, .s.PGSQL.5432
//!   kept/<hash>/                        a kept server whose own folder the account cannot enter
//!   binaries/<hash>/                    a copy of private binaries whose folder the account cannot enter
//! ```

use super::account::Account;
use super::{Error, Hints};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The folder and the account that owns it.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) folder: PathBuf,
    pub(super) account: Account,
}

impl Home {
    /// Creates the folder, or checks the owner of an existing one: every user can write to `/tmp` and guess the name.
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

    /// Creates a folder that only the account may enter. Accepts an existing one if the account owns it.
    pub(super) fn make(&self, folder: &Path) -> Result<(), Error> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => return self.account.own(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", folder)(error)),
        }
        let metadata = fs::symlink_metadata(folder).map_err(Error::io("inspect", folder))?;
        let owner = metadata.uid();
        if metadata.is_dir() && owner == self.account.uid {
            Ok(())
        } else if metadata.is_dir() && owner == self.account.own_uid {
            // Another process created it and is about to change its owner, or was killed before that.
            self.account.own(folder)
        } else {
            Err(Error::Foreign { path: folder.to_owned(), owner })
        }
    }
}
