//! Checks in Rust, for conditions that only the app's own functions can decide. Implement [`RowCheck`], which judges
//! every row of a query; a registry stores it as [`AnyRowCheck`].

use super::error::Error;
use super::verdict::Verdict;
use futures_util::future::BoxFuture;
use rehearsal_db::{self as db, Connection, Driver, Engine, Page, Rows, Value, Which};
use sqlx::{Database, FromRow};

/// Describes a check in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowCheckAbout {
    /// Its name.
    pub name: &'static str,
    /// The name of its database.
    pub database: &'static str,
    /// The first migration version that it applies to.
    pub from: i64,
    /// The version from which it no longer applies; `None` if there is none.
    pub until: Option<i64>,
}

/// A check of every row.
///
/// ```
/// use rehearsal::check::{RowCheck, RowCheckAbout};
/// use sqlx::sqlite::Sqlite;
///
/// /// Catches slugs that do not follow from the title.
/// struct SlugsFollowFromTitles;
///
/// #[derive(rehearsal::FromRow)]
/// struct Book {
///     id: i64,
///     title: String,
///     slug: String,
/// }
///
/// impl RowCheck for SlugsFollowFromTitles {
///     type Db = Sqlite;
///     type Row = Book;
///
///     fn about(&self) -> RowCheckAbout {
///         let (name, database) = ("slugs_follow_from_titles", "bookshop");
///         RowCheckAbout { name, database, from: 20_250_301_090_000, until: None }
///     }
///
///     fn rows(&self) -> &'static str {
///         r#"SELECT books.id AS "cursor", books.id, books.title, books.slug FROM books WHERE books.slug IS NOT NULL"#
///     }
///
///     fn offence(&self, book: &Book) -> Option<(String, String)> {
///         let expected = book.title.to_lowercase().replace(' ', "-");
///         (book.slug != expected).then(|| (book.id.to_string(), format!("the slug should be {expected}")))
///     }
/// }
///
/// let book = Book { id: 7, title: "The Hobbit".to_owned(), slug: "hobbit".to_owned() };
/// let offence = SlugsFollowFromTitles.offence(&book);
/// assert_eq!(offence, Some(("7".to_owned(), "the slug should be the-hobbit".to_owned())));
/// ```
pub trait RowCheck: Send + Sync + 'static {
    /// The sqlx database type.
    type Db: Driver;
    /// One row.
    type Row: for<'r> FromRow<'r, <Self::Db as Database>::Row> + Send + Sync + Unpin + 'static;

    /// Name, database, window.
    fn about(&self) -> RowCheckAbout;
    /// The rows, as one SELECT without ORDER BY or parameters, with a column `"cursor"` like the units of a backfill.
    fn rows(&self) -> &'static str;
    /// Returns the id of an offending row and what is wrong with it; `None` if the row is good.
    fn offence(&self, row: &Self::Row) -> Option<(String, String)>;
}

/// A [`RowCheck`] of any database and row type.
pub trait AnyRowCheck: Send + Sync {
    /// Name, database, window.
    fn about(&self) -> RowCheckAbout;
    /// The engine that its query is written for.
    fn engine(&self) -> Engine;
    /// The query of its rows ([`RowCheck::rows`]).
    fn relation(&self) -> &'static str;
    /// Checks every row, but stops at more than `enough` offending rows.
    fn run<'a>(&'a self, connection: &'a mut Connection, enough: usize) -> BoxFuture<'a, Result<Verdict, Error>>;
}

/// Maximum rows in memory.
const PAGE: u32 = 1_000;
/// Rows of the first page, which is small so that a check on which every row fails ends quickly.
const FIRST_PAGE: u32 = 40;
/// Approximate bytes of rows in memory.
const BYTES: u64 = 8 * 1024 * 1024;

impl<C: RowCheck> AnyRowCheck for C {
    fn about(&self) -> RowCheckAbout {
        RowCheck::about(self)
    }

    fn engine(&self) -> Engine {
        C::Db::ENGINE
    }

    fn relation(&self) -> &'static str {
        self.rows()
    }

    fn run<'a>(&'a self, connection: &'a mut Connection, enough: usize) -> BoxFuture<'a, Result<Verdict, Error>> {
        Box::pin(look(self, connection, enough))
    }
}

async fn look<C: RowCheck>(check: &C, connection: &mut Connection, enough: usize) -> Result<Verdict, Error> {
    let name = check.about().name;
    let (mut after, mut limit) = (None, FIRST_PAGE);
    let mut offenders = Rows { columns: vec!["id".to_owned(), "offence".to_owned()], rows: Vec::new() };
    loop {
        let page = Page {
            units: check.rows(),
            which: Which::All,
            scope: &[],
            after: after.clone(),
            until: None,
            limit,
            bytes: BYTES,
        };
        let read = match C::Db::typed(connection) {
            Some(typed) => C::Db::page::<C::Row>(typed, &page).await,
            None => return Err(Error::RowQuery { check: name, why: "it is written for another engine".to_owned() }),
        };
        let rows = read.map_err(|page| match connection.explain(page.error) {
            db::Error::Statement { why, .. } => Error::RowQuery { check: name, why },
            other => other.into(),
        })?;
        let Some(last) = rows.units.last() else { break };
        (after, limit) = (Some(last.position.clone()), PAGE.min(limit * 5));
        for (id, offence) in rows.units.iter().filter_map(|found| check.offence(&found.unit)) {
            offenders.rows.push(vec![Value::Text(id), Value::Text(offence)]);
        }
        if offenders.rows.len() > enough {
            offenders.rows.truncate(enough.max(1));
            return Ok(Verdict::Red { offenders, more: true });
        }
    }
    Ok(if offenders.rows.is_empty() { Verdict::Green } else { Verdict::Red { offenders, more: false } })
}
