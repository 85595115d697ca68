//! How types spell their values: the labels of an enum, the attributes of a composite type. Where one is renamed or added, values
//! are written otherwise, in arrays and in other types, too, and mean what they meant.

use super::connection::PostgresSession;
use super::schema::{OURS, text};
use crate::Session;
use crate::{Engine, Error, Value};
use std::collections::BTreeMap;

/// The labels and attributes of a type by the number that they keep whatever they are called.
type Parts = BTreeMap<String, String>;

/// Has the types of a throwaway database spell values as those of the same names do in `now`, and tells whether they did not.
/// Attributes that are gone stay: what they held is lost.
pub(crate) async fn adopt_labels(session: &mut PostgresSession, now: &mut dyn Session) -> Result<bool, Error> {
    let quote = |name: &str| Engine::Postgres.quote(name);
    let literal = |label: &str| Engine::Postgres.literal(&Value::Text(label.to_owned()));
    let (old, new) = (types(session).await?, types(now).await?);
    let mut statements = Vec::new();
    for ((kind, name), before) in &old {
        let Some(after) = new.get(&(kind.clone(), name.clone())) else { continue };
        if kind == "c" {
            let added = after.keys().filter(|number| !before.contains_key(*number));
            // Its name must be nobody's, and its type does not matter where all is NULL.
            let add = |number: &String| {
                format!("ALTER TYPE {name} ADD ATTRIBUTE {} text CASCADE", quote(&format!("_rehearsal_{number}")))
            };
            statements.extend(added.map(add));
            continue;
        }
        // A type that was made anew with the same labels in another order has renamed none.
        let has = |parts: &Parts, label: &String| parts.values().any(|other| other == label);
        for (number, label) in before.iter().filter(|(_, label)| !has(after, label)) {
            if let Some(other) = after.get(number).filter(|other| !has(before, other)) {
                statements.push(format!("ALTER TYPE {name} RENAME VALUE {} TO {}", literal(label), literal(other)));
            }
        }
    }
    for statement in &statements {
        session.execute(statement, &[]).await?;
    }
    Ok(!statements.is_empty())
}

/// The enums (`e`) and composite types (`c`) of the user, by kind and name.
async fn types(session: &mut dyn Session) -> Result<BTreeMap<(String, String), Parts>, Error> {
    let sql = format!(
        "SELECT t.typtype::text, format('%I.%I', n.nspname, t.typname), e.enumsortorder::text, e.enumlabel::text \
         FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {OURS} \
         UNION ALL \
         SELECT t.typtype::text, format('%I.%I', n.nspname, t.typname), a.attnum::text, a.attname::text \
         FROM pg_class c JOIN pg_type t ON t.typrelid = c.oid JOIN pg_namespace n ON n.oid = t.typnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'c' AND {OURS}"
    );
    let mut types: BTreeMap<_, Parts> = BTreeMap::new();
    for row in session.rows(&sql, &[]).await? {
        types.entry((text(&row[0]), text(&row[1]))).or_default().insert(text(&row[2]), text(&row[3]));
    }
    Ok(types)
}
