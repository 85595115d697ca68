//! Remembers the answers of proofs. [`Cache::memory`] computes the [`Key`] of a database from everything that its proofs
//! depend on and reads what an earlier rehearsal stored under that key; [`Memory::keep`] stores new answers. Only answers
//! without findings are stored, so a failed proof always runs again.

mod answer;
mod key;

pub(crate) use answer::Skipped;
pub use answer::{Answer, Answers};
pub use key::{Inputs, Key};

use rehearsal_db as db;
use std::fs;
use std::path::{Path, PathBuf};

/// The number of keys that are kept for each database, so that a change of branch does not forget the answers.
const KEPT: usize = 8;

/// The stored answers of one program.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    program: u128,
}

/// The answers about one database, and where to store new ones.
#[derive(Debug)]
pub struct Memory {
    file: PathBuf,
    /// The answers of an earlier rehearsal with equal inputs; empty if there was none.
    pub recalled: Answers,
}

impl Cache {
    /// Opens the cache of a program in a folder, which need not exist. Reads the whole executable, because the backfills,
    /// checks and traffic in Rust are part of it.
    ///
    /// # Errors
    /// Fails if the executable cannot be read.
    pub fn open(folder: &Path, program: &Path) -> Result<Self, db::Error> {
        Ok(Self { folder: folder.to_owned(), program: key::of_file(program)? })
    }

    /// Returns the answers about a database with these inputs.
    ///
    /// # Errors
    /// Fails if the file of a fixture cannot be read.
    pub fn memory(&self, inputs: &Inputs<'_>) -> Result<Memory, db::Error> {
        let key = Key::new(self.program, inputs)?;
        let name: String =
            inputs.database.name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(80).collect();
        let file = self.folder.join(format!("{name}-{key}.json"));
        // A file that is missing, half written or of another format holds no answers.
        let recalled = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Ok(Memory { file, recalled })
    }
}

impl Memory {
    /// Forgets the answers of earlier rehearsals, so that every proof runs again.
    #[must_use]
    pub fn forgotten(self) -> Self {
        Self { recalled: Answers::default(), ..self }
    }

    /// Removes the stored answers of proofs that failed since, in a rehearsal of some proofs.
    pub fn forget(&self, proofs: &[&str]) {
        let stored = fs::read(&self.file).ok().and_then(|text| serde_json::from_slice::<Answers>(&text).ok());
        let Some(mut answers) = stored else { return };
        answers.proofs.retain(|name, _| !proofs.contains(&name.as_str()));
        self.keep(&answers);
    }

    /// Stores the answers and removes the oldest ones of this database. A failure is ignored: it costs only time.
    pub fn keep(&self, answers: &Answers) {
        let Some(folder) = self.file.parent() else { return };
        let stored = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            let file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&file, answers)?;
            // Renamed, so that a concurrent process never reads half of it.
            file.persist(&self.file)?;
            Ok(())
        };
        if stored().is_ok() {
            self.sweep(folder);
        }
    }

    /// Removes the files of this database except the newest ones.
    fn sweep(&self, folder: &Path) {
        let of = |path: &Path| path.file_name()?.to_str()?.rsplit_once('-').map(|(database, _)| database.to_owned());
        let Some(database) = of(&self.file) else { return };
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<_> = entries
            .filter(|path| of(path).as_ref() == Some(&database))
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        files.sort();
        for (_, file) in files.iter().rev().skip(KEPT) {
            drop(fs::remove_file(file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn failed_proofs_are_forgotten() {
        let check = |kept: &[&str], failed: &[&str], expect: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let memory = Memory { file: folder.path().join("pets-1.json"), recalled: Answers::default() };
            let mut answers = Answers::default();
            answers.proofs.extend(kept.iter().map(|name| ((*name).to_owned(), Answer::default())));
            memory.keep(&answers);
            memory.forget(failed);
            let stored: Answers = serde_json::from_slice(&fs::read(&memory.file).unwrap()).unwrap();
            assert_eq!(stored.proofs.keys().map(String::as_str).collect::<Vec<_>>(), expect);
        };
        check(&["crash", "fresh"], &["crash"], &["fresh"]);
        check(&["crash", "fresh"], &[], &["crash", "fresh"]);
        check(&["crash"], &["fresh", "crash"], &[]);
    }
}
