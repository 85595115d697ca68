//! A private copy lies in the user's cache, which for root is a folder that nobody else may enter: the server's account gets
//! a copy of its own.

use super::binaries::{Binaries, Origin};
use super::command::run;
use super::home::Home;
use super::{Error, Hints};
use std::fs;
use std::path::Path;
use std::process::Command;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// The same binaries where the account can run them.
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

/// Under another name first: of several processes that do this at once, the first whole copy stays.
fn copy_whole(original: &Path, mirror: &Path, home: &Home) -> Result<(), Error> {
    let building = home.binaries().join(format!("building-{}", Uuid::new_v4().simple()));
    let copied = run(Command::new("cp").arg("-R").arg(original).arg(&building));
    let renamed = copied.and_then(|_| match fs::rename(&building, mirror) {
        Err(error) if !mirror.is_dir() => Err(Error::io("rename", &building)(error)),
        _ => Ok(()),
    });
    // What is left of it when another was first, or a copy failed.
    drop(fs::remove_dir_all(&building));
    renamed
}
