//! Fills the new number of each book with the app's own function.

use rehearsal::backfill::{About, Backfill, Findings, Reject, Undo, Undone, Written};
use rehearsal::ledger::UndoNotes;
use sqlx::sqlite::{Sqlite, SqliteConnection};

pub(crate) struct Isbn13;

#[derive(rehearsal::FromRow)]
pub(crate) struct Book {
    cursor: i64,
    isbn10: String,
}

impl Backfill for Isbn13 {
    type Db = Sqlite;
    type Unit = Book;
    type Output = (i64, String);

    fn about(&self) -> About {
        About { undo: Undo::Written, ..About::new("isbn13", "catalog", "book", 20_250_315_090_000) }
    }

    fn units(&self) -> &'static str {
        r#"SELECT "books"."id" AS "cursor", "books"."isbn13" IS NULL AS "pending", "books"."isbn10" FROM "books""#
    }

    fn id(&self, book: &Book) -> String {
        book.cursor.to_string()
    }

    fn transform(&self, book: &Book, _: &mut Findings) -> Result<(i64, String), Reject> {
        let isbn13 = bookshop::isbn::isbn13(&book.isbn10);
        isbn13.map(|new| (book.cursor, new)).ok_or_else(|| Reject::new("isbn10", "it is not a valid number"))
    }

    async fn write(&self, connection: &mut SqliteConnection, books: &[(i64, String)]) -> Result<Written, sqlx::Error> {
        let mut rows = 0;
        for (id, isbn13) in books {
            let update = r#"UPDATE "books" SET "isbn13" = $1 WHERE "id" = $2 AND "isbn13" IS NULL"#;
            rows += sqlx::query(update).bind(isbn13).bind(id).execute(&mut *connection).await?.rows_affected();
        }
        Ok(rows.into())
    }

    async fn undo(
        &self,
        connection: &mut SqliteConnection,
        books: &[Book],
        _: &UndoNotes,
    ) -> Result<Undone, sqlx::Error> {
        let mut rows = 0;
        for book in books {
            let update = r#"UPDATE "books" SET "isbn13" = NULL WHERE "id" = $1 AND "isbn13" IS NOT NULL"#;
            rows += sqlx::query(update).bind(book.cursor).execute(&mut *connection).await?.rows_affected();
        }
        Ok(rows.into())
    }
}
