//! Two schemas held against each other, object by object.

use super::difference::SchemaDifference;
use crate::engine::{Connection, Error, Schema};

/// Reads the schema; tables of sqlx and of this tool are left out.
///
/// # Errors
/// What the engine said.
pub async fn schema(connection: &mut Connection) -> Result<Schema, Error> {
    connection.schema().await
}

/// What became different from `before` to `after`.
#[must_use]
pub fn compare(before: &Schema, after: &Schema) -> Vec<SchemaDifference> {
    let gone = before.objects.keys().filter(|object| !after.objects.contains_key(*object));
    let new = after.objects.keys().filter(|object| !before.objects.contains_key(*object));
    let mut found: Vec<_> = gone.map(|object| SchemaDifference::Gone { object: object.clone() }).collect();
    found.extend(new.map(|object| SchemaDifference::New { object: object.clone() }));
    for (object, definition) in &before.objects {
        if let Some(now) = after.objects.get(object).filter(|now| *now != definition) {
            found.push(SchemaDifference::Changed {
                object: object.clone(),
                before: definition.clone(),
                after: now.clone(),
            });
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
