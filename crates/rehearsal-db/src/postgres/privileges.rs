//! The privileges that a role lacks, checked before anything is written. [`missing_privileges`] is the entry point.

use super::connection::PostgresSession;
use crate::Session;
use crate::{Engine, Error, MissingPrivilege, Value};

/// The state of a table: whether the role sees it, the role, whether policies apply to the role, which ones, and
/// whether they apply because the owner is not exempt.
const STATE: &str = "SELECT (to_regclass($1) IS NOT NULL)::text, current_user::text, \
    CASE WHEN to_regclass($1) IS NOT NULL THEN row_security_active(to_regclass($1))::text END, \
    (SELECT string_agg(polname::text, ', ' ORDER BY polname) FROM pg_policy WHERE polrelid = to_regclass($1) \
     AND (0 = ANY (polroles) OR EXISTS (SELECT FROM unnest(polroles) AS of (role) \
                                        WHERE of.role <> 0 AND pg_has_role(of.role, 'USAGE')))), \
    (SELECT (relforcerowsecurity AND pg_has_role(relowner, 'USAGE'))::text FROM pg_class WHERE oid = to_regclass($1))";

/// Whether the role has a privilege. For reading and updating, some columns suffice, because it is unknown which
/// ones are needed; INSERT needs the whole table.
const ASKED: &str = "SELECT (has_table_privilege(to_regclass($1), $2) OR CASE WHEN $2 IN ('SELECT', 'UPDATE') \
    THEN has_any_column_privilege(to_regclass($1), $2) ELSE false END)::text";

/// The schema of the search path that contains a table which the role does not see, because it lacks USAGE.
const HIDDEN: &str = "SELECT current_user::text, min(nspname::text) \
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
    WHERE relname = $1 AND nspname::text = ANY (string_to_array(replace(current_setting('search_path'), ' ', ''), ',')) \
    AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE') AND to_regclass($2) IS NULL";

/// Whether the role may create tables in the current schema.
const CREATION: &str =
    "SELECT current_user::text, current_schema()::text, has_schema_privilege(current_schema(), 'CREATE')::text";

/// The missing tables, privileges and rows (hidden by policies) of a role that wants to use these tables.
pub(crate) async fn missing_privileges(
    session: &mut PostgresSession,
    wanted: &[(&str, &[&str])],
) -> Result<Vec<MissingPrivilege>, Error> {
    let mut lacks = Vec::new();
    for (table, privileges) in wanted {
        let of_table = of_table(session, table, privileges).await?;
        lacks.extend(of_table.into_iter().filter(|lack| !lacks.contains(lack)).collect::<Vec<_>>());
    }
    Ok(lacks)
}

async fn of_table(
    session: &mut PostgresSession,
    table: &str,
    privileges: &[&str],
) -> Result<Vec<MissingPrivilege>, Error> {
    let name = Engine::Postgres.quote_table(table);
    if let Some(hidden) = missing_schema_usage(session, table).await? {
        return Ok(vec![hidden]);
    }
    let known = texts(session, STATE, &[name.as_str().into()]).await?;
    let [is_there, role, is_hidden, policies, is_own] = known.as_slice() else { return Ok(Vec::new()) };
    let quoted_role = Engine::Postgres.quote(role);
    if is_there != "true" {
        let why = format!("there is no table {table}");
        return Ok(vec![MissingPrivilege { why, grant: "migrate the database first".to_owned() }]);
    }
    let mut missing = Vec::new();
    for privilege in privileges {
        let has = texts(session, ASKED, &[name.as_str().into(), (*privilege).into()]).await?;
        if has.first().is_none_or(|has| has != "true") {
            missing.push(*privilege);
        }
    }
    let mut lacks = Vec::new();
    if !missing.is_empty() {
        let why = format!("the role {role} lacks {} on {table}", missing.join(", "));
        lacks
            .push(MissingPrivilege { why, grant: format!("GRANT {} ON {name} TO {quoted_role};", missing.join(", ")) });
    }
    if is_hidden == "true" {
        let by = if policies.is_empty() { "there is no policy".to_owned() } else { format!("policies: {policies}") };
        let why = format!("row-level security on {table} applies to the role {role} and may hide rows ({by})");
        let grant = match is_own.as_str() {
            "true" => format!("ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;"),
            _ => format!("ALTER ROLE {quoted_role} BYPASSRLS;"),
        };
        lacks.push(MissingPrivilege { why, grant });
    }
    Ok(lacks)
}

/// The missing USAGE on the schema of an existing table that the role does not see.
pub(crate) async fn missing_schema_usage(
    session: &mut PostgresSession,
    table: &str,
) -> Result<Option<MissingPrivilege>, Error> {
    let name = Engine::Postgres.quote_table(table);
    let known = texts(session, HIDDEN, &[table.into(), name.as_str().into()]).await?;
    let [role, schema] = known.as_slice() else { return Ok(None) };
    if schema.is_empty() {
        return Ok(None);
    }
    let why = format!("the role {role} lacks USAGE on the schema {schema}, which contains {table}");
    let (schema, role) = (Engine::Postgres.quote(schema), Engine::Postgres.quote(role));
    Ok(Some(MissingPrivilege { why, grant: format!("GRANT USAGE ON SCHEMA {schema} TO {role};") }))
}

/// The missing privilege to create the tables of the ledger.
pub(crate) async fn missing_creation_privilege(
    session: &mut PostgresSession,
) -> Result<Option<MissingPrivilege>, Error> {
    let known = texts(session, CREATION, &[]).await?;
    let [role, schema, may] = known.as_slice() else { return Ok(None) };
    if schema.is_empty() || may == "true" {
        return Ok(None);
    }
    let why = format!("the role {role} lacks CREATE on the schema {schema}, in which rehearsal creates its ledger");
    let (schema, role) = (Engine::Postgres.quote(schema), Engine::Postgres.quote(role));
    Ok(Some(MissingPrivilege { why, grant: format!("GRANT CREATE ON SCHEMA {schema} TO {role};") }))
}

/// The first row of a query, with NULL as an empty text.
async fn texts(session: &mut PostgresSession, sql: &str, values: &[Value]) -> Result<Vec<String>, Error> {
    let rows = session.rows(sql, values).await?;
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    Ok(rows.first().map(|row| row.iter().map(text).collect()).unwrap_or_default())
}
