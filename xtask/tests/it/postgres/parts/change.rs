//! Parts and settings that the app changes or removes, and users that it creates or deletes.

use super::database;
use app::json::Json;
use app::parts::{
    Kind, NewPart, PartError, Told, add_part, change_part, create_user, delete_user, get, is_done, relate, remove_part,
    set, settings,
};
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

const NO_USER: Uuid = Uuid::from_u128(3);

fn named(name: &str) -> NewPart {
    NewPart { name: name.to_owned(), ..NewPart::default() }
}

fn check(error: PartError, expect: &str) {
    assert_eq!(error.to_string(), expect);
}

async fn execute(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

#[test]
fn change_and_remove_parts() {
    let (_workspace, url) = database("20260119100000");
    block(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let db = &mut connection;
        let (mo, al) = (create_user(db, "mo@x").await.unwrap(), create_user(db, "al@x").await.unwrap());
        let told = Told { role: Some("guard".to_owned()), ..Told::default() };
        let part =
            add_part(db, mo, NewPart { charge: Some("positive".to_owned()), told, ..named("Critic") }).await.unwrap();
        let created_at = get(db, mo, part).await.unwrap().created_at;
        assert!(created_at.is_some());

        let changed = change_part(db, mo, part, named("Judge")).await.unwrap();
        let read = get(db, mo, part).await.unwrap();
        assert_eq!((read.name.as_str(), read.charge.as_str(), read.data.len()), ("Judge", "neutral", 0));
        assert_eq!((&read.created_at, read.id), (&created_at, changed.id));

        let other = add_part(db, mo, named("Exile")).await.unwrap();
        let taken = format!(
            "user {mo}: name is taken, because a part with this name already exists: change the existing row instead"
        );
        check(change_part(db, mo, other, named("Judge")).await.unwrap_err(), &taken);
        let nul = format!("user {mo}: name contains a NUL character, which PostgreSQL cannot store: remove it");
        check(change_part(db, mo, other, named("\0")).await.unwrap_err(), &nul);
        let none = format!("user {al} has no part {part}: check the id against `SELECT id FROM parts_v2`");
        check(change_part(db, al, part, named("Mine")).await.unwrap_err(), &none);
        check(remove_part(db, al, part).await.unwrap_err(), &none);

        relate(db, mo, [part, other], Kind::Supports).await.unwrap();
        let in_use = format!(
            "user {mo}: cannot remove part {part}, because a relationship or an observation refers to it: \
             remove that row first"
        );
        check(remove_part(db, mo, part).await.unwrap_err(), &in_use);
        execute(db, "DELETE FROM part_relationships_v2").await;
        remove_part(db, mo, part).await.unwrap();
        assert!(matches!(get(db, mo, part).await, Err(PartError::NoSuchPart { .. })));
    });
}

#[test]
fn create_and_delete_users() {
    let (workspace, url) = database("20260119100000");
    block(async {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let db = &mut connection;
        let json = |text: &str| Json::parse(text).unwrap();
        let mo = create_user(db, "mo@x").await.unwrap();
        assert!(is_done(settings(db, mo).await.unwrap().as_ref()), "a new user has no legacy rows");
        set(db, mo, "theme", &json("\"dark\"")).await.unwrap();
        set(db, mo, "size", &json("2")).await.unwrap();
        let expected = json(r#"{"prd_backfill_completed": true, "theme": "dark", "size": 2}"#);
        assert_eq!(settings(db, mo).await.unwrap(), Some(expected));

        execute(db, "UPDATE users SET settings = NULL").await;
        set(db, mo, "theme", &json("null")).await.unwrap();
        assert_eq!(settings(db, mo).await.unwrap(), Some(json(r#"{"theme": null}"#)));
        execute(db, "UPDATE users SET settings = '[1]'").await;
        let no_object =
            format!("user {mo}: the settings are a list: expected an object. Correct them in the database first");
        check(set(db, mo, "theme", &json("1")).await.unwrap_err(), &no_object);
        let nul = format!("user {mo}: settings contains a NUL character, which PostgreSQL cannot store: remove it");
        check(set(db, mo, "\0", &json("1")).await.unwrap_err(), &nul);
        execute(db, "UPDATE users SET settings = '{}'").await;

        // A deleted user leaves no rows, not even in the legacy tables.
        let parts = [add_part(db, mo, named("a")).await.unwrap(), add_part(db, mo, named("b")).await.unwrap()];
        relate(db, mo, parts, Kind::Supports).await.unwrap();
        let old = format!(
            "INSERT INTO parts (id, user_id, name) VALUES ('{mo}', '{mo}', 'c'); INSERT INTO sessions (id, user_id) VALUES ('{mo}', '{mo}');
             INSERT INTO part_relationships (id, user_id) VALUES ('{mo}', '{mo}');
             INSERT INTO observations (id, user_id, part_id, content, observed_at) VALUES ('{mo}', '{mo}', '{}', 'x', now())",
            parts[0]
        );
        execute(db, &old).await;
        delete_user(db, mo).await.unwrap();
        for table in
            ["users", "parts", "sessions", "part_relationships", "parts_v2", "part_relationships_v2", "observations"]
        {
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut *db)
                .await
                .unwrap();
            assert_eq!(rows, 0, "{table}");
        }
        let unknown = format!("there is no user {NO_USER}: use the id of a user that exists");
        check(delete_user(db, NO_USER).await.unwrap_err(), &unknown);
        check(set(db, NO_USER, "theme", &json("1")).await.unwrap_err(), &unknown);
        check(settings(db, NO_USER).await.unwrap_err(), &unknown);
    });
    workspace.succeed(&format!("verify parts --url {url}"));
}
