//! What roles see of the tables that they may read ([`seen_rows`]): row-level security hides rows without an error.

use super::sql::{OURS, of_the_user, table};
use super::text;
use crate::postgres::connection::PostgresSession;
use crate::{Error, RowAccess, SeenRows, Session, Value};
use std::sync::LazyLock;

/// The rows that each role with its own privilege sees or can update, for the roles that this session may assume. Superusers and
/// roles with BYPASSRLS see everything.
pub(crate) async fn seen_rows(session: &mut PostgresSession) -> Result<Vec<SeenRows>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT DISTINCT r.rolname::text, {}, quote_ident(r.rolname), c.oid::regclass::text, \
                 (c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive \
                   AND p.polcmd IN ('*', CASE x.privilege_type WHEN 'SELECT' THEN 'r' ELSE 'w' END) \
                   AND EXISTS (SELECT FROM unnest(p.polroles) AS o (role) WHERE o.role = 0 OR pg_has_role(r.oid, o.role, 'USAGE'))))::text, \
                 x.privilege_type \
             FROM (SELECT * FROM pg_class WHERE relacl IS NOT NULL AND relkind IN ('r', 'p') OFFSET 0) AS c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) x \
             JOIN pg_roles r ON r.oid = x.grantee \
             WHERE x.privilege_type IN ('SELECT', 'UPDATE') AND r.oid <> c.relowner AND NOT r.rolsuper \
                 AND NOT r.rolbypassrls AND pg_has_role(r.oid, 'MEMBER') AND {OURS} AND {} ORDER BY 1, 2",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut seen = Vec::new();
    for row in session.known(&QUERY).await? {
        let (role, table) = (text(&row[2]), text(&row[3]));
        let access = if row[5].as_text() == Some("UPDATE") { RowAccess::Change } else { RowAccess::See };
        let count = format!("SELECT count(*) FROM {table}");
        // A lock on the rows needs what an UPDATE of them needs.
        let locked = format!("SELECT count(*) FROM (SELECT FROM {table} FOR UPDATE) AS locked");
        let number = |rows: &[Vec<Value>]| rows.first().and_then(|row| row.first()?.as_int());
        let of = number(&session.rows(&count, &[]).await?).unwrap_or_default();
        session.execute("BEGIN", &[]).await?;
        session.execute(&format!("SET LOCAL ROLE {role}"), &[]).await?;
        let counted = session.rows(if access == RowAccess::See { &count } else { &locked }, &[]).await;
        session.execute("ROLLBACK", &[]).await?;
        let sees = match counted {
            Ok(rows) => number(&rows),
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => None,
        };
        let has_no_policy = row[4].as_text() == Some("true");
        seen.push(SeenRows { role: text(&row[0]), access, table: text(&row[1]), sees, of, has_no_policy });
    }
    Ok(seen)
}
