//! Objects of the schema that a migration removes or weakens although no statement names them ([`findings`]): what a table that
//! is built anew, a recreated view or `DROP … CASCADE` takes along. What belongs to an object that a statement drops, and
//! that exists under no name afterwards, goes with it.

use super::Change;
use crate::report::{Code, Finding};
use rehearsal_db::{Dropped, Engine, Object, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// An object that is gone, or weaker than before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lost {
    /// What the migration does, as the rest of a sentence: `drops index "by_name" on "toy"`.
    what: String,
    /// The name that a declaration uses for it.
    name: String,
    /// The statement that creates it, as it was before.
    was: String,
}

/// Returns a finding for each object that a migration removes or weakens without naming it.
pub(super) fn findings(engine: Engine, code: &'static Code, change: &Change<'_>) -> Vec<Finding> {
    let finding = |lost: Lost| {
        let help = format!(
            "create it again at the end of the migration; if the loss is intended, declare it at the top of the file:\n\
             -- allow: {} {}, REASON",
            code.name, lost.name
        );
        let message = format!("{} {} without naming it", change.script.path.display(), lost.what);
        Finding::new(code, message).with_details(vec![lost.was]).with_help(help)
    };
    lost(engine, &change.script.sql, &change.before.schema, change.after).into_iter().map(finding).collect()
}

/// The schemas around a migration.
struct Around<'s> {
    engine: Engine,
    sql: &'s str,
    before: &'s Schema,
    after: &'s Schema,
    /// The tables that the migration renames: the name before it, and the name after it.
    renamed: BTreeMap<String, String>,
    /// What it drops by name.
    dropped: Vec<Dropped>,
}

/// Returns what a migration removes or weakens without naming it.
fn lost(engine: Engine, sql: &str, before: &Schema, after: &Schema) -> Vec<Lost> {
    if std::ptr::eq(before, after) || before == after {
        return Vec::new();
    }
    let (renamed, dropped) = (engine.renamed_tables(sql), engine.dropped(sql));
    let around = Around { engine, sql, before, after, renamed, dropped };
    let mut found = Vec::new();
    let mut of_definition: BTreeMap<String, Vec<Lost>> = BTreeMap::new();
    for (label, object) in &before.objects {
        match Kind::of(label) {
            Kind::Column => {
                if let Some((table, lost)) = around.weaker_column(label, object) {
                    of_definition.entry(table).or_default().extend(lost);
                }
            }
            Kind::Table => {
                if let Some((table, lost)) = around.weaker_table(label, object) {
                    of_definition.entry(table).or_default().extend(lost);
                }
            }
            Kind::Nameless => {
                if let Some((table, lost)) = around.gone_nameless(label, object) {
                    of_definition.entry(table).or_default().push(lost);
                }
            }
            Kind::Part => found.extend(around.gone_part(label, object)),
            Kind::Property(verbs) => found.extend(around.gone_property(label, object, verbs)),
            Kind::Sequence => found.extend(around.sequence(label, object)),
            Kind::Whole => found.extend(around.gone_whole(label, object)),
            Kind::Other => {}
        }
    }
    for (table, lost) in of_definition {
        if !around.is_the_purpose(&table, lost.len()) {
            found.extend(lost);
        }
    }
    found
}

/// What a label stands for.
enum Kind {
    Column,
    Table,
    /// A part of a table with a name of its own.
    Part,
    /// A constraint that SQLite knows by its columns only.
    Nameless,
    /// A property of an object, with the words of a statement that changes it on purpose.
    Property(&'static [&'static str]),
    Sequence,
    /// An object that is part of no table.
    Whole,
    Other,
}

impl Kind {
    fn of(label: &str) -> Self {
        const PROPERTIES: &[(&str, &[&str])] = &[
            ("rights on ", &["REVOKE"]),
            ("owner of ", &["OWNER"]),
            ("row security of ", &["ROW", "LEVEL", "SECURITY"]),
            ("comment on \"", &["COMMENT"]),
            ("default of column ", &["DEFAULT"]),
            ("storage of column ", &["STORAGE"]),
            ("statistics of column ", &["STATISTICS"]),
            ("options of ", &["SET"]),
            ("identity of rows of ", &["REPLICA"]),
        ];
        if let Some((_, verbs)) = PROPERTIES.iter().find(|(start, _)| label.starts_with(start)) {
            return Self::Property(verbs);
        }
        match label.split(' ').next().unwrap_or_default() {
            "column" => Self::Column,
            "table" => Self::Table,
            "index" | "trigger" | "constraint" | "rule" | "policy" => Self::Part,
            "foreign" if label.starts_with("foreign key of") => Self::Nameless,
            "unique" | "check" => Self::Nameless,
            "sequence" => Self::Sequence,
            "view" | "materialized" | "function" | "procedure" | "aggregate" | "type" | "operator" => Self::Whole,
            _ => Self::Other,
        }
    }
}

