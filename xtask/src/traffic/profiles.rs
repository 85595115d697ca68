//! Traffic of `profiles`. Users register, answer in their contexts, leave contexts, and delete their accounts. An
//! app that is older than unified profiles registers users with answers but without a profile.

use app::profiles::{
    Context, Intent, Json, Object, Profile, ProfileError, answer, create_user, delete_user, get, leave,
};
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use serde::Serialize;
use sqlx::postgres::{PgConnection, Postgres};

/// Operations of the app on users and their profiles.
pub(crate) struct Profiles;

impl Traffic for Profiles {
    type Db = Postgres;

    fn database(&self) -> &'static str {
        "profiles"
    }

    fn units(&self) -> &'static str {
        r#"SELECT "id" FROM "User""#
    }

    async fn create(&self, connection: &mut PgConnection, draw: &mut Draw) -> Result<Written, Failure> {
        let user = create_user(connection, "Mo", &email(draw)).await.map_err(failure)?;
        Ok(Written { id: user.profile.user_id.clone(), holds: held(&user.profile, &user.intents) })
    }

    async fn create_old(&self, connection: &mut PgConnection, _: &str, draw: &mut Draw) -> Result<Written, Failure> {
        let (id, place) = (format!("old-{}", draw.below(u64::MAX)), place(draw));
        let insert = r#"WITH "user" AS (INSERT INTO "User" ("id", "name", "email") VALUES ($1, 'Al', $2)),
                             context AS (INSERT INTO "ContextProfile" ("id", "userId", "contextType") VALUES ($1, $1, 'service'))
                        INSERT INTO "Profile" ("id", "contextProfileId", "data")
                        VALUES ($1, $1, jsonb_build_object('location', $3::text))"#;
        sqlx::query(insert).bind(&id).bind(email(draw)).bind(&place).execute(connection).await?;
        let location = Json::parse(&format!("{place:?}")).map_err(|error| Failure::App(error.to_string()))?;
        Ok(Written { id, holds: Held::from([("location".to_owned(), Some(location.canonical()))]) })
    }

    async fn change(&self, connection: &mut PgConnection, user: &Written, draw: &mut Draw) -> Result<Held, Failure> {
        let context = draw.one_of(Context::ALL);
        let unified = if draw.once_in(5) {
            leave(connection, &user.id, context.as_str()).await
        } else {
            let own = context.fields()[0].name;
            let answers = format!(
                r#"{{"location": "{}", "beliefs": {{"moon": {}}}, "{own}": "so"}}"#,
                place(draw),
                draw.below(9)
            );
            answer(connection, &user.id, context.as_str(), &answers).await
        };
        match unified {
            Ok(unified) => Ok(held(&unified.profile, &unified.intents)),
            // The user is not in this context, or the old data is not an object.
            Err(ProfileError::NotInContext { .. } | ProfileError::LegacyData { .. }) => Ok(Held::new()),
            Err(error) => Err(failure(error)),
        }
    }

    async fn delete(&self, connection: &mut PgConnection, id: &str) -> Result<(), Failure> {
        delete_user(connection, id).await.map_err(failure)
    }

    async fn read(&self, connection: &mut PgConnection, id: &str) -> Result<Option<Held>, Failure> {
        match get(connection, id).await {
            Ok(stored) => Ok(Some(held(&stored.profile, &stored.intents))),
            Err(ProfileError::NoSuchUser { .. }) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }
}

/// The columns of the profile, and the intent of each context; `None` for a context without one.
fn held(profile: &Profile, intents: &[Intent]) -> Held {
    let intent = |context: &Context| {
        let of = intents.iter().find(|intent| intent.context == *context);
        (context.to_string(), of.map(|intent| format!("{:?}", columns(intent))))
    };
    let columns = columns(profile).into_iter().map(|(column, value)| (column, Some(value)));
    columns.chain(Context::ALL.iter().map(intent)).collect()
}

/// The columns of a row with canonical values, because the database writes JSON with other spaces.
fn columns(row: &impl Serialize) -> Vec<(String, String)> {
    let row: Object = serde_json::to_string(row).and_then(|row| serde_json::from_str(&row)).unwrap_or_default();
    row.iter().map(|(column, value)| (column.clone(), value.canonical())).collect()
}

fn email(draw: &mut Draw) -> String {
    format!("{}@example.org", draw.below(u64::MAX))
}

fn place(draw: &mut Draw) -> String {
    format!("Oslo {}", draw.below(1_000_000))
}

fn failure(error: ProfileError) -> Failure {
    match error {
        ProfileError::Database { cause, .. } => Failure::Database(cause),
        error => Failure::App(error.to_string()),
    }
}
