//! Traffic of `parts`. Users register, add, change and remove parts, change a setting, and leave. An older app
//! registers users with parts in the old table.
//!
//! This traffic changes and removes only parts with its own names, because the checks compare migrated parts with
//! the old rows.

use app::json::Json;
use app::parts::{
    LegacyPart, NewPart, PartError, PartV2, Told, add_part, change_part, create_user, delete_user, list, migrate_part,
    remove_part, set, settings,
};
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use sqlx::postgres::{PgConnection, Postgres};
use uuid::Uuid;

/// Operations of the app on users and their parts.
pub(crate) struct Parts;

/// The prefix of names that no old row has. Parts of [`Traffic::create_old`] have the prefix `Old`.
const OWN: &str = "Live ";

impl Traffic for Parts {
    type Db = Postgres;

    fn database(&self) -> &'static str {
        "parts"
    }

    fn units(&self) -> &'static str {
        "SELECT id::text FROM users"
    }

    async fn create(&self, connection: &mut PgConnection, draw: &mut Draw) -> Result<Written, Failure> {
        let user = create_user(connection, "mo@example.org").await.map_err(failure)?;
        let holds = add(connection, user, new_part(own_name(draw), draw)).await?;
        Ok(Written { id: user.to_string(), holds })
    }

    async fn create_old(&self, connection: &mut PgConnection, _: &str, draw: &mut Draw) -> Result<Written, Failure> {
        let (user, id, name) = (Uuid::new_v4(), Uuid::new_v4(), format!("Old {}", draw.below(1_000_000)));
        let insert = "WITH added AS (INSERT INTO users (id) VALUES ($1))
                      INSERT INTO parts (id, user_id, name, role) VALUES ($2, $1, $3, 'guard')";
        sqlx::query(insert).bind(user).bind(id).bind(&name).execute(connection).await?;
        let told = Told { role: Some("guard".to_owned()), ..Told::default() };
        let legacy = LegacyPart {
            id,
            user_id: Some(user),
            name: Some(name),
            told,
            category: None,
            status: None,
            charge: None,
            confidence: None,
            evidence_count: None,
            first_noticed: None,
            last_active: None,
            created_at: None,
        };
        let part = migrate_part(&legacy).map_err(|why| Failure::App(why.to_string()))?;
        Ok(Written { id: user.to_string(), holds: held(&part) })
    }

    async fn change(&self, connection: &mut PgConnection, unit: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        let user = parse(&unit.id)?;
        let own: Vec<Uuid> = unit.holds.iter().filter_map(|(what, is)| own_part(what, is.as_deref()?)).collect();
        match (draw.below(8), own.as_slice()) {
            (0, _) => change_setting(connection, user, draw).await,
            (1, _) => {
                // Adds a part with the name of a legacy part, which the backfill must not overwrite.
                let names = "SELECT name FROM parts WHERE user_id = $1 AND name NOT LIKE 'Old %' ORDER BY md5(name || $2) LIMIT 1";
                let chance = draw.below(1000).to_string();
                let name = sqlx::query_scalar(names).bind(user).bind(chance).fetch_optional(&mut *connection).await?;
                add(connection, user, new_part(name.unwrap_or_else(|| own_name(draw)), draw)).await
            }
            (2 | 3, [_, ..]) => {
                let (id, new) = (draw.one_of(&own), new_part(own_name(draw), draw));
                Ok(held(&change_part(connection, user, id, new).await.map_err(failure)?))
            }
            (4, [_, ..]) => {
                let id = draw.one_of(&own);
                remove_part(connection, user, id).await.map_err(failure)?;
                Ok(Held::from([(format!("part {id}"), None)]))
            }
            _ => add(connection, user, new_part(own_name(draw), draw)).await,
        }
    }

    async fn delete(&self, connection: &mut PgConnection, id: &str) -> Result<(), Failure> {
        delete_user(connection, parse(id)?).await.map_err(failure)
    }

    async fn read(&self, connection: &mut PgConnection, id: &str) -> Result<Option<Held>, Failure> {
        let user = parse(id)?;
        let settings = match settings(connection, user).await {
            Ok(settings) => settings.and_then(|settings| settings.as_object()).unwrap_or_default(),
            Err(PartError::NoSuchUser { .. }) => return Ok(None),
            Err(error) => return Err(failure(error)),
        };
        let parts = list(connection, user).await.map_err(failure)?;
        let mut read: Held = parts.iter().flat_map(held).collect();
        read.insert("theme".to_owned(), settings.get("theme").map(|theme| theme.as_str().to_owned()));
        Ok(Some(read))
    }
}

async fn add(connection: &mut PgConnection, user: Uuid, new: NewPart) -> Result<Held, Failure> {
    let [name, charge, role] =
        [Some(&new.name), new.charge.as_ref(), new.told.role.as_ref()].map(|text| text.cloned().unwrap_or_default());
    match add_part(connection, user, new).await {
        Ok(id) => Ok(Held::from([(format!("part {id}"), Some(text(&name, &charge, &role)))])),
        // The backfill has already migrated this name, or the name is too long for the index.
        Err(PartError::Taken { .. } | PartError::Refused { .. }) => Ok(Held::new()),
        Err(error) => Err(failure(error)),
    }
}

async fn change_setting(connection: &mut PgConnection, user: Uuid, draw: &mut Draw) -> Result<Held, Failure> {
    let theme = draw.below(1_000_000).to_string();
    let value = Json::parse(&theme).map_err(|error| Failure::App(error.to_string()))?;
    match set(connection, user, "theme", &value).await {
        Ok(()) => Ok(Held::from([("theme".to_owned(), Some(theme))])),
        // Some old settings are not an object.
        Err(PartError::Settings { .. }) => Ok(Held::new()),
        Err(error) => Err(failure(error)),
    }
}

fn new_part(name: String, draw: &mut Draw) -> NewPart {
    let charge = draw.one_of(&["positive", "negative"]).to_owned();
    let told = Told { role: Some(format!("role {}", draw.below(1000))), ..Told::default() };
    NewPart { name, charge: Some(charge), told, ..NewPart::default() }
}

fn own_name(draw: &mut Draw) -> String {
    format!("{OWN}{}", draw.below(u64::MAX))
}

/// Returns the id of a part that this traffic may change; `None` for other parts.
fn own_part(what: &str, is: &str) -> Option<Uuid> {
    what.strip_prefix("part ").filter(|_| is.starts_with(OWN))?.parse().ok()
}

fn held(part: &PartV2) -> Held {
    let role = part.data.get("role").and_then(Json::as_text).unwrap_or_default();
    Held::from([(format!("part {}", part.id), Some(text(&part.name, &part.charge, &role)))])
}

fn text(name: &str, charge: &str, role: &str) -> String {
    format!("{name}, {charge}, {role}")
}

fn parse(id: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(id).map_err(|error| Failure::App(format!("`{id}` is not a user id: {error}")))
}

fn failure(error: PartError) -> Failure {
    match error {
        PartError::Database { cause, .. } => Failure::Database(cause),
        error => Failure::App(error.to_string()),
    }
}
