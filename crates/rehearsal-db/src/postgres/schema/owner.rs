//! An ordinary role that owns all objects of the user ([`become_owner`]): scratch databases belong to a superuser, to whom
//! row-level security does not apply.

use super::sql::{OURS, of_the_user};
use super::text;
use crate::postgres::connection::PostgresSession;
use crate::{Error, Session};
use std::sync::LazyLock;

/// Gives all objects of the user that belong to this session's role to a new role, and continues as that role, within the open
/// transaction. False if this session may not do that.
pub(crate) async fn become_owner(session: &mut PostgresSession) -> Result<bool, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        let mine = |owner: &str| format!("{owner} = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)");
        format!(
            "SELECT format('ALTER %s %s OWNER TO ', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
                 ELSE 'TABLE' END, c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {} AND {OURS} AND {} \
                 AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S') \
             UNION ALL SELECT format('ALTER %s %s OWNER TO ', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, format_type(t.oid, NULL)) \
             FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid \
             WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c') AND {} AND {OURS} AND {} \
             UNION ALL SELECT format('ALTER ROUTINE %s OWNER TO ', p.oid::regprocedure) \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind <> 'a' AND {} AND {OURS} AND {} \
             UNION ALL SELECT format('ALTER SCHEMA %I OWNER TO ', n.nspname) FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'",
            mine("c.relowner"),
            of_the_user("pg_class", "c.oid"),
            mine("t.typowner"),
            of_the_user("pg_type", "t.oid"),
            mine("p.proowner"),
            of_the_user("pg_proc", "p.oid"),
        )
    });
    session.execute("SAVEPOINT owner", &[]).await?;
    let role = session.rows("SELECT '_rehearsal_owner_' || replace(gen_random_uuid()::text, '-', '')", &[]).await?;
    let Some(role) = role.first().map(|row| text(&row[0])) else { return Ok(false) };
    let mut script = format!("CREATE ROLE {role}; GRANT {role} TO CURRENT_USER;");
    for row in session.known(&QUERY).await? {
        script.push_str(&format!("{}{role};\n", text(&row[0])));
    }
    script.push_str(&format!("SET ROLE {role}"));
    match session.execute(&script, &[]).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_transient() => Err(error),
        Err(_) => {
            session.execute("ROLLBACK TO SAVEPOINT owner", &[]).await?;
            Ok(false)
        }
    }
}
