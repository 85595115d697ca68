//! The mutants of what a backfill wrote ([`Mutant`]): which ones there are ([`mutants`]), which of them are tried
//! ([`sample`]), their statements, and for each a check that would kill it.

use super::rows::Rows;
use super::since::Since;
use crate::backfill::AnyBackfill;

/// A change that makes the rows of a backfill wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mutant {
    /// Every seventh unit is skipped.
    Skip,
    /// New rows are duplicated under another key.
    Twice {
        /// The table.
        table: String,
    },
    /// Each row has the content of the next row.
    Give {
        /// The table.
        table: String,
    },
    /// A column is NULL.
    Empty {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column has the values of the next rows.
    Swap {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// Most columns of a table that are mutated in a sample.
const COLUMNS: usize = 8;

/// Returns a fixed sample, and the number of mutants left out. It contains each mutant that is not about a single
/// column, evenly spaced columns of each table, emptied and swapped in turn, and the mutants that survived earlier.
pub(super) fn sample(mutants: Vec<Mutant>, has_survived: &dyn Fn(&Mutant) -> bool) -> (Vec<Mutant>, usize) {
    let all = mutants.len();
    let of = |mutant: &Mutant| match mutant {
        Mutant::Empty { table, column } | Mutant::Swap { table, column } => Some((table.clone(), column.clone())),
        _ => None,
    };
    let mut columns: Vec<(String, String)> = mutants.iter().filter_map(of).collect();
    columns.dedup();
    let is_chosen = |mutant: &Mutant| {
        let Some((table, column)) = of(mutant) else { return true };
        let here: Vec<&String> = columns.iter().filter(|(t, _)| *t == table).map(|(_, c)| c).collect();
        let place = here.iter().position(|name| **name == column).unwrap_or_default();
        let step = here.len().div_ceil(COLUMNS).max(1);
        let has_turn = match mutant {
            Mutant::Empty { .. } => (place / step).is_multiple_of(2),
            _ => !(place / step).is_multiple_of(2),
        };
        // In a table with few columns, each one is both emptied and swapped.
        here.len() <= COLUMNS / 2 || (place.is_multiple_of(step) && has_turn) || has_survived(mutant)
    };
    let chosen: Vec<Mutant> = mutants.into_iter().filter(is_chosen).collect();
    let left = all - chosen.len();
    (chosen, left)
}

/// Returns the mutants of these rows that change anything.
pub(super) fn mutants(rows: &Rows) -> Vec<Mutant> {
    let table = rows.name().to_owned();
    let mut mutants = Vec::new();
    if rows.new > 0 && rows.another_key().is_some() {
        mutants.push(Mutant::Twice { table: table.clone() });
    }
    if rows.has_different_rows() && rows.unsettled_key().is_none() {
        mutants.push(Mutant::Give { table: table.clone() });
    }
    for (column, facts) in rows.settled() {
        if facts.filled > 0 {
            mutants.push(Mutant::Empty { table: table.clone(), column: column.to_owned() });
        }
        if facts.different > 1 {
            mutants.push(Mutant::Swap { table: table.clone(), column: column.to_owned() });
        }
    }
    mutants
}

impl Mutant {
    /// Describes the mutant for reports.
    pub(super) fn sentence(&self, unit: &str) -> String {
        match self {
            Self::Skip => format!("every 7th {unit} is skipped"),
            Self::Twice { table } => format!("new rows of \"{table}\" are duplicated under another key"),
            Self::Give { table } => format!("each row of \"{table}\" has the content of another row"),
            Self::Empty { table, column } => format!("\"{table}\".\"{column}\" is NULL"),
            Self::Swap { table, column } => format!("\"{table}\".\"{column}\" has the value of another row"),
        }
    }

    /// The mutated table without its schema; `None` for `Skip`, which may affect several tables.
    pub(super) fn table(&self) -> Option<&str> {
        match self {
            Self::Skip => None,
            Self::Twice { table } | Self::Give { table } | Self::Empty { table, .. } | Self::Swap { table, .. } => {
                Some(table.rsplit('.').next().unwrap_or(table))
            }
        }
    }

    /// True if the mutant deletes and inserts rows, so that triggers and foreign keys must be off.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Self::Skip | Self::Give { .. } | Self::Swap { .. } => true,
            Self::Twice { .. } | Self::Empty { .. } => false,
        }
    }

    /// Returns the statements that apply the mutant.
    pub(super) fn statements(&self, tables: &[Rows]) -> Vec<String> {
        let of = |table: &str, statements: &dyn Fn(&Rows) -> Vec<String>| {
            tables.iter().filter(|rows| rows.name() == table).flat_map(statements).collect()
        };
        match self {
            Self::Skip => tables.iter().flat_map(Rows::skip).collect(),
            Self::Twice { table } => of(table, &Rows::twice),
            Self::Give { table } => of(table, &Rows::give),
            Self::Empty { table, column } => of(table, &|rows| rows.empty(column)),
            Self::Swap { table, column } => of(table, &|rows| rows.swap(column)),
        }
    }

    /// Returns a check that would kill the mutant, as a file in `checks/`. Only the author knows the expected
    /// values, so the check has a comment where they belong.
    pub(super) fn check(&self, backfill: &dyn AnyBackfill, tables: &[Rows], since: &Since) -> String {
        let about = backfill.about();
        let (name, unit) = (about.name, about.unit);
        let quote = |name: &str| backfill.engine().quote(name);
        let find = |table: &str| tables.iter().find(|rows| rows.name() == table);
        let keys = |table: &str| {
            let keys =
                find(table).map(Rows::key).unwrap_or_default().iter().map(|key| format!("stored.{}", quote(key)));
            keys.collect::<Vec<_>>().join(", ")
        };
        let from_table = |table: &str| backfill.engine().quote_table(table);
        let from = |table: &str, columns: &[String]| {
            let key = find(table).map(Rows::key).unwrap_or_default();
            format!("-- from: {}\n", since.first(about.from, table, &[key, columns].concat()))
        };
        // Without the data that the backfill reads, nothing can be compared with it.
        let until = about.until.map(|until| format!("-- until: {until}\n")).unwrap_or_default();
        let what = |what: String| format!("-- Catches {what}.\n");
        match self {
            Self::Skip => {
                let relation = dedent(backfill.relation());
                format!("-- from: {}\n{until}", about.from)
                    + &what(format!("{unit}s that {name} skipped"))
                    + &format!("SELECT unit.*\nFROM (\n{relation}\n) AS unit\nWHERE unit.\"pending\";\n")
            }
            Self::Twice { table } => {
                let columns: Vec<String> = find(table).into_iter().flat_map(Rows::content).map(str::to_owned).collect();
                let rest: Vec<String> =
                    columns.iter().map(|column| backfill.engine().as_text(&quote(column))).collect();
                let rest = rest.join(", ");
                from(table, &columns)
                    + &what(format!("duplicate rows of \"{table}\""))
                    + &format!(
                        "SELECT {rest}, count(*) AS \"times\"\nFROM {}\nGROUP BY {rest}\nHAVING count(*) > 1;\n",
                        from_table(table)
                    )
            }
            Self::Empty { table, column } if find(table).is_some_and(|rows| rows.is_filled_always(column)) => {
                let (from, column) = (from(table, std::slice::from_ref(column)), quote(column));
                from + &what(format!("rows of \"{table}\" without a value that {name} writes"))
                    + &format!(
                        "SELECT {}\nFROM {} AS stored\nWHERE stored.{column} IS NULL;\n",
                        keys(table),
                        from_table(table)
                    )
            }
            Self::Empty { table, column } | Self::Swap { table, column } => {
                let (from, column) = (from(table, std::slice::from_ref(column)), quote(column));
                from + &until
                    + &what(format!("values of \"{table}\" that differ from those expected for the {unit}"))
                    + &format!(
                        "SELECT {}, stored.{column} AS \"stored\", expected.{column} AS \"expected\"\n\
                         FROM {} AS stored\n\
                         JOIN (/* SELECT the key and the expected {column}, computed from the source */) AS expected\n    \
                             ON {}\n\
                         WHERE stored.{column} IS DISTINCT FROM expected.{column};\n",
                        keys(table),
                        from_table(table),
                        same(find(table), &quote)
                    )
            }
            Self::Give { table } => {
                let columns: Vec<String> = find(table).into_iter().flat_map(Rows::outputs).collect();
                let list = |of: &str| {
                    columns.iter().map(|name| format!("{of}.{}", quote(name))).collect::<Vec<_>>().join(", ")
                };
                from(table, &columns)
                    + &until
                    + &what(format!("rows of \"{table}\" with the content of another {unit}"))
                    + &format!(
                        "SELECT {}\n\
                         FROM {} AS stored\n\
                         JOIN (/* SELECT the key and the expected content, computed from the source */) AS expected\n    \
                             ON {}\n\
                         WHERE ({}) IS DISTINCT FROM ({});\n",
                        keys(table),
                        from_table(table),
                        same(find(table), &quote),
                        list("stored"),
                        list("expected")
                    )
            }
        }
    }
}

