//! Reads schemas ([`schema`]) and compares them object by object ([`compare`]).

use super::difference::SchemaDifference;
use rehearsal_db::{Connection, Error, Object, Schema};
use std::sync::Arc;

/// Reads the schema, without the tables of sqlx and rehearsal.
///
/// # Errors
/// Fails if a query fails.
pub async fn schema(connection: &mut Connection) -> Result<Arc<Schema>, Error> {
    let settings = connection.pin().await?;
    let tables = connection.tables().await?;
    let schema = connection.schema(&tables).await?;
    connection.unpin(settings).await?;
    Ok(schema)
}

/// Returns the differences from `before` to `after`.
#[must_use]
pub fn compare(before: &Schema, after: &Schema) -> Vec<SchemaDifference> {
    if std::ptr::eq(before, after) {
        return Vec::new();
    }
    // The parts of a table that was created or dropped as a whole are not listed one by one.
    let only = |these: &Schema, those: &Schema| -> Vec<(String, String)> {
        let is_whole = |object: &Object| match &object.part_of {
            Some(table) => {
                let table = Schema::table_label(table);
                !these.objects.contains_key(&table) || those.objects.contains_key(&table)
            }
            None => true,
        };
        let only =
            these.objects.iter().filter(|(label, object)| !those.objects.contains_key(*label) && is_whole(object));
        only.map(|(label, object)| (label.clone(), whole(these, label, object))).collect()
    };
    let gone = only(before, after).into_iter().map(|(object, ddl)| SchemaDifference::Gone { object, ddl });
    let new = only(after, before).into_iter().map(|(object, ddl)| SchemaDifference::New { object, ddl });
    let mut found: Vec<_> = gone.chain(new).collect();
    for (label, object) in &before.objects {
        let is_other = |now: &&Object| (&now.definition, &now.part_of) != (&object.definition, &object.part_of);
        if let Some(now) = after.objects.get(label).filter(is_other) {
            let (before, after) = (object.shown.clone(), now.shown.clone());
            found.push(SchemaDifference::Changed { object: label.clone(), before, after });
        }
    }
    for (table, columns) in &before.columns {
        if let Some(now) = after.columns.get(table).filter(|now| *now != columns) {
            let sorted = |columns: &[String]| {
                let mut columns = columns.to_vec();
                columns.sort();
                columns
            };
            if sorted(now) == sorted(columns) {
                found.push(SchemaDifference::ColumnOrder {
                    table: table.clone(),
                    before: columns.clone(),
                    after: now.clone(),
                });
            }
        }
    }
    found
}

/// Returns the statement that creates an object; for a table, with its columns.
fn whole(schema: &Schema, label: &str, object: &Object) -> String {
    let columns = schema.columns.iter().find(|(table, _)| Schema::table_label(table) == label);
    let Some((table, columns)) = columns.filter(|_| !object.shown.starts_with("CREATE VIRTUAL")) else {
        return object.shown.clone();
    };
    let definition = |column: &String| {
        let shown = &schema.objects.get(&format!("column \"{table}\".\"{column}\""))?.shown;
        shown.split_once(" ADD COLUMN ").map(|(_, definition)| definition.to_owned())
    };
    let columns: Vec<String> = columns.iter().filter_map(definition).collect();
    // The name of the table follows this word, and its properties follow the name.
    let Some((make, rest)) = object.shown.split_once(" TABLE ") else { return object.shown.clone() };
    let mut is_quoted = false;
    let ends_name = |c: char| {
        is_quoted ^= c == '"';
        c == ' ' && !is_quoted
    };
    let (name, rest) = rest.split_at(rest.find(ends_name).unwrap_or(rest.len()));
    format!("{make} TABLE {name} ({}){rest}", columns.join(", "))
}
