//! A table as a form to be filled in: what each column takes, and which rules a row has to keep, as the catalog tells them.
//! What is written into it is decided elsewhere.

use super::{Engine, Value};

/// A table that rows can be put into.
#[derive(Debug, Clone, PartialEq)]
pub struct InsertableTable {
    /// Its name, as [`super::TableShape`] has it.
    pub name: String,
    /// The columns that can be given a value, in order.
    pub fields: Vec<Field>,
    /// Its foreign keys.
    pub references: Vec<Reference>,
    /// What else a row has to keep: checks, unique constraints and indexes, exclusions, the bounds of partitions.
    pub rules: Vec<Rule>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub kind: Kind,
    /// Its type as it is written in SQL.
    pub written: String,
    /// Whether NULL is allowed.
    pub is_nullable: bool,
    /// Whether two rows can't have the same value, at least together with other columns.
    pub is_key: bool,
    /// Where the value comes from when none is given.
    pub default: Default,
}

/// What a column has when nothing is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Default {
    /// NULL.
    Nothing,
    /// The same for every row.
    Constant,
    /// Something else for every row, or at every time.
    Computed,
    /// A number that the database gives, and that has to be overruled to be given.
    Numbered,
}

/// What a column takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Integers within bounds.
    Int {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// Numbers of so many digits in front of the point and behind it.
    Decimal {
        /// In front.
        whole: u32,
        /// Behind.
        scale: u32,
    },
    /// Floating-point numbers; with `NaN` and infinity where these are values.
    Float {
        /// Whether they are.
        is_special: bool,
    },
    /// Text.
    Text {
        /// The most characters that there is room for.
        longest: Option<usize>,
    },
    /// A uuid.
    Uuid,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A point in time.
    Moment,
    /// JSON.
    Json,
    /// A list of values of one kind, one behind the other between commas: of so many, or of any number.
    List {
        /// What it is a list of.
        of: Box<Kind>,
        /// The signs around it.
        around: (char, char),
        /// How many there have to be.
        length: Option<usize>,
    },
    /// A value of each of several kinds.
    Record(Vec<Kind>),
    /// One of these texts; the first ones are ordinary.
    OneOf(Vec<String>),
    /// Something that nothing is known of: texts of all kinds are tried.
    Unknown,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub table: String,
    /// Its columns, in the same order.
    pub target: Vec<String>,
}

/// Something that a row has to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What the engine calls it when it is broken.
    pub name: String,
    /// Its definition.
    pub text: String,
    /// The columns that it is about.
    pub columns: Vec<String>,
}

impl InsertableTable {
    /// The statement that puts a row into the table, with a value for each of `fields`.
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

    /// The column of that name.
    pub fn at(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// A value as text that every type of its kind can be read from; none for NULL.
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
