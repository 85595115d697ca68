//! Creating, changing and reading pets in a SQLite file, with the schema of the repository's migrations.

#![expect(clippy::unwrap_used, reason = "clippy allows unwrap in test functions, but not in their helpers")]

use std::path::Path;

use app::pets::traits::{PetTraits, generate};
use app::pets::{NewPet, Pet, PetError, Temperament, create, delete, get, list, rename};
use pretty_assertions::assert_eq;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use uuid::{Uuid, uuid};

const USER: &str = "aa64f168-db05-504e-80d2-288335a21cf1";

/// The last version without visual traits, which is the version of the fixture.
const BEFORE_TRAITS: i64 = 20250901090000;

/// An empty database in a temporary directory, and the migrations. Dropping the directory deletes the database.
async fn empty() -> (TempDir, SqliteConnection, Migrator) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pets.sqlite");
    let conn = SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    (directory, conn, Migrator::new(repository("migrations/pets").as_path()).await.unwrap())
}

/// The fixture, migrated to the latest version. Its pets have no visual traits.
async fn populated() -> (TempDir, SqliteConnection) {
    let (directory, mut conn, migrator) = empty().await;
    migrator.run_to(BEFORE_TRAITS, &mut conn).await.unwrap();
    let fixture = std::fs::read_to_string(repository("fixtures/pets/populated.sql")).unwrap();
    sqlx::raw_sql(AssertSqlSafe(fixture)).execute(&mut conn).await.unwrap();
    migrator.run(&mut conn).await.unwrap();
    (directory, conn)
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn new_pet() -> NewPet {
    NewPet {
        name: "O'Malley 🐈".to_owned(),
        user_id: USER.to_owned(),
        temperament: Temperament { friendliness: 0, energy: 25, curiosity: 50, patience: 75, playfulness: 100 },
        parents: [None, None],
    }
}

async fn execute(conn: &mut SqliteConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(conn).await.unwrap();
}

async fn count(conn: &mut SqliteConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

#[tokio::test]
async fn a_created_pet_is_read_back_unchanged() {
    let (_directory, mut conn) = populated().await;
    let created = create(&mut conn, new_pet()).await.unwrap();
    assert_eq!(get(&mut conn, created.id).await.unwrap(), created);

    assert_eq!(created.traits, generate(created.id));
    assert_eq!(created.generation, 1);
    assert_eq!(created.name, new_pet().name);
    assert_eq!(created.temperament, new_pet().temperament);
    assert_eq!(created.created_at, created.updated_at);
    let kinds: Vec<(String, i64)> = sqlx::query_as(
        r#"SELECT "kind", count(*) FROM "PetTrait" JOIN "Trait" ON "id" = "traitId"
           WHERE "petId" = $1 GROUP BY 1 ORDER BY 1"#,
    )
    .bind(created.id.to_string())
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert_eq!(kinds, [("personality".to_owned(), 3), ("visual".to_owned(), 4)]);
}

#[tokio::test]
async fn times_have_the_format_of_the_fixture() {
    let (_directory, mut conn) = populated().await;
    create(&mut conn, new_pet()).await.unwrap();
    let others = r#"SELECT count(*) FROM "Pet"
                    WHERE "createdAt" IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', "createdAt")"#;
    assert_eq!(count(&mut conn, others).await, 0);
}

#[tokio::test]
async fn a_child_is_one_generation_after_its_older_parent() {
    let (_directory, mut conn) = populated().await;
    let parent = create(&mut conn, new_pet()).await.unwrap().id;
    let child = create(&mut conn, NewPet { parents: [Some(parent), None], ..new_pet() }).await.unwrap();
    assert_eq!(child.generation, 2);
    let grandchild = create(&mut conn, NewPet { parents: [Some(parent), Some(child.id)], ..new_pet() }).await.unwrap();
    assert_eq!(grandchild.generation, 3);
    assert_eq!(grandchild.parents, [Some(parent), Some(child.id)]);
}

#[tokio::test]
async fn renaming_changes_only_the_name() {
    let (_directory, mut conn) = populated().await;
    let created = create(&mut conn, new_pet()).await.unwrap();
    for name in ["Rex", ""] {
        rename(&mut conn, created.id, name).await.unwrap();
        let renamed = get(&mut conn, created.id).await.unwrap();
        assert!(renamed.updated_at >= created.updated_at);
        let expected = Pet { name: name.to_owned(), updated_at: renamed.updated_at.clone(), ..created.clone() };
        assert_eq!(renamed, expected);
    }
}

#[tokio::test]
async fn deleting_a_pet_preserves_its_children() {
    let (_directory, mut conn) = populated().await;
    let parent = create(&mut conn, new_pet()).await.unwrap().id;
    let child = create(&mut conn, NewPet { parents: [Some(parent), None], ..new_pet() }).await.unwrap();
    delete(&mut conn, parent).await.unwrap();
    assert_eq!(get(&mut conn, child.id).await.unwrap().parents, [None, None]);
    let left = r#"SELECT count(*) FROM "PetTrait" WHERE "petId" NOT IN (SELECT "id" FROM "Pet")"#;
    assert_eq!(count(&mut conn, left).await, 0);
    let not_found = format!("there is no pet {parent}: check the id against `cargo run -p app -- pet list`");
    for error in [
        get(&mut conn, parent).await.map(drop),
        rename(&mut conn, parent, "Rex").await,
        delete(&mut conn, parent).await,
    ] {
        assert_eq!(error.unwrap_err().to_string(), not_found);
    }
}

/// Asserts that creating a pet fails with this message and stores nothing.
async fn check_rejected(conn: &mut SqliteConnection, new: NewPet, message: &str) {
    let stored = r#"SELECT (SELECT count(*) FROM "Pet") + (SELECT count(*) FROM "PetTrait")"#;
    let before = count(conn, stored).await;
    assert_eq!(create(conn, new).await.unwrap_err().to_string(), message);
    assert_eq!(count(conn, stored).await, before, "{message}");
}

#[tokio::test]
async fn an_invalid_pet_is_rejected() {
    let (_directory, mut conn) = populated().await;
    let one = uuid!("a18937dc-c010-5887-b0f6-1f072db36de2");
    let temperament = Temperament { energy: 101, ..new_pet().temperament };
    check_rejected(
        &mut conn,
        NewPet { temperament, ..new_pet() },
        "energyTrait of the new pet is 101: choose a number from 0 to 100",
    )
    .await;
    check_rejected(
        &mut conn,
        NewPet { user_id: "it's me".to_owned(), ..new_pet() },
        r#"user "it's me", the owner of the new pet, does not exist: use the id of a user that exists"#,
    )
    .await;
    check_rejected(
        &mut conn,
        NewPet { parents: [None, Some(Uuid::nil())], ..new_pet() },
        "pet 00000000-0000-0000-0000-000000000000, a parent of the new pet, does not exist: \
         use the id of a pet that exists",
    )
    .await;
    check_rejected(
        &mut conn,
        NewPet { parents: [Some(one), Some(one)], ..new_pet() },
        "pet a18937dc-c010-5887-b0f6-1f072db36de2 cannot be both parents of the new pet: \
         name a different second parent, or none",
    )
    .await;
    execute(&mut conn, r#"DELETE FROM "Trait" WHERE "kind" = 'personality' AND "name" <> 'bold'"#).await;
    check_rejected(
        &mut conn,
        new_pet(),
        r#"a new pet needs 3 traits of kind "personality", but "Trait" contains 1: add more of them first"#,
    )
    .await;
}

/// Asserts that reading a pet fails with this message after a statement has changed its row.
async fn check_unreadable(sql: &'static str, message: &str) {
    let (_directory, mut conn) = populated().await;
    let id = uuid!("a18937dc-c010-5887-b0f6-1f072db36de2");
    sqlx::query(r#"UPDATE "Pet" SET "name" = 'Rex', "traits" = $1 WHERE "id" = $2"#)
        .bind(generate(id).to_json())
        .bind(id.to_string())
        .execute(&mut conn)
        .await
        .unwrap();
    get(&mut conn, id).await.unwrap();
    execute(&mut conn, sql).await;
    assert_eq!(get(&mut conn, id).await.unwrap_err().to_string(), message);
}

#[tokio::test]
async fn reading_validates_every_column() {
    check_unreadable(
        r#"UPDATE "Pet" SET "traits" = NULL"#,
        "pet a18937dc-c010-5887-b0f6-1f072db36de2 (\"Rex\") has no visual traits: \
         run `cargo xtask backfill pet_traits --execute`",
    )
    .await;
    check_unreadable(
        r#"UPDATE "Pet" SET "traits" = json_set("traits", '$.eyes.colour.h', 360)"#,
        "pet a18937dc-c010-5887-b0f6-1f072db36de2 (\"Rex\") has invalid visual traits: `eyes.colour.h` is 360: \
         expected 0 to 359. Set its \"traits\" to NULL, then run `cargo xtask backfill pet_traits --execute` \
         to derive them again",
    )
    .await;
    check_unreadable(
        r#"UPDATE "Pet" SET "parent1Id" = NULL, "parent2Id" = NULL;
           PRAGMA foreign_keys = OFF; UPDATE "Pet" SET "parent2Id" = 'Rex'; PRAGMA foreign_keys = ON"#,
        "pet a18937dc-c010-5887-b0f6-1f072db36de2: column \"parent2Id\" is \"Rex\": expected a UUID. \
         Correct it in the database",
    )
    .await;
    check_unreadable(
        r#"DELETE FROM "Pet""#,
        "there is no pet a18937dc-c010-5887-b0f6-1f072db36de2: check the id against `cargo run -p app -- pet list`",
    )
    .await;
    check_unreadable(
        r#"ALTER TABLE "Pet" DROP COLUMN "traits""#,
        "could not read a pet because the schema is older than the app (no such column: Pet.traits): \
         run `cargo xtask migrate pets`",
    )
    .await;
}

#[tokio::test]
async fn a_list_contains_every_pet_in_order() {
    let (_directory, mut conn) = populated().await;
    execute(&mut conn, r#"UPDATE "Pet" SET "traits" = '{}' WHERE "name" = ''"#).await;
    let created = create(&mut conn, NewPet { name: "\u{10ffff}".to_owned(), ..new_pet() }).await.unwrap();

    let pets = list(&mut conn, 1000).await.unwrap();
    assert_eq!(pets.len(), 93);
    assert!(pets.is_sorted_by_key(|pet| (&pet.name, &pet.id)));
    assert_eq!(pets[0].traits, Some(PetTraits::from_json("{}")));
    assert_eq!(pets[1].traits, None);
    assert_eq!(pets[92].traits, Some(Ok(created.traits)));
    assert_eq!(list(&mut conn, 3).await.unwrap(), pets[..3]);
}

#[tokio::test]
async fn the_migrations_can_be_reverted_and_applied_again() {
    let (_directory, mut conn, migrator) = empty().await;
    migrator.run(&mut conn).await.unwrap();
    migrator.undo(&mut conn, 0).await.unwrap();
    let left = r#"SELECT count(*) FROM sqlite_schema WHERE "name" NOT LIKE '%sqlx%'"#;
    assert_eq!(count(&mut conn, left).await, 0);
    migrator.run(&mut conn).await.unwrap();
    let error = create(&mut conn, new_pet()).await.unwrap_err();
    assert!(matches!(error, PetError::NoSuchUser { .. }), "{error}");
}
