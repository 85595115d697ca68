//! Finds the base revision of a project and reads the migration files of that revision. [`find`] is the entry point; it
//! runs `git`, and changes nothing.

use crate::error::Error;
use rehearsal::layout::{Nesting, SourceFile};
use rehearsal::report::Base;
use std::path::{Path, PathBuf};

/// What `--base` turns the baseline off with.
const OFF: &str = "none";

/// The length of a hash of SHA-1. A hash of zeros only is git's name for no commit: what a new branch was before.
const SHORTEST_HASH: usize = 40;

/// A revision of a repository.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    /// The root of the repository.
    root: PathBuf,
    /// The hash of the commit.
    hash: String,
    /// How messages name it: as the user did, or the branch from which the change started.
    pub(crate) name: String,
}

/// The base revision with which findings are compared.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// A revision.
    Revision(Revision),
    /// The user turned it off.
    Off,
    /// There is none, for this reason: every finding counts.
    Unknown(String),
}

impl Found {
    /// Returns the description for the report.
    pub(crate) fn report(&self) -> Option<Base> {
        match self {
            Self::Revision(revision) => Some(Base::Found { revision: revision.hash.clone() }),
            Self::Off => None,
            Self::Unknown(reason) => Some(Base::Unknown { reason: reason.clone() }),
        }
    }
}

/// Returns the revision from which the change in the repository of `folder` started: the merge base with `wanted`, or with
/// the default branch of the remote.
///
/// # Errors
/// Fails if the wanted revision does not exist.
pub(crate) fn find(folder: &Path, wanted: Option<&str>) -> Result<Found, Error> {
    if wanted == Some(OFF) {
        return Ok(Found::Off);
    }
    let git = Git { folder: if folder.as_os_str().is_empty() { Path::new(".") } else { folder } };
    let root = match (git.root(), wanted) {
        (Ok(root), _) => root,
        (Err(reason), None) => return Ok(Found::Unknown(reason)),
        (Err(reason), Some(name)) => {
            return Err(Error::NoBase { name: name.to_owned(), help: format!("{reason}: leave out `--base`") });
        }
    };
    let revision =
        |hash: String, name: &str| Found::Revision(Revision { root: root.clone(), hash, name: name.to_owned() });
    if let Some(name) = wanted {
        if name.len() >= SHORTEST_HASH && name.bytes().all(|digit| digit == b'0') {
            return Ok(Found::Unknown("this is the first push of the branch".to_owned()));
        }
        let Some(hash) = git.commit(name) else {
            return Err(Error::NoBase { name: name.to_owned(), help: git.remedy(name) });
        };
        return match git.line(&["merge-base", &hash, "HEAD"]) {
            Some(base) => Ok(revision(base, name)),
            None if git.is_shallow() => Err(Error::NoBase { name: name.to_owned(), help: git.remedy(name) }),
            // Histories without a common commit can be compared, too.
            None => Ok(revision(hash, name)),
        };
    }
    let Some(branch) = git.default_branch() else {
        let reason = match (git.remote(), git.is_shallow()) {
            (None, _) => "the repository has no remote".to_owned(),
            (Some(remote), true) => {
                format!("the clone is shallow; fetch the history with `git fetch --unshallow {remote}`")
            }
            (Some(remote), false) => {
                format!(
                    "the default branch of {remote} is unknown; fetch it with `git remote set-head {remote} --auto`"
                )
            }
        };
        return Ok(Found::Unknown(reason));
    };
    Ok(match git.line(&["merge-base", &branch, "HEAD"]) {
        Some(base) => revision(base, &branch),
        None if git.is_shallow() => {
            let remote = git.remote().unwrap_or_default();
            Found::Unknown(format!("the clone is shallow; fetch the history with `git fetch --unshallow {remote}`"))
        }
        None => Found::Unknown(format!("HEAD has no commit in common with {branch}")),
    })
}

/// Returns the root of the repository of a folder. `None` if there is none.
pub(crate) fn root(folder: &Path) -> Option<PathBuf> {
    Git { folder }.root().ok()?.canonicalize().ok()
}

/// Returns the folder of a project in its repository, with a slash at its end; empty if the repository begins there, or if
/// there is none.
pub(crate) fn folder_in_repository(project: &Path) -> String {
    let project = if project.as_os_str().is_empty() { Path::new(".") } else { project };
    let below = || {
        let (root, project) = (root(project)?, project.canonicalize().ok()?);
        project.strip_prefix(root).ok().map(Path::to_owned)
    };
    match below() {
        Some(below) if !below.as_os_str().is_empty() => format!("{}/", below.display()),
        _ => String::new(),
    }
}

