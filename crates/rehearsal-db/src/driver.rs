//! The typed side of an engine. Backfills are generic over sqlx's database types, and [`Driver`] provides what they
//! need: pages of units, their rows and their sizes.

use super::{Connection, Engine};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use std::fmt;
use uuid::Uuid;

/// The key of a unit: its position in the order in which a backfill reads. The ledger stores it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// An integer; on SQLite the rowid.
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
    /// The place of a row in its table, as PostgreSQL's `ctid`. An update moves a row to another place.
    Place {
        /// The block of the table, from 0.
        block: u32,
        /// The row of the block, from 1.
        row: u16,
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
            Self::Place { block, row } => write!(f, "row {row} of block {block}"),
        }
    }
}

/// The order in which the units of a backfill are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitOrder {
    /// By `"cursor"`.
    Key,
    /// By `"place"` (`ctid AS "place"`) where the database can search by it: PostgreSQL 14 and newer. Elsewhere by
    /// `"cursor"`.
    Place,
}

impl UnitOrder {
    /// The column of the units that has this order.
    pub fn column(self) -> &'static str {
        match self {
            Self::Key => "cursor",
            Self::Place => "place",
        }
    }
}

/// Which units of a backfill to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Units whose `pending` is true.
    Pending,
    /// Units whose `pending` is false.
    Finished,
    /// All units.
    All,
}

/// One page of a backfill's units.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The backfill's relation of units: a SELECT with a `"cursor"` and a `"pending"` column.
    pub units: &'a str,
    /// Which units to read.
    pub which: Which,
    /// Columns of the relation and their required values.
    pub scope: &'a [(String, String)],
    /// Read after this key; `None` reads from the first unit.
    pub after: Option<Key>,
    /// Read up to and including this key; `None` reads to the last unit. With a place, the page is read in the order of places,
    /// otherwise by `"cursor"`.
    pub until: Option<Key>,
    /// The maximum number of units.
    pub limit: u32,
    /// The size at which the page is full, in bytes.
    pub bytes: u64,
}

/// A unit of a page.
#[derive(Debug)]
pub struct Found<U> {
    /// Its `"cursor"`.
    pub key: Key,
    /// The page after this unit starts here: its key or its place.
    pub position: Key,
    /// The unit.
    pub unit: U,
}

/// The units of a page.
#[derive(Debug)]
pub struct Fetched<U> {
    /// The units in reading order.
    pub units: Vec<Found<U>>,
    /// Their size in bytes, as the database sends them.
    pub bytes: u64,
}

impl<U> Fetched<U> {
    /// A page without units.
    pub fn none() -> Self {
        Self { units: Vec::new(), bytes: 0 }
    }

    /// Adds the next unit of a page. `place` is its place if the page is read in that order. Returns false if the page
    /// is full; then only its position was checked, to see whether another unit shares the last position.
    pub fn take(
        &mut self,
        page: &Page<'_>,
        key: Key,
        place: Option<Key>,
        bytes: u64,
        unit: impl FnOnce() -> Result<U, sqlx::Error>,
    ) -> Result<bool, PageError> {
        let position = place.unwrap_or_else(|| key.clone());
        if self.units.last().is_some_and(|last| last.position == position) {
            return Err(PageError::shared(key, &position));
        }
        if self.units.len() >= page.limit as usize || (self.bytes >= page.bytes && !self.units.is_empty()) {
            return Ok(false);
        }
        let unit = unit().map_err(|error| PageError { at: Some(key.clone()), error })?;
        self.units.push(Found { key, position, unit });
        self.bytes += bytes;
        Ok(true)
    }
}

impl Page<'_> {
    /// The SQL condition for `which` on the relation `unit`. Names are qualified, because SQLite takes an unknown
    /// `"name"` for a string.
    pub fn which(&self) -> &'static str {
        match self.which {
            Which::Pending => "unit.\"pending\"",
            Which::Finished => "NOT unit.\"pending\"",
            Which::All => "TRUE",
        }
    }

    /// The SQL condition for `scope`; its values are the parameters from `$first` on.
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
    /// The unit that could not be decoded; `None` if the page could not be read at all.
    pub at: Option<Key>,
    /// The error of sqlx.
    pub error: sqlx::Error,
}

impl PageError {
    /// Two units share a position: the end of a page could skip one of them.
    fn shared(key: Key, position: &Key) -> Self {
        let why = match position {
            Key::Place { .. } => {
                "two units share this \"place\"; only a table without partitions and child tables can be read by place"
            }
            _ => "two units share this \"cursor\"; each unit needs its own value",
        };
        Self { at: Some(key), error: sqlx::Error::Protocol(why.to_owned()) }
    }

    /// Whether a second attempt succeeds. To look up an unknown type, such as an enum, sqlx sends a query that discards
    /// PostgreSQL's unnamed statement; sqlx remembers the type.
    pub fn was_forgotten(&self) -> bool {
        self.error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("26000"))
    }
}

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        Self { at: None, error }
    }
}

/// The number of rows of a unit: the column `"n"`.
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

/// A sqlx driver that backfills can use.
pub trait Driver: sqlx::Database {
    /// The engine of this driver.
    const ENGINE: Engine;

    /// The typed connection inside `connection`; `None` if it connects to another engine.
    fn typed(connection: &mut Connection) -> Option<&mut Self::Connection> {
        connection.driver_connection().downcast_mut()
    }

    /// Streams the rows of units, each with its unit's key and its size in bytes. `query` takes the list of keys as its
    /// parameter and has a column `"unit"` with the key.
    fn rows<'c, R>(
        connection: &'c mut Self::Connection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, R, u64), PageError>>
    where
        R: for<'r> FromRow<'r, Self::Row> + Send + Unpin + 'c;

    /// Streams the number of rows of each unit. `query` takes the list of keys as its parameter and returns `"unit"`
    /// and `"n"`, possibly several times for one unit.
    fn sizes<'c>(
        connection: &'c mut Self::Connection,
        query: &'static str,
        keys: &[Key],
    ) -> BoxStream<'c, Result<(Key, u64), PageError>>;

    /// The positions that split the units of a page into ranges: the key, or with [`UnitOrder::Place`] the place, of every
    /// nth unit and of the last one. `order` comes from [`Session::unit_order`](crate::Session::unit_order). An engine
    /// with one writer returns only the last. Empty if there is no unit.
    fn ends<'c>(
        connection: &'c mut Self::Connection,
        page: &'c Page<'c>,
        order: UnitOrder,
        every: u64,
    ) -> impl Future<Output = Result<Vec<Key>, PageError>> + Send + 'c;

    /// Reads one page of units, in the order of its `until`.
    fn page<'c, U>(
        connection: &'c mut Self::Connection,
        page: &'c Page<'c>,
    ) -> impl Future<Output = Result<Fetched<U>, PageError>> + Send + 'c
    where
        U: for<'r> FromRow<'r, Self::Row> + Send + Unpin + 'c;
}