fn same(rows: Option<&Rows>, quote: &dyn Fn(&str) -> String) -> String {
    let keys = rows.map(Rows::key).unwrap_or_default().iter();
    keys.map(|key| format!("expected.{0} = stored.{0}", quote(key))).collect::<Vec<_>>().join(" AND ")
}

/// Indents a text by four spaces, after removing the indentation that all lines but the first share.
fn dedent(text: &str) -> String {
    let rest = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let indent = rest().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let lines = text.lines().enumerate().map(|(at, line)| {
        let line = if at == 0 { line.trim_start() } else { line.get(indent..).unwrap_or_default() };
        format!("    {}", line.trim_end()).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// `Skip`, then `Empty` and `Swap` for this many columns.
    fn all(columns: usize) -> Vec<Mutant> {
        let both = (0..columns).flat_map(|n| {
            let (table, column) = ("t".to_owned(), format!("c{n}"));
            let empty = Mutant::Empty { table: table.clone(), column: column.clone() };
            [empty, Mutant::Swap { table, column }]
        });
        std::iter::once(Mutant::Skip).chain(both).collect()
    }

    #[test]
    fn samples() {
        let check = |columns: usize, expect: &[&str], left: usize| {
            let (chosen, out) = sample(all(columns), &|_| false);
            let name = |mutant: &Mutant| match mutant {
                Mutant::Empty { column, .. } => format!("empty {column}"),
                Mutant::Swap { column, .. } => format!("swap {column}"),
                _ => "skip".to_owned(),
            };
            assert_eq!((chosen.iter().map(name).collect::<Vec<_>>().join(", "), out), (expect.join(", "), left));
        };
        check(0, &["skip"], 0);
        check(1, &["skip", "empty c0", "swap c0"], 0);
        check(5, &["skip", "empty c0", "swap c1", "empty c2", "swap c3", "empty c4"], 5);
        let apart = ["skip", "empty c0", "swap c3", "empty c6", "swap c9", "empty c12", "swap c15", "empty c18"];
        check(20, &apart, 33);
    }

    #[test]
    fn a_mutant_that_survived_is_tried_again() {
        let last = Mutant::Swap { table: "t".to_owned(), column: "c19".to_owned() };
        assert!(!sample(all(20), &|_| false).0.contains(&last));
        assert!(sample(all(20), &|mutant| *mutant == last).0.contains(&last));
    }

    #[test]
    fn dedents() {
        let check = |text: &str, expect: &str| assert_eq!(dedent(text), expect);
        check("SELECT 1", "    SELECT 1");
        check("SELECT 1\n           FROM a\n             JOIN b", "    SELECT 1\n    FROM a\n      JOIN b");
        check("  SELECT 1\n\n  FROM a  ", "    SELECT 1\n\n    FROM a");
    }
}
