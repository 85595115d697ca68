//! Copies of the private binaries for the server's account. A private copy is stored in the user's cache, and often
//! no other account may enter root's cache. [`within_reach`] is the entry point.

use super::binaries::{Binaries, Origin};
use super::command::run;
use super::home::Home;
use super::{Error, Hints};
use std::fs;
use std::path::Path;
use std::process::Command;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// Returns these binaries, or a copy of them that the account can run.
pub(super) fn within_reach(binaries: &Binaries, hints: &Hints, home: &Home) -> Result<Binaries, Error> {
    if home.account.may_reach(&binaries.folder.join("postgres")) {
        return Ok(binaries.clone());
    }
    let unreachable = || Error::Unreachable { path: binaries.folder.clone(), account: home.account.name.clone() };
    let copies = super::binaries::cache(hints);
    let inside = binaries.folder.strip_prefix(&copies).ok().filter(|_| binaries.origin == Origin::Private);
    let copy = inside.and_then(|inside| inside.iter().next()).ok_or_else(unreachable)?;
    let inside = inside.and_then(|inside| inside.strip_prefix(copy).ok()).ok_or_else(unreachable)?;

    let original = copies.join(copy);
    home.make(&home.binaries())?;
    let name = format!("{} {}", original.display(), binaries.version);
    let mirror = home.binaries().join(format!("{:032x}", xxh3_128(name.as_bytes())));
    if !mirror.is_dir() {
        copy_whole(&original, &mirror, home)?;
    }
    let folder = mirror.join(inside);
    if !home.account.may_reach(&folder.join("postgres")) {
        return Err(unreachable());
    }
    Ok(Binaries { folder, ..binaries.clone() })
}

/// Copies under a temporary name first. If several processes copy concurrently, the first complete copy stays.
fn copy_whole(original: &Path, mirror: &Path, home: &Home) -> Result<(), Error> {
    let building = home.binaries().join(format!("building-{}", Uuid::new_v4().simple()));
    let copied = run(Command::new("cp").arg("-R").arg(original).arg(&building));
    let renamed = copied.and_then(|_| match fs::rename(&building, mirror) {
        Err(error) if !mirror.is_dir() => Err(Error::io("rename", &building)(error)),
        _ => Ok(()),
    });
    // It still exists if another process was faster, or if copying failed.
    drop(fs::remove_dir_all(&building));
    renamed
}
