//! The values that the types of PostgreSQL accept, including those of popular extensions. [`kind`] is the entry point.

use crate::insertable::Kind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A type of the catalog.
#[derive(Debug, Deserialize)]
pub(super) struct TypeRow {
    pub(super) oid: i64,
    pub(super) name: String,
    /// `pg_type.typtype`.
    class: String,
    /// The element type of an array; 0 for other types.
    element: i64,
    /// The base type of a domain; 0 for other types.
    pub(super) base: i64,
    /// The modifier of a domain's base type.
    modifier: i32,
    /// Whether a domain forbids NULL.
    pub(super) required: bool,
    /// The subtype of a range; 0 for other types.
    subtype: i64,
    /// The labels of an enum.
    labels: Vec<String>,
    /// The attributes of a composite type: types and modifiers.
    members: Vec<(i64, i32)>,
    /// The checks of a domain: names and definitions.
    pub(super) checks: Vec<(String, String)>,
}

/// The largest `real` and `double precision` are left out, because sums over such columns are common.
const FLOAT: Kind = Kind::Float { is_special: true };

/// The values that a type accepts with the modifier of its column.
pub(super) fn kind(oid: i64, modifier: i32, types: &BTreeMap<i64, TypeRow>) -> Kind {
    let Some(row) = types.get(&oid) else { return Kind::Unknown };
    if row.base != 0 {
        return kind(row.base, if modifier < 0 { row.modifier } else { modifier }, types);
    }
    if row.element != 0 {
        let of = Box::new(kind(row.element, modifier, types));
        return Kind::List { of, around: ('{', '}'), length: None };
    }
    match row.class.as_str() {
        "e" => Kind::OneOf(row.labels.clone()),
        "c" => Kind::Record(row.members.iter().map(|(oid, modifier)| kind(*oid, *modifier, types)).collect()),
        "r" => range(&kind(row.subtype, -1, types)),
        "m" => Kind::OneOf(vec!["{}".to_owned()]),
        _ => base(&row.name, modifier),
    }
}

