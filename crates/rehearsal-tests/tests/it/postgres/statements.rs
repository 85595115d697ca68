//! Differences between schemas are shown as statements that a user can run.

use super::rehearsals::LEFT;
use pretty_assertions::assert_eq;
use rehearsal::compare;
use rehearsal::db::{Access, Address, Connection, Engine, Object, Schema};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{execute, unique, url};
use rehearsal_tests::shop::UP;
use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _};
use std::time::Duration;

/// Objects and properties that no other test uses.
const RARE: &str = r#"
ALTER TABLE item FORCE ROW LEVEL SECURITY, SET (fillfactor = 70), CLUSTER ON item_pkey, DISABLE TRIGGER t;
ALTER TABLE item ALTER label SET STORAGE MAIN, ALTER label SET (n_distinct = 5);
ALTER TABLE shelf DISABLE RULE quiet, OWNER TO pg_monitor;
ALTER VIEW v ALTER id SET DEFAULT 7, SET (security_barrier = true);
ALTER VIEW v OWNER TO pg_monitor;
ALTER FUNCTION secret() OWNER TO pg_monitor;
CREATE POLICY "An other" ON shelf AS RESTRICTIVE FOR INSERT TO pg_monitor, pg_signal_backend WITH CHECK (true);
GRANT ALL ON shelf TO pg_signal_backend WITH GRANT OPTION;
GRANT SELECT (label), UPDATE (label, size) ON item TO pg_monitor;
GRANT USAGE ON SCHEMA "My Schema" TO pg_monitor;
GRANT EXECUTE ON PROCEDURE p TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA "My Schema" GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO pg_monitor;
CREATE TYPE "My Schema"."Part, or whole" AS ("a b" int, c text);
CREATE DOMAIN named AS int CONSTRAINT positive CHECK (VALUE > 0) NOT NULL DEFAULT 1;
CREATE UNLOGGED SEQUENCE fast;
CREATE TABLE "My Schema"."a ""b"" c" ("i ""d""" int PRIMARY KEY CONSTRAINT "it's" CHECK ("i ""d""" > 0));
CREATE TABLE n (id int GENERATED ALWAYS AS IDENTITY, flag bool, word text COLLATE "C", EXCLUDE USING btree (id WITH =));
CREATE POLICY flagged ON n USING (flag);
CREATE EXTENSION file_fdw;
CREATE SERVER files TYPE 'a' VERSION '1' FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE line (text text) SERVER files OPTIONS (filename '/no where', format 'csv');
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('DROP TABLE', 'CREATE VIEW') EXECUTE FUNCTION watch();
ALTER EVENT TRIGGER watching DISABLE;
CREATE CAST (pair AS size) WITH INOUT AS ASSIGNMENT;
CREATE PUBLICATION all_of_it FOR ALL TABLES WITH (publish = 'insert');
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple, STOPWORDS = english);
CREATE TEXT SEARCH CONFIGURATION texts (PARSER = "default");
CREATE MATERIALIZED VIEW later AS SELECT 1 AS one WITH NO DATA;
COMMENT ON SCHEMA public IS 'Here';
COMMENT ON VIEW v IS 'x';
COMMENT ON COLUMN v.id IS 'x';
COMMENT ON MATERIALIZED VIEW m IS 'x';
COMMENT ON INDEX item_label_idx IS 'x';
COMMENT ON SEQUENCE s IS 'x';
COMMENT ON FOREIGN TABLE line IS 'x';
COMMENT ON TRIGGER t ON item IS 'x';
COMMENT ON RULE quiet ON shelf IS 'x';
COMMENT ON POLICY mine ON item IS 'x';
COMMENT ON POLICY "An other" ON shelf IS 'x';
COMMENT ON STATISTICS together IS 'x';
COMMENT ON DOMAIN word IS 'x';
COMMENT ON CONSTRAINT positive ON DOMAIN named IS 'x';
COMMENT ON SCHEMA "My Schema" IS 'x';
COMMENT ON TYPE pair IS 'x';
COMMENT ON COLUMN pair.a IS 'x';
COMMENT ON PROCEDURE p IS 'x';
COMMENT ON AGGREGATE total (int) IS 'x';
COMMENT ON OPERATOR <+> (int, int) IS 'x';
COMMENT ON COLLATION short IS 'x';
COMMENT ON PUBLICATION news IS 'x';
COMMENT ON SERVER files IS 'x';
COMMENT ON EVENT TRIGGER watching IS 'x';
COMMENT ON CAST (pair AS size) IS 'x';
COMMENT ON TEXT SEARCH DICTIONARY words IS 'x';
COMMENT ON TEXT SEARCH CONFIGURATION texts IS 'x';
"#;

/// Runs the statement of each object again: it may fail only because the object exists already.
#[test]
fn objects_are_shown_as_statements() {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    for sql in [UP, LEFT, RARE] {
        sql.split_inclusive(";\n").for_each(|statement| execute(&url(&name), statement));
    }
    let refused = block(async {
        let address = Address::parse(Engine::Postgres, &url(&name)).unwrap();
        let mut connection = Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap();
        let schema = compare::schema(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let mut session = PgConnection::connect(&url(&name)).await.unwrap();
        let mut refused = Vec::new();
        // A table is shown with its columns, every other object separately.
        let whole = compare::compare_schemas(&Schema::default(), &schema);
        let whole = whole.iter().map(|difference| difference.to_string().replace("\n+ ", "\n")[2..].to_owned());
        let is_part = |(label, _): &(&String, &Object)| !label.starts_with("table ");
        let parts = schema.objects.iter().filter(is_part).map(|(_, object)| object.shown.clone());
        for statement in whole.chain(parts) {
            let ran = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut session).await;
            let Err(error) = ran else { continue };
            let error: PgDatabaseError = *error.into_database_error().unwrap().downcast();
            // Some kinds of objects are unique by name, some per table, and some per database.
            let there = ["already", "multiple primary keys", "duplicate key", "cannot add column to a partition"];
            if !there.iter().any(|text| error.message().contains(text)) {
                refused.push(format!("{statement}\n{error}"));
            }
        }
        refused
    });
    assert_eq!(refused, [""; 0]);
}

/// One session reads both schemas, before and after the change.
#[test]
fn columns_in_another_order() {
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    execute(&url(&name), "CREATE TABLE item (id int, label text)");
    let found = block(async {
        let address = Address::parse(Engine::Postgres, &url(&name)).unwrap();
        let mut connection = Connection::open(&address, Access::Read, Duration::from_secs(5)).await.unwrap();
        let before = compare::schema(&mut connection).await.unwrap();
        let mut session = PgConnection::connect(&url(&name)).await.unwrap();
        sqlx::raw_sql("DROP TABLE item; CREATE TABLE item (label text, id int)").execute(&mut session).await.unwrap();
        let after = compare::schema(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        compare::compare_schemas(&before, &after)
    });
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["the columns of \"item\" are in a different order: label, id; before: id, label"]);
}