/// The first name in quotes.
fn quoted(label: &str) -> &str {
    let rest = label.split_once('"').map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or(rest, |(name, _)| name)
}

/// A name without its schema.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl Around<'_> {
    /// The name of a table after the migration; `None` if it exists under no name.
    fn now(&self, table: &str) -> Option<String> {
        let name = self.renamed.get(table).map_or(table, String::as_str);
        let is_there =
            [format!("table \"{name}\""), format!("view \"{name}\""), format!("materialized view \"{name}\"")];
        is_there.iter().any(|label| self.after.objects.contains_key(label)).then(|| name.to_owned())
    }

    /// The name of a column after the migration; `None` if it is gone.
    fn column_now(&self, now: &str, column: &str) -> Option<String> {
        let columns = self.after.columns.get(now)?;
        // Two columns can swap their names.
        let renamed = columns.iter().find(|to| self.engine.renames(self.sql, column, to));
        let found = renamed.or_else(|| columns.iter().find(|known| *known == column))?;
        Some(found.clone())
    }

    /// True if a statement with one of these words contains the name.
    fn is_named(&self, verbs: &[&str], name: &str) -> bool {
        verbs.iter().any(|verb| self.engine.mentions(self.sql, &[verb, bare(name)]))
    }

    /// True if a definition contains a column that the migration removes.
    fn needs_gone_column(&self, table: &str, now: &str, definition: &str) -> bool {
        let columns = self.before.columns.get(table).into_iter().flatten();
        let mut gone = columns.filter(|column| self.column_now(now, column).is_none());
        gone.any(|column| self.engine.mentions(definition, &[column]))
    }

    fn gone_part(&self, label: &str, object: &Object) -> Option<Lost> {
        let table = object.part_of.as_deref()?;
        let now = self.now(table)?;
        let name = quoted(label);
        let kind = label.split(' ').next().unwrap_or_default();
        let relabelled = label.replace(&format!("\"{table}\""), &format!("\"{now}\""));
        if object.definition.is_empty()
            || self.after.objects.contains_key(&relabelled)
            || self.is_named(&["DROP", "ALTER"], name)
        {
            return None;
        }
        let is_of_columns = kind == "index" || kind == "constraint";
        if is_of_columns && self.needs_gone_column(table, &now, &object.definition) {
            return None;
        }
        if let Some(target) = object.definition.split(" REFERENCES ").nth(1) {
            let target = target.split('(').next().unwrap_or(target).trim().trim_matches('"');
            self.now(target)?;
        }
        // An equal index or constraint with another name replaces it.
        let essence = |name: &str, table: &str, definition: &str| {
            let without = definition.to_lowercase().replace(&name.to_lowercase(), "?");
            without.replace(&bare(table).to_lowercase(), "…")
        };
        let wanted = essence(name, table, &object.definition);
        let is_same = |(other, now_object): (&String, &Object)| {
            other.starts_with(kind)
                && now_object.part_of.as_deref() == Some(now.as_str())
                && essence(quoted(other), &now, &now_object.definition) == wanted
        };
        if is_of_columns && self.after.objects.iter().any(is_same) {
            return None;
        }
        Some(Lost { what: format!("drops {label}"), name: name.to_owned(), was: object.shown.clone() })
    }

    fn gone_nameless(&self, label: &str, object: &Object) -> Option<(String, Lost)> {
        let table = object.part_of.as_deref()?;
        let now = self.now(table)?;
        let relabelled = label.replace(&format!("\"{table}\""), &format!("\"{now}\""));
        if self.after.objects.contains_key(&relabelled) {
            return None;
        }
        let columns: Vec<&String> = self
            .before
            .columns
            .get(table)?
            .iter()
            .filter(|column| self.engine.mentions(&object.shown, &[column]))
            .collect();
        if columns.iter().any(|column| self.column_now(&now, column).is_none()) {
            return None;
        }
        if label.starts_with("foreign key") {
            let target = label.rsplit(" to \"").next()?.trim_end_matches('"');
            self.now(target)?;
        }
        // Another rule about the same columns replaces it.
        let now_called: Vec<String> = columns.iter().filter_map(|column| self.column_now(&now, column)).collect();
        let replaces = |(other, object): (&String, &Object)| {
            let is_new = !self.before.objects.contains_key(other);
            let start = label.split(" of ").next().unwrap_or(label);
            let is_unique = start.starts_with("unique") && object.definition.contains("UNIQUE");
            is_new
                && object.part_of.as_deref() == Some(now.as_str())
                && (other.starts_with(start) || is_unique)
                && now_called.iter().any(|column| self.engine.mentions(&object.shown, &[column]))
        };
        if self.after.objects.iter().any(replaces) {
            return None;
        }
        let name = columns.first().map_or_else(|| table.to_owned(), |column| (*column).clone());
        let rule = object.shown.split_once(" ADD ").map_or(label, |(_, rule)| rule);
        let what = format!("drops {rule} of \"{table}\"");
        Some((table.to_owned(), Lost { what, name, was: object.shown.clone() }))
    }

    fn weaker_column(&self, label: &str, object: &Object) -> Option<(String, Vec<Lost>)> {
        let table = object.part_of.as_deref()?;
        let now = self.now(table)?;
        let column = label.rsplit("\".\"").next()?.trim_end_matches('"');
        let column_now = self.column_now(&now, column)?;
        let after = self.after.objects.get(&format!("column \"{now}\".\"{column_now}\""))?;
        let (was, is) = (&object.definition, &after.definition);
        // A new column that takes the name of a dropped one has its own definition.
        let dropped = Dropped::Column(table.to_owned(), column.to_owned());
        if was == is || self.dropped.contains(&dropped) || is.contains(" AS (") || is.contains("GENERATED ALWAYS AS (")
        {
            return None;
        }
        let counts = |definition: &str| definition.contains("IDENTITY") || definition.contains("DEFAULT nextval(");
        let is_rowid = is.starts_with("INTEGER") && is.contains("PRIMARY KEY 1");
        let lost = [
            ("NOT NULL", "NOT", was.contains(" NOT NULL") && !is.contains(" NOT NULL") && !is_rowid),
            ("the default", "DEFAULT", was.contains("DEFAULT ") && !is.contains("DEFAULT ") && !counts(is)),
            ("IDENTITY", "IDENTITY", was.contains("IDENTITY") && !counts(is)),
            ("the collation", "TYPE", was.contains("COLLATE ") && !is.contains("COLLATE ")),
            ("the primary key", "KEY", was.contains("PRIMARY KEY") && !is.contains("PRIMARY KEY")),
        ];
        let is_named = |word: &str| {
            let alters = |words: &[&str]| self.engine.mentions(self.sql, words);
            alters(&["ALTER", column, word]) || alters(&["ALTER", &column_now, word])
        };
        let lost = lost.into_iter().filter(|(_, word, is_lost)| *is_lost && !is_named(word)).map(|(what, ..)| Lost {
            what: format!("removes {what} from {label}"),
            name: column.to_owned(),
            was: object.shown.clone(),
        });
        Some((table.to_owned(), lost.collect()))
    }

    fn weaker_table(&self, label: &str, object: &Object) -> Option<(String, Vec<Lost>)> {
        let table = quoted(label);
        let now = self.now(table)?;
        let after = self.after.objects.get(&Schema::table_label(&now))?;
        let is_lost = |word: &&&str| object.definition.contains(**word) && !after.definition.contains(**word);
        let lost = ["AUTOINCREMENT", "STRICT"].iter().filter(is_lost).map(|word| Lost {
            what: format!("removes {word} from {label}"),
            name: table.to_owned(),
            was: object.shown.clone(),
        });
        Some((table.to_owned(), lost.collect()))
    }

    /// True if weaker columns and constraints are all that the migration changes in the definition of a table, and so its
    /// purpose: SQLite needs a new table for that. A table that is created from a query has no definition of its own.
    fn is_the_purpose(&self, table: &str, lost: usize) -> bool {
        let Some(now) = self.now(table) else { return false };
        if lost == 0 || self.engine.mentions(self.sql, &["CREATE", "TABLE", "AS", "SELECT"]) {
            return false;
        }
        let of = |schema: &Schema, table: &str| -> BTreeSet<(String, String)> {
            let is_part = |(label, object): &(&String, &Object)| {
                matches!(Kind::of(label), Kind::Column | Kind::Nameless | Kind::Table)
                    && (object.part_of.as_deref() == Some(table) || **label == Schema::table_label(table))
            };
            let parts = schema.objects.iter().filter(is_part);
            parts.map(|(label, object)| (label.replace(table, "…"), object.definition.clone())).collect()
        };
        let (before, after) = (of(self.before, table), of(self.after, &now));
        let is_new = |(label, definition): &&(String, String)| {
            let earlier = before.iter().find(|(known, _)| known == label);
            // A column that is only weaker has no word that it did not have before.
            earlier.is_none_or(|(_, was)| definition.split(' ').any(|word| !was.split(' ').any(|known| known == word)))
        };
        !after.difference(&before).any(|part| is_new(&part))
    }

    fn gone_property(&self, label: &str, object: &Object, verbs: &[&str]) -> Option<Lost> {
        let subject = label.split_once(" on ").or_else(|| label.split_once(" of ")).map_or("", |(_, subject)| subject);
        let (relabelled, name) = if subject.starts_with('"') || subject.starts_with("column \"") {
            let table = quoted(subject);
            let now = self.now(table).or_else(|| {
                let sequence = format!("sequence \"{table}\"");
                self.after.objects.contains_key(&sequence).then(|| table.to_owned())
            })?;
            if let Some(column) = subject.rsplit("\".\"").next().filter(|_| subject.contains("\".\""))
                && self.after.columns.contains_key(&now)
            {
                self.column_now(&now, column.trim_end_matches('"'))?;
            }
            (label.replace(&format!("\"{table}\""), &format!("\"{now}\"")), table.to_owned())
        } else {
            let (kind, name) = subject.split_once(' ')?;
            let label_of = format!("{} {name}", kind.to_lowercase());
            let is_there = self.after.objects.contains_key(&label_of)
                || self.after.objects.contains_key(&format!("{} \"{name}\"", kind.to_lowercase()));
            if !is_there {
                return None;
            }
            (label.to_owned(), name.split('(').next().unwrap_or(name).to_owned())
        };
        let is_weaker = match self.after.objects.get(&relabelled) {
            None => true,
            Some(after) => {
                let lines =
                    |text: &str| text.split("; ").flat_map(str::lines).map(str::to_owned).collect::<BTreeSet<_>>();
                label.starts_with("rights on") && !lines(&object.definition).is_subset(&lines(&after.definition))
            }
        };
        let is_meant = match verbs {
            // These statements can be about everything in a schema.
            ["REVOKE"] => {
                self.engine.mentions(self.sql, &["REVOKE"]) || self.engine.mentions(self.sql, &["DROP", "OWNED"])
            }
            ["OWNER"] => ["OWNER", "OWNED"].iter().any(|word| self.engine.mentions(self.sql, &[word])),
            ["SET"] => self.is_named(&["RESET", "SET"], &name),
            verbs => self.engine.mentions(self.sql, &[verbs, &[bare(&name)]].concat()),
        };
        (is_weaker && !is_meant).then(|| Lost { what: format!("drops the {label}"), name, was: object.shown.clone() })
    }

    fn sequence(&self, label: &str, object: &Object) -> Option<Lost> {
        let name = quoted(label);
        let owner = object.part_of.as_deref();
        let what = match self.after.objects.get(label) {
            Some(after) if owner.is_some() && after.part_of.is_none() => format!("removes the owner of {label}"),
            None if owner.is_none() => format!("drops {label}"),
            _ => return None,
        };
        let is_meant = self.is_named(&["DROP", "ALTER"], name);
        (!is_meant).then(|| Lost { what, name: name.to_owned(), was: object.shown.clone() })
    }

    fn gone_whole(&self, label: &str, object: &Object) -> Option<Lost> {
        if self.after.objects.contains_key(label) {
            return None;
        }
        let name = match label.find('"') {
            Some(_) => quoted(label),
            None => label.split(' ').nth(1)?.split('(').next()?,
        };
        if self.is_named(&["DROP", "ALTER"], name) {
            return None;
        }
        Some(Lost { what: format!("drops {label}"), name: bare(name).to_owned(), was: object.shown.clone() })
    }
}
