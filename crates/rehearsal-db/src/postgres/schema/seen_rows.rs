//! What roles see of the tables that they may read ([`seen_rows`]): row-level security hides rows without an error.

use super::sql::{OURS, of_the_user, table};
use super::text;
use crate::postgres::connection::PostgresSession;
use crate::{Error, SeenRows, Session, Value};
use std::sync::LazyLock;

/// The rows that each role with its own SELECT privilege sees, for the roles that this session may assume. Superusers and
/// roles with BYPASSRLS see everything.
pub(crate) async fn seen_rows(session: &mut PostgresSession) -> Result<Vec<SeenRows>, Error> {
    static QUERY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "SELECT DISTINCT r.rolname::text, {}, quote_ident(r.rolname), 'SELECT count(*) FROM ' || c.oid::regclass, \
                 (c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))::text \
             FROM (SELECT * FROM pg_class WHERE relacl IS NOT NULL AND relkind IN ('r', 'p') OFFSET 0) AS c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) x \
             JOIN pg_roles r ON r.oid = x.grantee \
             WHERE x.privilege_type = 'SELECT' AND r.oid <> c.relowner AND NOT r.rolsuper \
                 AND NOT r.rolbypassrls AND pg_has_role(r.oid, 'MEMBER') AND {OURS} AND {} ORDER BY 1, 2",
            table("n", "c"),
            of_the_user("pg_class", "c.oid")
        )
    });
    let mut seen = Vec::new();
    for row in session.known(&QUERY).await? {
        let (role, count) = (text(&row[2]), text(&row[3]));
        let number = |rows: &[Vec<Value>]| rows.first().and_then(|row| row.first()?.as_int());
        let of = number(&session.rows(&count, &[]).await?).unwrap_or_default();
        session.execute("BEGIN", &[]).await?;
        session.execute(&format!("SET LOCAL ROLE {role}"), &[]).await?;
        let counted = session.rows(&count, &[]).await;
        session.execute("ROLLBACK", &[]).await?;
        let sees = match counted {
            Ok(rows) => number(&rows),
            Err(error) if error.is_transient() => return Err(error),
            Err(_) => None,
        };
        let has_no_policy = row[4].as_text() == Some("true");
        seen.push(SeenRows { role: text(&row[0]), table: text(&row[1]), sees, of, has_no_policy });
    }
    Ok(seen)
}
