//! What the role may do with tables, found out before anything is written.

use super::session::Session;
use crate::engine::{Engine, Error, Value};

/// Refuses a table that is not there, on which the role lacks one of these privileges, or of which a policy hides rows from it.
pub(crate) async fn check(session: &mut Session, table: &str, privileges: &[&str]) -> Result<(), Error> {
    let name = Engine::Postgres.quote_table(table);
    let place = session.address();
    let state = "SELECT (to_regclass($1) IS NOT NULL)::text, current_user::text, \
                     CASE WHEN to_regclass($1) IS NOT NULL THEN row_security_active(to_regclass($1))::text END, \
                     (SELECT string_agg(polname::text, ', ' ORDER BY polname) FROM pg_policy WHERE polrelid = to_regclass($1))";
    let rows = session.rows(state, &[name.as_str().into()]).await?;
    let text = |at: usize| rows.first().and_then(|row| row.get(at)?.as_text()).unwrap_or_default().to_owned();
    let (role, policies) = (text(1), text(3));
    if text(0) != "true" {
        let why = format!("there is no table {table}, or the role {role} does not see its schema");
        let grant = "migrate the database first".to_owned();
        return Err(Error::Rights { place, why, grant });
    }
    for privilege in privileges {
        let asked = "SELECT has_table_privilege(to_regclass($1), $2)::text";
        let rows = session.rows(asked, &[name.as_str().into(), (*privilege).into()]).await?;
        if rows.first().and_then(|row| row.first()).and_then(Value::as_text) != Some("true") {
            let why = format!("the role {role} has no right to {privilege} on {table}");
            let grant = format!("grant it: `GRANT {privilege} ON {name} TO {};`", Engine::Postgres.quote(&role));
            return Err(Error::Rights { place, why, grant });
        }
    }
    if text(2) == "true" {
        let by = if policies.is_empty() { "there is no policy".to_owned() } else { format!("policies: {policies}") };
        let why = format!("row-level security of {table} applies to the role {role}, and may hide rows ({by})");
        let grant = format!("let it see all: `ALTER ROLE {} BYPASSRLS;`", Engine::Postgres.quote(&role));
        return Err(Error::Rights { place, why, grant });
    }
    Ok(())
}
