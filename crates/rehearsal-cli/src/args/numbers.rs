//! Parsers of numbers. A number out of range gets a sentence with the range.

use std::num::{NonZeroU32, NonZeroUsize};

/// The most units of a batch: a transaction with more is no longer short.
const BATCH: u64 = 1_000_000;

/// Parses a whole number from `least` to `most`.
fn whole(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

/// Parses a number from 1 to `most`.
fn positive(text: &str, most: u32) -> Result<NonZeroU32, String> {
    let number = whole(text, 1, most.into())?;
    // The range excludes 0 and what does not fit.
    u32::try_from(number)
        .ok()
        .and_then(NonZeroU32::new)
        .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
}

/// Parses a maximum number of proofs.
pub(super) fn jobs(text: &str) -> Result<NonZeroU32, String> {
    positive(text, 1_000)
}

/// Parses the size of a batch.
pub(super) fn batch(text: &str) -> Result<NonZeroU32, String> {
    positive(text, u32::try_from(BATCH).unwrap_or(u32::MAX))
}

/// Parses a number of workers. Each worker has two connections; a server allows a hundred by default.
pub(super) fn workers(text: &str) -> Result<NonZeroU32, String> {
    positive(text, 32)
}

/// Parses the seconds to wait for a lock: at most a day.
pub(super) fn wait(text: &str) -> Result<u64, String> {
    whole(text, 0, 86_400)
}

/// Parses the duration of a batch, in milliseconds.
pub(super) fn batch_time(text: &str) -> Result<u64, String> {
    whole(text, 1, 600_000)
}

/// Parses the pause between two batches, in milliseconds.
pub(super) fn rest(text: &str) -> Result<u64, String> {
    whole(text, 0, 30_000)
}

/// Parses a number of generated units.
pub(super) fn units(text: &str) -> Result<u64, String> {
    whole(text, 1, 1_000_000_000)
}

/// Parses the seed of random values.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0, u64::MAX)
}

/// Parses a major version of PostgreSQL.
pub(super) fn major(text: &str) -> Result<u32, String> {
    Ok(positive(text, 1_000)?.get())
}

/// Parses the version of a migration.
pub(super) fn version(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "must be the version of a migration: the number at the start of its file name".to_owned())
}

/// Parses a number of migrations.
pub(super) fn how_many(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| match text.parse::<u64>() {
        Ok(_) => "must be a whole number, 1 or more".to_owned(),
        Err(_) => "it is not a number; put the database first, as in `migrate pets --revert 2`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn ranges() {
        let check = |text: &str, expect: Result<u64, &str>| {
            assert_eq!(whole(text, 1, 9), expect.map_err(ToOwned::to_owned), "{text}");
        };
        check("1", Ok(1));
        check("9", Ok(9));
        for text in ["0", "10", "-1", "1.5", "", "many", "99999999999999999999"] {
            check(text, Err("must be a whole number from 1 to 9"));
        }
    }
}
