//! [`InsertableTable`]: a table as INSERT sees it, from the catalog: the values that each column accepts, and the
//! rules for a row. The generator of rows fills it.

use super::{Engine, Value};

/// A table that accepts INSERT.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertableTable {
    /// Its name, as in [`super::TableShape`].
    pub name: String,
    /// The columns that accept a value, in order.
    pub fields: Vec<Field>,
    /// Its foreign keys.
    pub references: Vec<Reference>,
    /// The other rules: checks, unique constraints and indexes, exclusions, the bounds of partitions.
    pub rules: Vec<Rule>,
    /// True if an INSERT fires triggers that may draw numbers from sequences.
    pub has_triggers: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// The values that it accepts.
    pub kind: Kind,
    /// Its type in SQL.
    pub written: String,
    /// Whether NULL is allowed.
    pub is_nullable: bool,
    /// Whether it is part of a unique key, alone or with other columns.
    pub is_key: bool,
    /// Its value if an INSERT gives none.
    pub default: Default,
    /// Values of other kinds that it accepts although its type does not suggest them.
    pub unusual: Vec<Value>,
}

/// The value of a column if an INSERT gives none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Default {
    /// NULL.
    Nothing,
    /// One constant for every row.
    Constant,
    /// Another value for each row, or at each time.
    Computed,
    /// A number from the database. Only `OVERRIDING SYSTEM VALUE` replaces it.
    Numbered,
}

/// The values that a column accepts.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Integers within bounds.
    Int {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// Numbers with a fixed number of digits before and after the decimal point.
    Decimal {
        /// Digits before the point.
        whole: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// Floating-point numbers.
    Float {
        /// Whether `NaN` and infinity are values.
        is_special: bool,
    },
    /// Text.
    Text {
        /// The maximum length, in characters.
        longest: Option<usize>,
    },
    /// A UUID.
    Uuid,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A timestamp.
    Moment,
    /// JSON.
    Json,
    /// A list of values of one kind, separated by commas.
    List {
        /// The kind of the elements.
        of: Box<Kind>,
        /// The brackets around them.
        around: (char, char),
        /// The required number of elements; `None` for any number.
        length: Option<usize>,
    },
    /// One value of each of these kinds.
    Record(Vec<Kind>),
    /// One of these texts; typical ones are first.
    OneOf(Vec<String>),
    /// Unknown: texts of all kinds are tried.
    Unknown,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub table: String,
    /// The referenced columns, in the same order.
    pub target: Vec<String>,
}

/// A rule for rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name in the engine's error messages.
    pub name: String,
    /// Its definition.
    pub text: String,
    /// The columns that it uses.
    pub columns: Vec<String>,
    /// The kind of its demand.
    pub demands: Demands,
}

/// The kind of demand of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demands {
    /// No two rows with equal values in its columns.
    Unique,
    /// Something of each row.
    Condition,
}

impl InsertableTable {
    /// The INSERT statement with a parameter for each of `fields`.
    pub fn insertion(&self, engine: Engine, fields: &[&Field]) -> String {
        let table = engine.quote_table(&self.name);
        if fields.is_empty() {
            return format!("INSERT INTO {table} DEFAULT VALUES");
        }
        let columns = fields.iter().map(|field| engine.quote(&field.name)).collect::<Vec<_>>().join(", ");
        let value = |(at, field): (usize, &&Field)| engine.parameter(at + 1, &field.written);
        let values = fields.iter().enumerate().map(value).collect::<Vec<_>>().join(", ");
        let is_overruled = fields.iter().any(|field| field.default == Default::Numbered);
        let overruling = if is_overruled { " OVERRIDING SYSTEM VALUE" } else { "" };
        format!("INSERT INTO {table} ({columns}){overruling} VALUES ({values})")
    }

    /// The position of the column with this name.
    pub fn at(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A value as text that every type of its kind can parse; `None` for NULL.
pub fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Int(n) => Some(n.to_string()),
        Value::Real(x) => Some(x.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Blob(bytes) => {
            Some(format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
        }
    }
}
