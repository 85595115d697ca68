//! [`Value`]: a value whose type is unknown in advance: an offender of a check, an entry of the ledger, an example of a
//! difference.

use sqlx::{Arguments, Database, Encode, Type};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One value of a row, with the storage class that the engine reports.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Real(f64),
    /// Text; bytes that are not valid UTF-8 become [`Value::Blob`].
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The longest excerpt of a text in messages, in characters.
const SHOWN: usize = 60;

impl Value {
    /// The integer, if the value is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The storage class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }

    /// The text, if the value is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// The whole value as text, neither cut nor escaped.
    pub fn whole(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed("NULL"),
            Self::Int(n) => Cow::Owned(n.to_string()),
            Self::Real(x) => Cow::Owned(format!("{x:?}")),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Blob(bytes) => String::from_utf8_lossy(bytes),
        }
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// For messages: control characters are escaped, and long text is cut with its length added.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Real(x) => write!(f, "{x:?}"),
            Self::Text(text) => {
                let escaped: String = text
                    .chars()
                    .take(SHOWN)
                    .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
                    .collect();
                let length = text.chars().count();
                if length > SHOWN { write!(f, "{escaped}… ({length} characters)") } else { write!(f, "{escaped}") }
            }
            Self::Blob(bytes) => {
                f.write_str("x'")?;
                bytes.iter().take(SHOWN / 4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")?;
                if bytes.len() > SHOWN / 4 { write!(f, "… ({} bytes)", bytes.len()) } else { Ok(()) }
            }
        }
    }
}

/// One row of a query's result.
#[derive(Debug, Clone)]
pub struct Row {
    /// The names of the columns, shared by all rows.
    pub columns: Arc<[String]>,
    /// One value per column.
    pub values: Vec<Value>,
}

/// The result of a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// The names of the columns, in order.
    pub columns: Vec<String>,
    /// The rows, each with one value per column.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// The first value of the first row, if any.
    #[must_use]
    pub fn scalar(&self) -> Option<&Value> {
        self.rows.first().and_then(|row| row.first())
    }
}
/// The values as statement parameters.
pub(super) fn arguments<Db>(values: &[Value]) -> Db::Arguments
where
    Db: Database,
    Option<String>: for<'q> Encode<'q, Db> + Type<Db>,
    String: for<'q> Encode<'q, Db> + Type<Db>,
    i64: for<'q> Encode<'q, Db> + Type<Db>,
    f64: for<'q> Encode<'q, Db> + Type<Db>,
    Vec<u8>: for<'q> Encode<'q, Db> + Type<Db>,
{
    let mut arguments = Db::Arguments::default();
    for value in values {
        let added = match value {
            Value::Null => arguments.add(None::<String>),
            Value::Int(n) => arguments.add(*n),
            Value::Real(x) => arguments.add(*x),
            Value::Text(text) => arguments.add(text.clone()),
            Value::Blob(bytes) => arguments.add(bytes.clone()),
        };
        debug_assert!(added.is_ok(), "these types always encode");
    }
    arguments
}
