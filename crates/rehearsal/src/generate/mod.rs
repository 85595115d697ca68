//! Rows that no app wrote: fixtures of any size from a [`Generator`] that a project implements ([`generate`]), and
//! in `rows` the rows that a rehearsal generates from the catalog. The rows of a generator depend only on a seed
//! and a number and are written one by one, so neither the machine nor the size of the fixture changes any of them.

mod draw;
pub(crate) mod rows;
mod script;

pub use draw::{Draw, Seed};
#[doc(hidden)]
pub use rows::suggested;
pub use script::{Cell, Script};

use rehearsal_db::Engine;
use rehearsal_db::command::command;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// The description of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The database that it fills.
    pub database: &'static str,
    /// The noun for one unit (`pet`). The number of other rows is in proportion to the units.
    pub unit: &'static str,
    /// The migration version of its rows.
    pub at: i64,
}

/// The size and seed of the fixture to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number of units, at least 1.
    pub units: u64,
    /// The seed of the rows.
    pub seed: Seed,
}

/// A source of rows for one database.
pub trait Generator: Send + Sync + 'static {
    /// Returns the database, unit and version.
    fn about(&self) -> About;

    /// Writes all rows of the units, parent rows before child rows.
    ///
    /// A unit must depend only on the seed and its number, so that it is the same in a fixture of any size. Choose
    /// the first units by hand, one for each case that needs care.
    ///
    /// # Errors
    /// Fails if the script cannot be written.
    fn write(&self, size: Size, script: &mut Script<'_>) -> io::Result<()>;
}

/// The beginning of the line that marks a file as generated.
const MADE_BY: &str = "-- made by: ";
/// The command that generates fixtures, without the name of the program.
const COMMAND: &str = "fixture generate";

/// Writes a fixture: its version, the command that generates it, and its rows.
///
/// # Errors
/// Fails if writing to `out` fails.
pub fn generate(generator: &dyn Generator, engine: Engine, size: Size, mut out: impl Write) -> io::Result<()> {
    let (About { database, at, .. }, Size { units, seed }) = (generator.about(), size);
    let command = command(&format!("{COMMAND} {database} --units {units} --seed {seed}"));
    writeln!(out, "-- at: {at}\n{MADE_BY}{command}")?;
    generator.write(size, &mut Script::new(engine, &mut out))?;
    out.flush()
}

/// Returns true if the file was written by [`generate`], as its first two lines show.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn is_generated(path: &Path) -> io::Result<bool> {
    // A file that was not generated can have any content and size.
    let mut lines = BufReader::new(File::open(path)?.take(1024)).split(b'\n');
    let is_made = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        line.strip_prefix(MADE_BY).is_some_and(|command| command.contains(&format!(" {COMMAND} ")))
    };
    lines.by_ref().take(2).try_fold(false, |found, line| Ok(found || is_made(&line?)))
}
