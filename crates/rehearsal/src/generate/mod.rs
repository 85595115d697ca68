//! Rows that no app wrote: fixtures of any size, and in `rows` those that a rehearsal generates from the catalog. An author writes a [`Generator`] for a database; its rows follow from a seed and a number, and are
//! written as they come, so that neither the machine nor the size of the fixture changes any of them.

mod draw;
pub(crate) mod rows;
mod script;

pub use draw::{Draw, Seed};
pub use script::{Cell, Script};

use rehearsal_db::Engine;
use rehearsal_db::command::command;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// What a generator says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The database that it fills.
    pub database: &'static str,
    /// What one unit is called (`pet`). All other rows are in proportion.
    pub unit: &'static str,
    /// The migration version that its rows are at.
    pub at: i64,
}

/// What is asked of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many units: at least one.
    pub units: u64,
    /// What the rows are derived from.
    pub seed: Seed,
}

/// A source of rows for one database.
pub trait Generator: Send + Sync + 'static {
    /// Database, unit, version.
    fn about(&self) -> About;

    /// Writes all rows of so many units, those that are referred to before those that refer to them.
    ///
    /// A unit is derived from the seed and its own number and from nothing else: it is the same in a fixture of any size.
    /// The first units are chosen by hand, one for each case that needs care.
    ///
    /// # Errors
    /// What the script said.
    fn write(&self, size: Size, script: &mut Script<'_>) -> io::Result<()>;
}

/// The beginning of the line that tells a generated file from one that somebody wrote.
const MADE_BY: &str = "-- made by: ";
/// The command that makes fixtures, whatever the command line is called.
const COMMAND: &str = "fixture generate";

/// Writes a whole fixture: its version, the command that makes it, its rows.
///
/// # Errors
/// What `out` said.
pub fn generate(generator: &dyn Generator, engine: Engine, size: Size, mut out: impl Write) -> io::Result<()> {
    let (About { database, at, .. }, Size { units, seed }) = (generator.about(), size);
    let command = command(&format!("{COMMAND} {database} --units {units} --seed {seed}"));
    writeln!(out, "-- at: {at}\n{MADE_BY}{command}")?;
    generator.write(size, &mut Script::new(engine, &mut out))?;
    out.flush()
}

/// Whether a file says that [`generate`] made it.
///
/// # Errors
/// What the system said.
pub fn is_generated(path: &Path) -> io::Result<bool> {
    // Another file may be of any kind and any size.
    let mut lines = BufReader::new(File::open(path)?.take(1024)).split(b'\n');
    let is_made = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        line.strip_prefix(MADE_BY).is_some_and(|command| command.contains(&format!(" {COMMAND} ")))
    };
    lines.by_ref().take(2).try_fold(false, |found, line| Ok(found || is_made(&line?)))
}
