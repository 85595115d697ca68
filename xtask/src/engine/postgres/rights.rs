//! What the role may do with tables, found out before anything is written.

use super::session::Session;
use crate::engine::{Engine, Error, Value};

/// What is known of a table and the role: whether it is there and seen, the role, whether policies apply to the role, and which.
const STATE: &str = "SELECT (to_regclass($1) IS NOT NULL)::text, current_user::text, \
    CASE WHEN to_regclass($1) IS NOT NULL THEN row_security_active(to_regclass($1))::text END, \
    (SELECT string_agg(polname::text, ', ' ORDER BY polname) FROM pg_policy WHERE polrelid = to_regclass($1) \
     AND (0 = ANY (polroles) OR EXISTS (SELECT FROM unnest(polroles) AS of (role) \
                                        WHERE of.role <> 0 AND pg_has_role(of.role, 'USAGE'))))";

/// A right to some columns may be enough: which ones are needed, nobody said.
const ASKED: &str = "SELECT (has_table_privilege(to_regclass($1), $2) OR CASE WHEN $2 IN ('SELECT', 'INSERT', 'UPDATE') \
    THEN has_any_column_privilege(to_regclass($1), $2) ELSE false END)::text";

/// Refuses a table that is not there, on which the role lacks one of these privileges, or of which a policy may hide rows from
/// it.
pub(crate) async fn check(session: &mut Session, table: &str, privileges: &[&str]) -> Result<(), Error> {
    let name = Engine::Postgres.quote_table(table);
    let place = session.address();
    check_usage(session, table).await?;
    let rows = session.rows(STATE, &[name.as_str().into()]).await?;
    let text = |at: usize| rows.first().and_then(|row| row.get(at)?.as_text()).unwrap_or_default().to_owned();
    let (role, policies) = (text(1), text(3));
    let quoted_role = Engine::Postgres.quote(&role);
    if text(0) != "true" {
        let why = format!("there is no table {table}, or the role {role} does not see its schema");
        let grant = "migrate the database first".to_owned();
        return Err(Error::Rights { place, why, grant });
    }
    for privilege in privileges {
        let rows = session.rows(ASKED, &[name.as_str().into(), (*privilege).into()]).await?;
        if rows.first().and_then(|row| row.first()).and_then(Value::as_text) != Some("true") {
            let why = format!("the role {role} has no right to {privilege} on {table}");
            let grant = format!("grant it: `GRANT {privilege} ON {name} TO {quoted_role};`");
            return Err(Error::Rights { place, why, grant });
        }
    }
    if text(2) == "true" {
        let by = if policies.is_empty() { "there is no policy".to_owned() } else { format!("policies: {policies}") };
        let why = format!("row-level security of {table} applies to the role {role}, and may hide rows ({by})");
        let grant = format!("let it see all: `ALTER ROLE {quoted_role} BYPASSRLS;`");
        return Err(Error::Rights { place, why, grant });
    }
    Ok(())
}

/// Refuses a role that does not see a table, for it may not use the schema.
pub(crate) async fn check_usage(session: &mut Session, table: &str) -> Result<(), Error> {
    let hidden = "SELECT current_user::text, min(nspname::text) \
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE relname = $1 AND nspname::text = ANY (string_to_array(replace(current_setting('search_path'), ' ', ''), ',')) \
         AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE') AND to_regclass($2) IS NULL";
    let name = Engine::Postgres.quote_table(table);
    let rows = session.rows(hidden, &[table.into(), name.as_str().into()]).await?;
    let text = |at: usize| rows.first().and_then(|row| row.get(at)?.as_text());
    let (Some(role), Some(schema)) = (text(0), text(1)) else { return Ok(()) };
    let why = format!("the role {role} may not use the schema {schema}, in which {table} is");
    let (schema, role) = (Engine::Postgres.quote(schema), Engine::Postgres.quote(role));
    let grant = format!("grant it: `GRANT USAGE ON SCHEMA {schema} TO {role};`");
    Err(Error::Rights { place: session.address(), why, grant })
}

/// Refuses a role that may not make tables in the schema in which they would be made.
pub(crate) async fn check_creation(session: &mut Session) -> Result<(), Error> {
    let asked =
        "SELECT current_user::text, current_schema()::text, has_schema_privilege(current_schema(), 'CREATE')::text";
    let rows = session.rows(asked, &[]).await?;
    let text = |at: usize| rows.first().and_then(|row| row.get(at)?.as_text()).unwrap_or_default().to_owned();
    let (role, schema) = (text(0), text(1));
    if schema.is_empty() || text(2) == "true" {
        return Ok(());
    }
    let why = format!("the role {role} may not make the tables of the ledger in the schema {schema}");
    let (schema, role) = (Engine::Postgres.quote(&schema), Engine::Postgres.quote(&role));
    let grant = format!("grant it: `GRANT CREATE ON SCHEMA {schema} TO {role};`, or run a backfill once as its owner");
    Err(Error::Rights { place: session.address(), why, grant })
}
