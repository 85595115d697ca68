//! Two schemas held against each other, object by object.

use super::difference::SchemaDifference;
use crate::engine::{Connection, Error, Object, Schema};

/// Reads the schema; tables of sqlx and of this tool are left out.
///
/// # Errors
/// What the engine said.
pub async fn schema(connection: &mut Connection) -> Result<Schema, Error> {
    let settings = connection.pin().await?;
    let schema = connection.schema().await?;
    connection.unpin(settings).await?;
    Ok(schema)
}

/// What became different from `before` to `after`.
#[must_use]
pub fn compare(before: &Schema, after: &Schema) -> Vec<SchemaDifference> {
    // The parts of a table that came or went as a whole are not told one by one.
    let only = |these: &Schema, those: &Schema| -> Vec<String> {
        let is_whole = |object: &Object| match &object.part_of {
            Some(table) => {
                let table = Schema::table_label(table);
                !these.objects.contains_key(&table) || those.objects.contains_key(&table)
            }
            None => true,
        };
        let only =
            these.objects.iter().filter(|(label, object)| !those.objects.contains_key(*label) && is_whole(object));
        only.map(|(label, _)| label.clone()).collect()
    };
    let gone = only(before, after).into_iter().map(|object| SchemaDifference::Gone { object });
    let new = only(after, before).into_iter().map(|object| SchemaDifference::New { object });
    let mut found: Vec<_> = gone.chain(new).collect();
    for (label, object) in &before.objects {
        if let Some(now) = after.objects.get(label).filter(|now| *now != object) {
            let (before, after) = (object.definition.clone(), now.definition.clone());
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