impl Revision {
    /// Returns the files of migrations in a folder at this revision, with paths below `folder` as given.
    ///
    /// # Errors
    /// Fails if git fails.
    pub(crate) fn files(&self, folder: &Path) -> Result<Vec<SourceFile>, Error> {
        let failed = |why: String| Error::Git { why };
        let absolute = folder.canonicalize().map_err(|error| failed(error.to_string()))?;
        let root = self.root.canonicalize().map_err(|error| failed(error.to_string()))?;
        // A folder outside the repository has no file in it.
        let Ok(below) = absolute.strip_prefix(&root) else { return Ok(Vec::new()) };
        let tree = format!("{}:{}", self.hash, below.display());
        let git = Git { folder: &root };
        if git.line(&["rev-parse", "--verify", "--quiet", &tree]).is_none() {
            return Ok(Vec::new());
        }
        let listed = git.output(&["ls-tree", "-r", "-z", &tree], &[]);
        let listed = listed.ok_or_else(|| failed(format!("`git ls-tree {tree}` failed")))?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        // `100644 blob <hash>\t<name>`
        let blobs: Vec<(&str, &str)> = listed
            .split('\0')
            .filter_map(|entry| entry.split_once('\t'))
            .filter(|(_, name)| [".sql", ".toml"].iter().any(|ending| name.ends_with(ending)))
            .filter_map(|(about, name)| Some((about.split(' ').nth(2)?, name)))
            .collect();
        let hashes: String = blobs.iter().map(|(hash, _)| format!("{hash}\n")).collect();
        let Some(contents) = git.output(&["cat-file", "--batch"], hashes.as_bytes()) else {
            return Err(failed("`git cat-file` failed".to_owned()));
        };
        let mut rest = contents.as_slice();
        let mut files = Vec::new();
        for (_, name) in blobs {
            let (text, after) =
                object(rest).ok_or_else(|| failed("`git cat-file` sent an incomplete file".to_owned()))?;
            let nesting = if name.contains('/') { Nesting::Folder } else { Nesting::Direct };
            let text = String::from_utf8_lossy(text);
            let text = text.trim_start_matches('\u{feff}').to_owned();
            files.push(SourceFile { path: folder.join(name), nesting, text });
            rest = after;
        }
        Ok(files)
    }
}

/// Splits the output of `git cat-file --batch` after its first object: `<hash> blob <size>\n<content>\n`.
fn object(output: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let size: usize = std::str::from_utf8(&output[..end]).ok()?.rsplit(' ').next()?.parse().ok()?;
    let content = output.get(end + 1..)?;
    Some((content.get(..size)?, content.get(size + 1..)?))
}

/// The repository of a folder.
struct Git<'f> {
    folder: &'f Path,
}

impl Git<'_> {
    /// Returns what a command prints. `None` if git is not installed or the command fails.
    fn output(&self, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
        let command = duct::cmd("git", arguments).dir(self.folder).stdin_bytes(input).stdout_capture().stderr_null();
        command.unchecked().run().ok().filter(|output| output.status.success()).map(|output| output.stdout)
    }

    /// Returns the root of the repository.
    ///
    /// # Errors
    /// Fails with the reason if there is no repository that git can read.
    fn root(&self) -> Result<PathBuf, String> {
        let command = duct::cmd!("git", "rev-parse", "--show-toplevel").dir(self.folder).stdin_null();
        let output = command.stdout_capture().stderr_capture().unchecked().run();
        let output = output.map_err(|_| "git is not installed".to_owned())?;
        let line = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned();
        match (output.status.success(), line(&output.stderr)) {
            (true, _) => Ok(PathBuf::from(line(&output.stdout))),
            (false, why) if why.contains("not a git repository") => Err("this is not a git repository".to_owned()),
            (false, why) => Err(format!("git cannot read the repository ({why})")),
        }
    }

    /// Returns the first line that a command prints. `None` if there is none.
    fn line(&self, arguments: &[&str]) -> Option<String> {
        let output = self.output(arguments, &[])?;
        String::from_utf8_lossy(&output).lines().next().map(ToOwned::to_owned).filter(|line| !line.is_empty())
    }

    /// Returns the hash of a commit.
    fn commit(&self, name: &str) -> Option<String> {
        self.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")])
    }

    fn is_shallow(&self) -> bool {
        self.line(&["rev-parse", "--is-shallow-repository"]).is_some_and(|answer| answer == "true")
    }

    /// Returns `origin`, otherwise the first remote.
    fn remote(&self) -> Option<String> {
        let output = self.output(&["remote"], &[])?;
        let text = String::from_utf8_lossy(&output).into_owned();
        text.lines().find(|name| *name == "origin").or_else(|| text.lines().next()).map(ToOwned::to_owned)
    }

    /// Returns the default branch of the remote, such as `origin/main`, as far as this clone knows it.
    fn default_branch(&self) -> Option<String> {
        let remote = self.remote()?;
        let head = self.line(&["symbolic-ref", "--quiet", "--short", &format!("refs/remotes/{remote}/HEAD")]);
        let usual = ["main", "master"].map(|name| format!("{remote}/{name}"));
        head.into_iter().chain(usual).find(|branch| self.commit(branch).is_some())
    }

    /// Returns what to do if a revision cannot be used.
    fn remedy(&self, name: &str) -> String {
        match (self.is_shallow(), self.remote()) {
            (true, Some(remote)) => {
                format!("this clone is shallow: fetch the history with `git fetch --unshallow {remote}`")
            }
            _ => format!("name a branch, a tag or a commit that `git rev-parse {name}` finds, or `--base none`"),
        }
    }
}
