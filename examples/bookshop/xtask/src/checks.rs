//! The check: every book has a new number, which follows from the old one.

use bookshop::isbn::isbn13;
use rehearsal::check::{RowCheck, RowCheckAbout};
use sqlx::sqlite::Sqlite;

pub(crate) struct Isbn13FollowsFromIsbn10;

#[derive(rehearsal::FromRow)]
pub(crate) struct Book {
    id: i64,
    isbn10: String,
    isbn13: Option<String>,
}

impl RowCheck for Isbn13FollowsFromIsbn10 {
    type Db = Sqlite;
    type Row = Book;

    fn about(&self) -> RowCheckAbout {
        RowCheckAbout { name: "isbn13_follows_from_isbn10", database: "catalog", from: 20_250_315_090_000, until: None }
    }

    fn rows(&self) -> &'static str {
        r#"SELECT "books"."id" AS "cursor", "books"."id", "books"."isbn10", "books"."isbn13" FROM "books""#
    }

    fn offence(&self, book: &Book) -> Option<(String, String)> {
        let stored = book.isbn13.as_deref().unwrap_or("none");
        let is_right = isbn13(&book.isbn10).as_deref() == Some(stored);
        (!is_right).then(|| (book.id.to_string(), format!("{stored} does not follow from {}", book.isbn10)))
    }
}
