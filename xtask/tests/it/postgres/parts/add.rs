//! Rows that the app adds to parts, and which users see them.

use super::database;
use app::json::Json;
use app::parts::{
    Confidence, Kind, LONGEST_NAME, NewPart, NewSession, PartError, PartV2, RelationshipV2, Told, add_part,
    add_session, get, list, relate,
};
use app::timestamp::Timestamp;
use pretty_assertions::assert_eq;
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, query};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

const MO: Uuid = Uuid::from_u128(1);
const AL: Uuid = Uuid::from_u128(2);
const NO_USER: Uuid = Uuid::from_u128(3);

/// Creates a database with two users and nothing else.
fn users() -> (rehearsal_tests::workspace::Workspace, String) {
    let (workspace, url) = database("20260119100000");
    execute(&url, &format!("INSERT INTO users (id) VALUES ('{MO}'), ('{AL}')"));
    (workspace, url)
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

fn added(url: &str, user: Uuid, new: NewPart) -> Result<Uuid, PartError> {
    block(async { add_part(&mut connect(url).await, user, new).await })
}

fn named(name: &str) -> NewPart {
    NewPart { name: name.to_owned(), ..NewPart::default() }
}

fn session(started_at: &str) -> NewSession {
    NewSession {
        started_at: Timestamp::new(started_at),
        ended_at: None,
        summary: None,
        breakthroughs: Vec::new(),
        kind: None,
        duration: None,
    }
}

fn added_session(url: &str, user: Uuid, new: NewSession) -> Result<Uuid, PartError> {
    block(async { add_session(&mut connect(url).await, user, new).await })
}

fn related(url: &str, user: Uuid, parts: [Uuid; 2], kind: Kind) -> Result<RelationshipV2, PartError> {
    block(async { relate(&mut connect(url).await, user, parts, kind).await })
}

fn got(url: &str, user: Uuid, part: Uuid) -> Result<PartV2, PartError> {
    block(async { get(&mut connect(url).await, user, part).await })
}

fn listed(url: &str, user: Uuid) -> Vec<PartV2> {
    block(async { list(&mut connect(url).await, user).await.unwrap() })
}

#[test]
fn added_rows_are_read_back_unchanged() {
    let (workspace, url) = users();
    let new = NewPart {
        name: "the \"Critic\" 🐶 \\ '".to_owned(),
        confidence: Some(Confidence::new(f32::NAN)),
        evidence_count: Some(-3),
        told: Told { age: Some(String::new()), beliefs: Json::parse("[1.10, null]").ok(), ..Told::default() },
        ..NewPart::default()
    };
    let critic = added(&url, MO, new.clone()).unwrap();
    let part = got(&url, MO, critic).unwrap();
    assert_eq!((&part.name, part.confidence, part.evidence_count), (&new.name, new.confidence, new.evidence_count));
    assert_eq!((part.charge.as_str(), &part.data), ("neutral", &new.told.data()));
    assert!(part.created_at.is_some(), "the database sets the time");
    let empty = added(&url, MO, named("")).unwrap();
    // A name that cannot be compressed and barely fits into the index.
    let longest: String = (0..82).map(|n| Uuid::new_v5(&MO, &[n]).simple().to_string()).collect();
    let long = added(&url, AL, named(&longest[..LONGEST_NAME])).unwrap();
    assert_eq!(got(&url, AL, long).unwrap().name.len(), LONGEST_NAME);
    execute(&url, &format!("DELETE FROM parts_v2 WHERE id = '{long}'"));
    assert_eq!(listed(&url, MO).iter().map(|part| part.id).collect::<Vec<_>>(), [empty, critic]);
    assert_eq!(listed(&url, AL), []);

    let texts = ["", "NULL", "a, \"b\" \\ c", "{}"].map(str::to_owned).to_vec();
    let new = NewSession { breakthroughs: texts, duration: Some(50), ..session("2026-02-01T10:00:00") };
    added_session(&url, MO, new).unwrap();
    let stored = "SELECT concat_ws(' ', type, array_to_json(breakthroughs), metadata) FROM sessions_v2";
    assert_eq!(query(&url, stored), [r#"therapy ["","NULL","a, \"b\" \\ c","{}"] {"duration": 50}"#]);

    let protects = related(&url, MO, [empty, critic], Kind::Protects).unwrap();
    assert_eq!((protects.part_a_id, protects.part_b_id), (empty, critic));
    let one = related(&url, MO, [empty.max(critic), empty.min(critic)], Kind::Conflicts).unwrap();
    assert_eq!((one.part_a_id, one.part_b_id), (empty.min(critic), empty.max(critic)));
    workspace.succeed(&format!("verify parts --url {url}"));
}

#[test]
fn errors_name_user_and_field() {
    let (_workspace, url) = users();
    let [critic, other] = ["Critic", "Other"].map(|name| added(&url, MO, named(name)).unwrap());
    let theirs = added(&url, AL, named("Critic")).unwrap();
    added_session(&url, MO, session("2026-02-01T10:00:00")).unwrap();
    related(&url, MO, [critic, other], Kind::Supports).unwrap();
    let check = |error: PartError, expected: &str| assert_eq!(error.to_string(), expected);
    check(
        added(&url, NO_USER, named("x")).unwrap_err(),
        &format!("there is no user {NO_USER}: use the id of a user that exists"),
    );
    check(
        added(&url, MO, named("Critic")).unwrap_err(),
        &format!(
            "user {MO}: name is taken, because a part with this name already exists: change the existing row instead"
        ),
    );
    check(
        added(&url, MO, named("a\0")).unwrap_err(),
        &format!("user {MO}: name contains a NUL character, which PostgreSQL cannot store: remove it"),
    );
    check(
        added(&url, MO, named(&"x".repeat(3_000))).unwrap_err(),
        &format!(
            "user {MO}: name is not valid: the name of the part has 3000 bytes: \
             the unique index allows at most 2600 bytes"
        ),
    );
    let told = Told { beliefs: Json::parse(r#"["\u0000"]"#).ok(), ..Told::default() };
    check(
        added(&url, MO, NewPart { told, ..named("x") }).unwrap_err(),
        &format!("user {MO}: data contains a NUL character, which PostgreSQL cannot store: remove it"),
    );
    check(
        added_session(&url, MO, session("2026-02-01T10:00:00")).unwrap_err(),
        &format!(
            "user {MO}: started_at is taken, because a session with this start already exists: \
             change the existing row instead"
        ),
    );
    check(
        added_session(&url, MO, session("yesterday at ten")).unwrap_err(),
        &format!(
            "user {MO}: PostgreSQL cannot store the new row (invalid input syntax for type timestamp with time zone: \
             \"yesterday at tenZ\"): correct the value"
        ),
    );
    check(
        related(&url, MO, [other, critic], Kind::Supports).unwrap_err(),
        &format!("user {MO}: type is taken, because this relationship already exists: change the existing row instead"),
    );
    check(
        related(&url, MO, [critic, theirs], Kind::Protects).unwrap_err(),
        &format!("user {MO} has no part {theirs}: check the id against `SELECT id FROM parts_v2`"),
    );
    check(
        related(&url, MO, [critic, critic], Kind::Soothes).unwrap_err(),
        &format!("user {MO}: part_b_id is not valid: both ends are part {critic}"),
    );
    check(
        got(&url, MO, theirs).unwrap_err(),
        &format!("user {MO} has no part {theirs}: check the id against `SELECT id FROM parts_v2`"),
    );
    execute(&url, r#"UPDATE parts_v2 SET data = '{"story": [1]}'"#);
    check(
        got(&url, MO, critic).unwrap_err(),
        &format!("user {MO}: part {critic}: data.story is [1]: expected a string. Correct it in the database"),
    );
    execute(&url, "DROP TABLE part_relationships_v2, observations, parts_v2");
    let error = got(&url, MO, critic).unwrap_err().to_string();
    assert!(error.starts_with("could not read parts because the schema is older than the app"), "{error}");
}

/// Row-level security shows the rows of one user only to a role that does not own the tables.
#[test]
fn no_user_sees_the_rows_of_another() {
    let (_workspace, url) = users();
    let [mine, theirs] = [MO, AL].map(|user| added(&url, user, named("Critic")).unwrap());
    execute(
        &url,
        "CREATE ROLE parts_app; GRANT SELECT ON users TO parts_app;
         GRANT SELECT, INSERT, UPDATE, DELETE ON parts_v2, sessions_v2, part_relationships_v2 TO parts_app",
    );
    block(async {
        let mut connection = connect(&url).await;
        sqlx::query("SET ROLE parts_app").execute(&mut connection).await.unwrap();
        let everything = "SELECT count(*) FROM parts_v2";
        let seen: i64 = sqlx::query_scalar(everything).fetch_one(&mut connection).await.unwrap();
        assert_eq!(seen, 0, "no rows are visible without a user");
        assert_eq!(get(&mut connection, MO, mine).await.unwrap().id, mine);
        assert!(matches!(get(&mut connection, MO, theirs).await, Err(PartError::NoSuchPart { .. })));
        // The setting of the user ended with the transaction.
        let seen: i64 = sqlx::query_scalar(everything).fetch_one(&mut connection).await.unwrap();
        assert_eq!(seen, 0);
        add_part(&mut connection, AL, named("Guardian")).await.unwrap();
        let error = relate(&mut connection, MO, [mine, theirs], Kind::Supports).await.unwrap_err();
        assert!(matches!(error, PartError::NoSuchPart { part_id, .. } if part_id == theirs), "{error}");
        // Rows of another user can neither be written nor deleted.
        let as_mo = format!("SET app.user_id = '{MO}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(as_mo)).execute(&mut connection).await.unwrap();
        let insert = "INSERT INTO parts_v2 (id, user_id, name) VALUES (gen_random_uuid(), $1, 'x')";
        let refused = sqlx::query(insert).bind(AL).execute(&mut connection).await.unwrap_err();
        assert!(refused.to_string().contains("row-level security"), "{refused}");
        let deleted = sqlx::query("DELETE FROM parts_v2").execute(&mut connection).await.unwrap();
        assert_eq!(deleted.rows_affected(), 1);
        connection.close().await.unwrap();
    });
    assert_eq!(query(&url, "SELECT name FROM parts_v2 ORDER BY name"), ["Critic", "Guardian"]);
    execute(&url, "DROP OWNED BY parts_app; DROP ROLE parts_app");
}
