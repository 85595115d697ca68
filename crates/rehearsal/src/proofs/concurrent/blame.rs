//! Attributes a check that fails at the end to the backfill that ran when it went wrong ([`RedAfter`]): the one since which
//! the check is red although it is green there if the app does not write.

use crate::Error;
use crate::backfill::Effect;
use crate::proofs::ProofRun;
use crate::sandbox::Scratch;
use std::collections::BTreeSet;

/// The names of the checks that are red after each backfill, in the order of the runs.
#[derive(Debug, Default)]
pub(super) struct RedAfter(Vec<(&'static str, BTreeSet<String>)>);

impl RedAfter {
    /// Records the checks that are red now. With a single backfill there is nothing to attribute.
    pub(super) async fn record(
        &mut self,
        backfill: &'static str,
        run: &ProofRun<'_>,
        scratch: &Scratch,
    ) -> Result<(), Error> {
        let red = match run.rehearsal.backfills.len() {
            0 | 1 => BTreeSet::new(),
            _ => match run.red_checks(scratch).await {
                Ok(red) => red.into_iter().map(|(name, _)| name).collect(),
                // A check without `from` may read what only a later migration adds.
                Err(Error::Check(_)) => BTreeSet::new(),
                Err(error) => return Err(error),
            },
        };
        self.0.push((backfill, red));
        Ok(())
    }

    /// Returns the name of the backfill that a check is red because of; the last one if it cannot be told. `alone` is
    /// what was recorded without the app's writes.
    pub(super) fn blamed(&self, check: &str, alone: &Self) -> Option<&'static str> {
        let is_red_without = |name: &str| alone.0.iter().any(|(of, red)| *of == name && red.contains(check));
        let is_wrong = |(name, red): &(&str, BTreeSet<String>)| red.contains(check) && !is_red_without(name);
        let since = self.0.iter().rposition(|after| !is_wrong(after)).map_or(0, |green| green + 1);
        self.0.get(since).or(self.0.last()).map(|(name, _)| *name)
    }
}

/// Reports the checks that fail after all backfills ran while the app wrote, each with the backfill to blame.
pub(super) async fn check(run: &mut ProofRun<'_>, red: RedAfter, scratch: &Scratch) -> Result<(), Error> {
    run.step("run the checks");
    let findings = run.red_checks(scratch).await?;
    if findings.is_empty() {
        return Ok(());
    }
    let alone = match red.0.len() {
        0 | 1 => RedAfter::default(),
        _ => {
            let steps = std::mem::take(&mut run.steps);
            let alone = without_writes(run).await;
            run.steps = steps;
            // If that fails, the checks are still red, and the last backfill is the best guess.
            alone.unwrap_or_default()
        }
    };
    for (check, finding) in findings {
        if let Some(backfill) = red.blamed(&check, &alone) {
            run.step(format!("run the checks after {backfill} ran while the app wrote"));
        }
        run.find(finding).await;
    }
    Ok(())
}

/// Runs the backfills in the same order while nothing else writes.
async fn without_writes(run: &mut ProofRun<'_>) -> Result<RedAfter, Error> {
    let scratch = run.copy("without_writes").await?;
    let mut connection = scratch.open().await?;
    let (mut done, mut red) = (Vec::new(), RedAfter::default());
    let history = run.rehearsal.history;
    let ends = history.after(run.start_version()).iter().map(Some).chain([None]);
    for next in ends {
        for backfill in run.due(next, &done) {
            let name = backfill.about().name;
            run.backfill(backfill, &scratch, Effect::Execute).await?;
            red.record(name, run, &scratch).await?;
            done.push(name);
        }
        if let Some(migration) = next {
            run.up(migration, &scratch, &mut connection).await?;
            run.load_later(migration.version, &mut connection).await?;
        }
    }
    connection.close().await?;
    Ok(red)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn blames_the_first_run_after_which_a_check_is_wrongly_red() {
        let after = |runs: &[(&'static str, &[&str])]| {
            let of = |(name, red): &(&'static str, &[&str])| (*name, red.iter().map(|&name| name.to_owned()).collect());
            RedAfter(runs.iter().map(of).collect())
        };
        // Without writes, the check of the hue is red until the second backfill has run.
        let alone = after(&[("traits", &["hue"]), ("hues", &[])]);
        let check = |runs: &[(&'static str, &[&str])], check: &str, expect: Option<&str>| {
            assert_eq!(after(runs).blamed(check, &alone), expect);
        };
        check(&[("traits", &["hue"]), ("hues", &["hue"])], "hue", Some("hues"));
        check(&[("traits", &["hue", "shape"]), ("hues", &["shape"])], "shape", Some("traits"));
        // The first one repaired it at the end of the second, or a third one broke it again.
        let three = |of_second: &'static [&'static str]| [("a", &["x"][..]), ("b", of_second), ("c", &["x"][..])];
        check(&three(&[]), "x", Some("c"));
        check(&three(&["x"]), "x", Some("a"));
        check(&[("traits", &["hue"]), ("hues", &["shape"])], "shape", Some("hues"));
        check(&[("traits", &["hue"]), ("hues", &[])], "shape", Some("hues"));
        check(&[], "shape", None);
    }
}
