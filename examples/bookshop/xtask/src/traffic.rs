//! What the app does while a backfill runs.

use bookshop::books::{add, get, remove, rename};
use bookshop::isbn::isbn13;
use rehearsal::generate::Draw;
use rehearsal::proofs::{Failure, Held, Traffic, Written};
use sqlx::sqlite::{Sqlite, SqliteConnection};

pub(crate) struct Books;

const ISBN: &str = "0306406152";

impl Traffic for Books {
    type Db = Sqlite;

    fn database(&self) -> &'static str {
        "catalog"
    }

    fn units(&self) -> &'static str {
        "SELECT id FROM books"
    }

    async fn create(&self, connection: &mut SqliteConnection, draw: &mut Draw) -> Result<Written, Failure> {
        let title = title(draw);
        let id = add(connection, &title, ISBN).await?;
        Ok(Written { id: id.to_string(), holds: held(title, isbn13(ISBN)) })
    }

    async fn create_old(
        &self,
        connection: &mut SqliteConnection,
        _: &str,
        draw: &mut Draw,
    ) -> Result<Written, Failure> {
        let title = title(draw);
        let insert = "INSERT INTO books (title, isbn10) VALUES ($1, $2) RETURNING id";
        let id: i64 = sqlx::query_scalar(insert).bind(&title).bind(ISBN).fetch_one(connection).await?;
        Ok(Written { id: id.to_string(), holds: held(title, isbn13(ISBN)) })
    }

    async fn change(
        &self,
        connection: &mut SqliteConnection,
        book: &Written,
        draw: &mut Draw,
    ) -> Result<Held, Failure> {
        let title = title(draw);
        rename(connection, key(&book.id)?, &title).await?;
        Ok(Held::from([("title".to_owned(), Some(title))]))
    }

    async fn delete(&self, connection: &mut SqliteConnection, id: &str) -> Result<(), Failure> {
        Ok(remove(connection, key(id)?).await?)
    }

    async fn read(&self, connection: &mut SqliteConnection, id: &str) -> Result<Option<Held>, Failure> {
        Ok(get(connection, key(id)?).await?.map(|book| held(book.title, book.isbn13)))
    }
}

fn held(title: String, isbn13: Option<String>) -> Held {
    Held::from([("title".to_owned(), Some(title)), ("isbn13".to_owned(), isbn13)])
}

fn title(draw: &mut Draw) -> String {
    format!("{} {}", draw.one_of(&["Emma", "O'Brien", "吾輩"]), draw.below(1_000))
}

fn key(id: &str) -> Result<i64, Failure> {
    id.parse().map_err(|_| Failure::App(format!("`{id}` is not a key")))
}
