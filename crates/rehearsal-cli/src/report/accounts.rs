//! What became of old values, as a table.

use super::{Paint, thousands};
use rehearsal::ledger::{Account, Accounts};

/// A title, and what stands below it.
type Column = (&'static str, fn(&Account) -> u64);

/// A line for each key and one for all together; nothing where no books were kept.
#[must_use]
pub fn accounts_table(accounts: &Accounts, paint: Paint) -> String {
    if accounts.is_empty() {
        return String::new();
    }
    let others = accounts.of_others();
    let mut rows: Vec<(&str, Account)> =
        accounts.fields.iter().map(|(key, account)| (key.as_str(), *account)).collect();
    if others.sum() > 0 {
        rows.push(("other keys", others));
    }
    if accounts.whole.sum() > 0 {
        rows.push(("no key", accounts.whole));
    }
    rows.push(("together", accounts.together()));
    // The first two always, the others where there is something in them.
    let columns: [Column; 7] = [
        ("in all", |account| account.sum()),
        ("carried", |account| account.carried),
        ("chosen against", |account| account.chosen_against),
        ("duplicate", |account| account.duplicate),
        ("kept", |account| account.kept),
        ("skipped", |account| account.skipped),
        ("present", |account| account.present),
    ];
    let together = accounts.together();
    let is_shown = |(at, (_, of)): &(usize, &Column)| *at < 2 || of(&together) > 0;
    let columns: Vec<_> = columns.iter().enumerate().filter(is_shown).map(|(_, column)| *column).collect();
    let titles: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cells = |account: &Account| columns.iter().map(|(_, of)| thousands(of(account))).collect::<Vec<String>>();
    let width = rows.iter().map(|(key, _)| key.chars().count() + 2).max().unwrap_or_default().max("values".len());
    let widths: Vec<usize> = (0..titles.len())
        .map(|at| {
            rows.iter().map(|(_, account)| cells(account)[at].len()).max().unwrap_or_default().max(titles[at].len())
        })
        .collect();
    let line = |first: String, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}"));
        format!("  {first:<width$}{}", cells.collect::<String>())
    };
    let mut text = format!("{}\n", paint.faint(line("values".to_owned(), &titles)));
    for (key, account) in rows {
        text.push_str(&line(format!("  {key}"), &cells(&account)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal::ledger::Fate;

    #[test]
    fn is_aligned() {
        let mut accounts = Accounts::default();
        assert_eq!(accounts_table(&accounts, Paint::Plain), "");
        accounts.field("location", Fate::Carried, 1234);
        accounts.field("location", Fate::ChosenAgainst, 7);
        accounts.field("beliefs", Fate::Kept, 1);
        accounts.other("größe", Fate::Kept, 12);
        let expect = "  values        in all  carried  chosen against  kept
    beliefs          1        0               0     1
    location     1,241    1,234               7     0
    other keys      12        0               0    12
    together     1,254    1,234               7    13
";
        assert_eq!(accounts_table(&accounts, Paint::Plain), expect);
    }
}
