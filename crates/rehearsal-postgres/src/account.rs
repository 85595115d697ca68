//! The account of the servers. PostgreSQL refuses to run as root, so root runs it under another account, which
//! [`Account::find`] chooses.

use super::{Error, Hints};
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

/// The account that runs `initdb` and the servers, and owns their files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// The name for messages.
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Whether this process runs under another account, which is then root.
    pub(super) other: bool,
    /// The user id of this process.
    pub(super) own_uid: u32,
}

impl Account {
    /// Returns the account of this process. For root, returns `postgres`, or else `nobody`.
    ///
    /// # Errors
    /// [`Error::NoAccount`] if root has neither account; [`Error::Io`] if no temporary file can be created.
    pub(super) fn find(hints: &Hints) -> Result<Self, Error> {
        // The owner of a new file is the user of this process.
        let failed = || Error::io("create a file in", &hints.temp);
        let file = tempfile::tempfile_in(&hints.temp).map_err(failed())?;
        let metadata = file.metadata().map_err(failed())?;
        let (uid, gid) = (metadata.uid(), metadata.gid());
        if uid != 0 {
            return Ok(Self { name: format!("uid {uid}"), uid, gid, other: false, own_uid: uid });
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(Error::io("read", "/etc/passwd"))?;
        Self::for_root(&accounts).ok_or(Error::NoAccount)
    }

    /// The account under which root runs a server. `accounts` is the text of /etc/passwd.
    pub(super) fn for_root(accounts: &str) -> Option<Self> {
        let named = |name: &str| {
            accounts.lines().find_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                let &[found, _, uid, gid, ..] = fields.as_slice() else { return None };
                let (uid, gid) = (id(uid)?, id(gid)?);
                (found == name && uid != 0).then(|| Self { name: name.to_owned(), uid, gid, other: true, own_uid: 0 })
            })
        };
        named("postgres").or_else(|| named("nobody"))
    }

    /// Makes the account the owner of a file or folder.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        if self.other {
            chown(path, Some(self.uid), Some(self.gid)).map_err(Error::io("change the owner of", path))?;
        }
        Ok(())
    }

    /// Whether the account may enter every parent folder of `path`, and execute or enter `path`.
    pub(super) fn may_reach(&self, path: &Path) -> bool {
        let may_enter = |path: &Path| {
            fs::metadata(path).is_ok_and(|metadata| {
                let shift = match () {
                    () if metadata.uid() == self.uid => 6,
                    () if metadata.gid() == self.gid => 3,
                    () => 0,
                };
                metadata.mode() >> shift & 1 == 1
            })
        };
        !self.other || path.ancestors().all(may_enter)
    }
}

/// Parses a numeric id. Some systems write the id of `nobody` as a negative number.
fn id(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}
