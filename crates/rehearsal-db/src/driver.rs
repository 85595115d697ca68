//! The typed side of an engine: what a backfill, which is generic over sqlx's database types, needs from its driver.

use super::{Connection, Engine};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use std::fmt;
use uuid::Uuid;

/// A unit's place in the order in which a backfill reads: what the ledger remembers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// An integer: on SQLite the rowid.
    Int(i64),
    /// A UUID.
    Uuid {
        /// The UUID.
        uuid: Uuid,
    },
    /// A text.
    Text {
        /// The text.
        text: String,
    },
}

impl Key {
    /// The key as an integer.
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(n) = self { Some(*n) } else { None }
    }

    /// The key as a UUID.
    pub fn as_uuid(&self) -> Option<Uuid> {
        if let Self::Uuid { uuid } = self { Some(*uuid) } else { None }
    }

    /// The key as text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text { text } = self { Some(text) } else { None }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(n) => write!(f, "{n}"),
            Self::Uuid { uuid } => write!(f, "{uuid}"),
            Self::Text { text } => write!(f, "{text}"),
        }
    }
}

/// Which of a backfill's units are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those whose `pending` is true.
    Pending,
    /// Those whose `pending` is false.
    Finished,
    /// All of them.
    All,
}

/// One page of a backfill's units.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The backfill's relation of units: a SELECT with a `"cursor"` and a `"pending"` column.
    pub units: &'a str,
    /// Which of them.
    pub which: Which,
    /// Columns of the relation and the values that they must have.
    pub scope: &'a [(String, String)],
    /// Read after this key; from the first unit where there is none.
    pub after: Option<Key>,
    /// Read up to and including this key; to the last unit where there is none.
    pub until: Option<Key>,
    /// At most so many.
    pub limit: u32,
    /// No more of them once they hold so many bytes.
    pub bytes: u64,
}

/// The units of a page.
#[derive(Debug)]
pub struct Fetched<U> {
    /// Each with its key, in the order of keys.
    pub units: Vec<(Key, U)>,
    /// How many bytes they hold, as the database sends them.
    pub bytes: u64,
}

impl<U> Fetched<U> {
    /// A batch without units.
    pub fn none() -> Self {
        Self { units: Vec::new(), bytes: 0 }
    }

    /// Takes the next unit of a page. False where the page is full: then only the key was looked at, which shows whether the
    /// last one is the key of one unit only.
    pub fn take(
        &mut self,
        page: &Page<'_>,
        key: Key,
        bytes: u64,
        unit: impl FnOnce() -> Result<U, sqlx::Error>,
    ) -> Result<bool, PageError> {
        if self.units.last().is_some_and(|(last, _)| *last == key) {
            return Err(PageError::shared_key(key));
        }
        if self.units.len() >= page.limit as usize || (self.bytes >= page.bytes && !self.units.is_empty()) {
            return Ok(false);
        }
        let unit = unit().map_err(|error| PageError { at: Some(key.clone()), error })?;
        self.units.push((key, unit));
        self.bytes += bytes;
        Ok(true)
    }
}

impl Page<'_> {
    /// The condition that `which` makes over the relation `unit`. Names are qualified: SQLite would take a lone `"name"`
    /// that is no column for a string.
    pub fn which(&self) -> &'static str {
        match self.which {
            Which::Pending => "unit.\"pending\"",
            Which::Finished => "NOT unit.\"pending\"",
            Which::All => "TRUE",
        }
    }

    /// The condition that `scope` makes; its values are parameters from `$first` on.
    pub fn scope(&self, engine: Engine, first: usize) -> String {
        let equal = |(i, (column, _)): (usize, &(String, String))| {
            format!(" AND {} = ${}", engine.as_text(&format!("unit.{}", engine.quote(column))), first + i)
        };
        let scope: String = self.scope.iter().enumerate().map(equal).collect();
        format!("TRUE{scope}")
    }
}

/// Why a page could not be read.
#[derive(Debug)]
pub struct PageError {
    /// The unit that could not be decoded; none where the page could not be read at all.
    pub at: Option<Key>,
    /// What sqlx said.
    pub error: sqlx::Error,
}

impl PageError {
    /// Two units of one key: one of them would be passed over at the end of a page.
    pub fn shared_key(key: Key) -> Self {
        let why = "two units share this \"cursor\"; it has to be another for each unit".to_owned();
        Self { at: Some(key), error: sqlx::Error::Protocol(why) }
    }
}

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        Self { at: None, error }
    }
}

/// How many rows a unit has: the column `"n"`.
pub(crate) struct Size {
    n: i64,
}

impl<'r, R: Row> FromRow<'r, R> for Size
where
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        Ok(Self { n: row.try_get("n")? })
    }
}

impl Size {
    pub(crate) fn of((unit, size, _): (Key, Self, u64)) -> (Key, u64) {
        (unit, u64::try_from(size.n).unwrap_or_default())
    }
}

/// A sqlx driver that backfills can be written for.
pub trait Driver: sqlx::Database {
    /// The engine that it drives.
    const ENGINE: Engine;

    /// The typed connection inside `connection`; none where that is to another engine.
    fn typed(connection: &mut Connection) -> Option<&mut Self::Connection> {
        connection.driver_connection().downcast_mut()
    }

    /// Reads the rows of units: `query` has the list of their keys as its parameter and a column `"unit"` with the key of the
    /// unit that a row belongs to. The rows come as the database sends them, each with the bytes that it holds.
    fn rows<'c, R>(
        connection: &'c mut Self::Connection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, R, u64), PageError>>
    where
        R: for<'r> FromRow<'r, Self::Row> + Send + Unpin + 'c;

    /// How many rows each unit has: `query` has the list of their keys as its parameter, and gives a `"unit"` and an `"n"`,
    /// perhaps several for one unit.
    fn sizes<'c>(
        connection: &'c mut Self::Connection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, u64), PageError>>;

    /// The keys at which the units of a page's kind can be cut into ranges: that of each `every`th and that of the last one.
    /// Where an engine has one writer, the last one alone. Nothing where there is no unit.
    fn ends<'c>(
        connection: &'c mut Self::Connection,
        page: &'c Page<'c>,
        every: u64,
    ) -> impl Future<Output = Result<Vec<Key>, PageError>> + Send + 'c;

    /// Reads one page of units in key order.
    fn page<'c, U>(
        connection: &'c mut Self::Connection,
        page: &'c Page<'c>,
    ) -> impl Future<Output = Result<Fetched<U>, PageError>> + Send + 'c
    where
        U: for<'r> FromRow<'r, Self::Row> + Send + Unpin + 'c;
}
