//! The books of the catalog.

use crate::isbn::isbn13;
use sqlx::sqlite::SqliteConnection;

/// A book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Its key.
    pub id: i64,
    /// Its title.
    pub title: String,
    /// Its new number; `None` if it has none.
    pub isbn13: Option<String>,
}

/// Adds a book and returns its key.
///
/// # Errors
/// Fails if the statement fails.
pub async fn add(connection: &mut SqliteConnection, title: &str, isbn10: &str) -> Result<i64, sqlx::Error> {
    let insert = "INSERT INTO books (title, isbn10, isbn13) VALUES ($1, $2, $3) RETURNING id";
    sqlx::query_scalar(insert).bind(title).bind(isbn10).bind(isbn13(isbn10)).fetch_one(connection).await
}

/// Changes the title of a book.
///
/// # Errors
/// Fails if the statement fails.
pub async fn rename(connection: &mut SqliteConnection, id: i64, title: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE books SET title = $1 WHERE id = $2").bind(title).bind(id).execute(connection).await?;
    Ok(())
}

/// Removes a book.
///
/// # Errors
/// Fails if the statement fails.
pub async fn remove(connection: &mut SqliteConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM books WHERE id = $1").bind(id).execute(connection).await?;
    Ok(())
}

/// Returns a book; `None` if there is none with that key. Books from before the column `isbn13` are converted on reading.
///
/// # Errors
/// Fails if the statement fails.
pub async fn get(connection: &mut SqliteConnection, id: i64) -> Result<Option<Book>, sqlx::Error> {
    let select = "SELECT title, isbn10, isbn13 FROM books WHERE id = $1";
    let row: Option<(String, String, Option<String>)> =
        sqlx::query_as(select).bind(id).fetch_optional(connection).await?;
    Ok(row.map(|(title, isbn10, new)| Book { id, title, isbn13: new.or_else(|| isbn13(&isbn10)) }))
}
