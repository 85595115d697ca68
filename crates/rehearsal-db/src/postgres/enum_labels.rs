//! The labels of types: of an enum, and the attributes of a composite type. After a rename or an addition, the same
//! values have another text, also inside arrays and other types. [`adopt_labels`] makes such texts comparable.

use super::connection::PostgresSession;
use super::schema::{OURS, text};
use crate::Session;
use crate::{Engine, Error, Value};
use std::collections::BTreeMap;

/// The labels or attributes of a type, by a number that does not change when they are renamed.
type Parts = BTreeMap<String, String>;

/// Makes the types of a scratch database spell values as the types with the same names in `now` do. True if any type
/// changed. Dropped attributes stay: their values are lost.
pub(crate) async fn adopt_labels(session: &mut PostgresSession, now: &mut dyn Session) -> Result<bool, Error> {
    let quote = |name: &str| Engine::Postgres.quote(name);
    let literal = |label: &str| Engine::Postgres.literal(&Value::Text(label.to_owned()));
    let (old, new) = (types(session).await?, types(now).await?);
    let mut statements = Vec::new();
    for ((kind, name), before) in &old {
        let Some(after) = new.get(&(kind.clone(), name.clone())) else { continue };
        if kind == "c" {
            let added = after.keys().filter(|number| !before.contains_key(*number));
            // The name must be unused, and the type does not matter because all values are NULL.
            let add = |number: &String| {
                format!("ALTER TYPE {name} ADD ATTRIBUTE {} text CASCADE", quote(&format!("_rehearsal_{number}")))
            };
            statements.extend(added.map(add));
            continue;
        }
        // A type that was recreated with the same labels in another order has no renamed label.
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

/// The user's enums (`e`) and composite types (`c`), by kind and name.
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
