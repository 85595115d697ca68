//! NUL characters in SQL. SQLite ends a text at the first one, and sqlx tries for ever to run the rest.

use crate::Error;

/// Refuses SQL with a NUL character.
pub(super) fn refuse_nul(sql: &str) -> Result<(), Error> {
    match sql.contains('\0') {
        true => Err(Error::Statement { why: "SQL cannot contain a NUL character".to_owned(), position: None }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Access, Connection, Durability, sqlite};
    use pretty_assertions::assert_eq;
    use std::time::Duration;

    #[tokio::test]
    async fn refuses_nul_characters() {
        let folder = tempfile::tempdir().unwrap();
        let address = sqlite::new_file(&folder.path().join("a.sqlite"));
        let access = Access::Write(Durability::Configured);
        let mut connection = Connection::open(&address, access, Duration::ZERO).await.unwrap();
        for sql in ["\0", "SELECT 1\0", "SELECT 1;\0", "SELECT '\0'"] {
            let executed = connection.execute(sql, &[]).await.map(drop).map_err(|error| error.to_string());
            let queried = connection.query(sql, &[], 1).await.map(drop).map_err(|error| error.to_string());
            let expect = Err("SQL cannot contain a NUL character".to_owned());
            assert_eq!((executed, queried), (expect.clone(), expect), "{sql:?}");
        }
        connection.close().await.unwrap();
    }
}