fn base(name: &str, modifier: i32) -> Kind {
    // The modifier of `varchar(n)` and `numeric(p, s)` includes a header of four bytes.
    let bare = modifier - 4;
    let size = usize::try_from(bare).ok();
    let one_of = |texts: &[&str]| Kind::OneOf(texts.iter().map(|text| (*text).to_owned()).collect());
    match name {
        "int2" => Kind::Int { min: i64::from(i16::MIN), max: i64::from(i16::MAX) },
        "int4" => Kind::Int { min: i64::from(i32::MIN), max: i64::from(i32::MAX) },
        "int8" => Kind::Int { min: i64::MIN, max: i64::MAX },
        "oid" => Kind::Int { min: 1, max: i64::from(u32::MAX) },
        "float4" | "float8" => FLOAT,
        "numeric" if bare < 0 => Kind::Decimal { whole: 20, scale: 10 },
        "numeric" => {
            // The scale can be negative from version 15 on.
            let (precision, scale) = (bare >> 16 & 0xffff, ((bare & 0x7ff) ^ 1024) - 1024);
            let part = |n: i32| u32::try_from(n).unwrap_or_default();
            Kind::Decimal { whole: part(precision - scale), scale: part(scale) }
        }
        "money" => Kind::Decimal { whole: 12, scale: 2 },
        "bool" => one_of(&["true", "false"]),
        "text" | "citext" => Kind::Text { longest: None },
        "varchar" | "bpchar" => Kind::Text { longest: size },
        "name" => Kind::Text { longest: Some(63) },
        "char" => Kind::Text { longest: Some(1) },
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Bytes,
        "date" => Kind::Date,
        "time" | "timetz" => Kind::Time,
        "timestamp" | "timestamptz" => Kind::Moment,
        "json" | "jsonb" => Kind::Json,
        "interval" => one_of(&[
            "1 day",
            "2 hours",
            "1 year 2 mons 3 days 04:05:06.789",
            "3 hours",
            "4 hours",
            "00:00:00",
            "-1 days",
        ]),
        "inet" => {
            one_of(&["192.0.2.1", "192.0.2.2", "2001:db8::1", "192.0.2.3", "192.0.2.4", "198.51.100.0/24", "::1"])
        }
        "cidr" => {
            one_of(&["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/0"])
        }
        "macaddr" => one_of(&["08:00:2b:01:02:03", "08:00:2b:01:02:04", "08:00:2b:01:02:05", "ff:ff:ff:ff:ff:ff"]),
        "macaddr8" => one_of(&["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03:04:06", "08:00:2b:01:02:03:04:07"]),
        "bit" => bits(usize::try_from(modifier).unwrap_or(1)),
        "varbit" => bits(usize::try_from(modifier).unwrap_or(8)),
        "xml" => one_of(&["<a/>", "<b>1</b>", "<c d=\"2\">é</c>"]),
        "tsvector" => one_of(&["'a':1", "'b':1 'c':2", "'d':1A,2", ""]),
        "tsquery" => one_of(&["'a'", "'b' & 'c'", "!'d'", ""]),
        "jsonpath" => one_of(&["$.\"a\"", "$.\"b\"[*]"]),
        "pg_lsn" => one_of(&["0/1", "0/2", "16/B374D848", "0/0"]),
        "regclass" => one_of(&["pg_class", "pg_type", "pg_proc"]),
        "regtype" => one_of(&["integer", "text", "uuid"]),
        "regproc" => one_of(&["now", "pi", "random"]),
        "point" => one_of(&["(1,2)", "(3,4)", "(-0.5,0)"]),
        "line" => one_of(&["{1,2,3}", "{1,-1,0}"]),
        "lseg" => one_of(&["[(0,0),(1,1)]", "[(0,0),(2,2)]"]),
        "box" => one_of(&["(1,1),(0,0)", "(2,2),(0,0)"]),
        "path" => one_of(&["((0,0),(1,1))", "[(0,0),(2,2)]"]),
        "polygon" => one_of(&["((0,0),(1,1),(1,0))", "((0,0),(2,2),(2,0))"]),
        "circle" => one_of(&["<(0,0),1>", "<(0,0),2>"]),
        "hstore" => one_of(&["a=>1", "b=>NULL", "\"c d\"=>\"é\"", ""]),
        "ltree" => one_of(&["a", "a.b", "a.b.c", "d", "e", ""]),
        "vector" | "halfvec" => vector(modifier),
        "geometry" | "geography" => one_of(&["POINT(1 2)", "POINT(3 4)"]),
        _ => Kind::Unknown,
    }
}

fn bits(length: usize) -> Kind {
    let text = |n: usize| format!("{n:0length$b}").chars().rev().take(length).collect::<String>();
    Kind::OneOf([1, 2, 3, 4, 0].map(text).to_vec())
}

fn vector(modifier: i32) -> Kind {
    let of = Box::new(Kind::Decimal { whole: 1, scale: 2 });
    Kind::List { of, around: ('[', ']'), length: Some(usize::try_from(modifier).unwrap_or(3)) }
}

/// Ranges that do not overlap, so that an exclusion constraint is satisfied; then an empty and an unbounded one.
fn range(of: &Kind) -> Kind {
    let bounds: &[(&str, &str)] = match of {
        Kind::Date => &[("2024-01-01", "2024-01-08"), ("2024-02-01", "2024-02-08"), ("2024-03-01", "2024-03-08")],
        Kind::Moment => &[
            ("2024-01-01 08:00:00+00", "2024-01-01 09:00:00+00"),
            ("2024-01-02 08:00:00+00", "2024-01-02 09:00:00+00"),
            ("2024-01-03 08:00:00+00", "2024-01-03 09:00:00+00"),
        ],
        Kind::Int { .. } | Kind::Decimal { .. } | Kind::Float { .. } => &[("1", "10"), ("20", "30"), ("40", "50")],
        _ => &[],
    };
    let texts = bounds.iter().map(|(from, to)| format!("[\"{from}\",\"{to}\")"));
    Kind::OneOf(texts.chain(["empty".to_owned(), "(,)".to_owned()]).collect())
}
