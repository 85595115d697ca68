//! The ways to break what a backfill wrote, how each is done, and a check that would notice it.

use super::rows::Rows;
use crate::backfill::AnyBackfill;
use rehearsal_db::Engine;

/// A way to break what a backfill wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mutant {
    /// Every seventh unit is passed over.
    Skip,
    /// New rows are there twice, under another key.
    Twice {
        /// The table.
        table: String,
    },
    /// Rows hold what another key's row should.
    Give {
        /// The table.
        table: String,
    },
    /// A column is not filled.
    Empty {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A column holds another row's values.
    Swap {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// How many columns of a table are broken where not all ways are tried.
const COLUMNS: usize = 8;

/// Some of them, the same at each time: all that are not about a single column; of each table, columns that lie apart from each
/// other, each emptied or swapped in turn; and those that nobody has noticed yet. And how many are left out.
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
        // In a table of few columns, each is broken both ways.
        here.len() <= COLUMNS / 2 || (place.is_multiple_of(step) && has_turn) || has_survived(mutant)
    };
    let chosen: Vec<Mutant> = mutants.into_iter().filter(is_chosen).collect();
    let left = all - chosen.len();
    (chosen, left)
}

/// The mutants of these rows that change anything.
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
    /// What was done, for a person.
    pub(super) fn sentence(&self, unit: &str) -> String {
        match self {
            Self::Skip => format!("every 7th {unit} is passed over"),
            Self::Twice { table } => format!("the new rows of \"{table}\" are there twice, under another key"),
            Self::Give { table } => format!("each row of \"{table}\" holds what another one should"),
            Self::Empty { table, column } => format!("\"{table}\".\"{column}\" is NULL"),
            Self::Swap { table, column } => format!("\"{table}\".\"{column}\" is that of another row"),
        }
    }

    /// The table that is broken, where it is one.
    pub(super) fn table(&self) -> Option<&str> {
        match self {
            Self::Skip => None,
            Self::Twice { table } | Self::Give { table } | Self::Empty { table, .. } | Self::Swap { table, .. } => {
                Some(table.rsplit('.').next().unwrap_or(table))
            }
        }
    }

    /// True where it takes rows out and puts others in, which neither triggers nor references may act on.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Self::Skip | Self::Give { .. } | Self::Swap { .. } => true,
            Self::Twice { .. } | Self::Empty { .. } => false,
        }
    }

    /// The statements that do it.
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

    /// A check that would notice it, as a file in `checks/` holds it. What a value should be only the author knows: where it
    /// has to be compared with that, the place for it is named.
    pub(super) fn check(&self, backfill: &dyn AnyBackfill, tables: &[Rows]) -> String {
        let about = backfill.about();
        let (from, name, unit) = (about.from, about.name, about.unit);
        let quote = |name: &str| backfill.engine().quote(name);
        let find = |table: &str| tables.iter().find(|rows| rows.name() == table);
        let keys = |table: &str| {
            let keys =
                find(table).map(Rows::key).unwrap_or_default().iter().map(|key| format!("stored.{}", quote(key)));
            keys.collect::<Vec<_>>().join(", ")
        };
        let from_table = |table: &str| backfill.engine().quote_table(table);
        let head = |what: String| format!("-- from: {from}\n-- Catches {what}.\n");
        match self {
            Self::Skip => {
                let relation = dedent(backfill.relation());
                head(format!("{unit}s that {name} did not reach"))
                    + &format!("SELECT unit.*\nFROM (\n{relation}\n) AS unit\nWHERE unit.\"pending\";\n")
            }
            Self::Twice { table } => {
                let rest: Vec<String> = find(table)
                    .into_iter()
                    .flat_map(Rows::content)
                    .map(|column| text(backfill.engine(), &quote(column)))
                    .collect();
                let rest = rest.join(", ");
                head(format!("rows of \"{table}\" that are there twice"))
                    + &format!(
                        "SELECT {rest}, count(*) AS \"times\"\nFROM {}\nGROUP BY {rest}\nHAVING count(*) > 1;\n",
                        from_table(table)
                    )
            }
            Self::Empty { table, column } if find(table).is_some_and(|rows| rows.is_filled_always(column)) => {
                let column = quote(column);
                head(format!("rows of \"{table}\" without a value that {name} writes"))
                    + &format!(
                        "SELECT {}\nFROM {} AS stored\nWHERE stored.{column} IS NULL;\n",
                        keys(table),
                        from_table(table)
                    )
            }
            Self::Empty { table, column } | Self::Swap { table, column } => {
                let column = quote(column);
                head(format!("values of \"{table}\" that are not those that follow from the {unit}"))
                    + &format!(
                        "SELECT {}, stored.{column} AS \"stored\", expected.{column} AS \"expected\"\n\
                         FROM {} AS stored\n\
                         JOIN (/* SELECT the key and what {column} should be, from what it is made of */) AS expected\n    \
                             ON {}\n\
                         WHERE stored.{column} IS DISTINCT FROM expected.{column};\n",
                        keys(table),
                        from_table(table),
                        same(find(table), &quote)
                    )
            }
            Self::Give { table } => {
                let columns: Vec<String> =
                    find(table).into_iter().flat_map(Rows::outputs).map(|name| quote(&name)).collect();
                let list = |of: &str| columns.iter().map(|name| format!("{of}.{name}")).collect::<Vec<_>>().join(", ");
                head(format!("rows of \"{table}\" that hold what is another {unit}'s"))
                    + &format!(
                        "SELECT {}\n\
                         FROM {} AS stored\n\
                         JOIN (/* SELECT the key and what the row should hold, from what it is made of */) AS expected\n    \
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

fn text(engine: Engine, column: &str) -> String {
    engine.as_text(column)
}

/// A text without the white space that all of its lines but the first begin with.
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

    /// Both ways to break each of so many columns, behind one way that is about no column.
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
    fn a_way_that_nobody_noticed_is_tried_again() {
        let last = Mutant::Swap { table: "t".to_owned(), column: "c19".to_owned() };
        assert!(!sample(all(20), &|_| false).0.contains(&last));
        assert!(sample(all(20), &|mutant| *mutant == last).0.contains(&last));
    }

    #[test]
    fn indents() {
        let check = |text: &str, expect: &str| assert_eq!(dedent(text), expect);
        check("SELECT 1", "    SELECT 1");
        check("SELECT 1\n           FROM a\n             JOIN b", "    SELECT 1\n    FROM a\n      JOIN b");
        check("  SELECT 1\n\n  FROM a  ", "    SELECT 1\n\n    FROM a");
    }
}
