//! Values by kind: [`ordinary`] ones as an app would write, a different one for each number, and [`extremes`] at
//! the limits of the type.

use rehearsal_db::Value;
use rehearsal_db::insertable::{Field, Kind, written};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

/// The first integer key. It is large because a migration that fills a table itself starts at 1.
const FIRST_KEY: i64 = 7_000_000;
/// A key that does not fit into 32 bits.
const LARGE_KEY: i64 = 5_000_000_000;
/// The length of a long text in characters: longer than usual limits. It compresses well, so that it fits into an index.
const LONG: usize = 5000;
/// The longest text in characters, for a type that allows more.
const LONGEST: usize = 20_000;
/// The number of days in a month of generated dates, so that every date exists.
const DAYS: u64 = 28;

/// Returns an ordinary value; `n` counts from 1.
pub(super) fn ordinary(table: &str, field: &Field, n: u64) -> Value {
    match &field.kind {
        Kind::Int { min, max } if field.is_key && *max > i64::from(i16::MAX) => {
            let key = FIRST_KEY.saturating_add(signed(n));
            Value::Int(if key <= *max { key } else { within(n, *min, *max) })
        }
        Kind::Text { longest } => {
            let whole = text(table, &field.name, n);
            match longest {
                Some(longest) if whole.chars().count() > *longest => short(n, *longest).into(),
                _ => whole.into(),
            }
        }
        Kind::Bytes => Value::Blob(derived(table, &field.name, n).as_bytes().to_vec()),
        Kind::Uuid => derived(table, &field.name, n).to_string().into(),
        kind => simple(kind, n),
    }
}

/// Returns the values at the limits of the type, and variants of the ordinary value number `n`.
pub(super) fn extremes(table: &str, field: &Field, n: u64) -> Vec<Value> {
    let unusual = field.unusual.iter().cloned();
    let of_kind = match &field.kind {
        // A sequence continues after the largest key, so the key must not be the maximum.
        Kind::Int { max, .. } if field.is_key => {
            (LARGE_KEY <= *max).then_some(Value::Int(LARGE_KEY)).into_iter().collect()
        }
        // A duplicate for a rule that ignores case.
        kind @ Kind::Text { .. } => {
            let usual = ordinary(table, field, n);
            let variant =
                usual.as_text().map(|text| Value::from(text.to_uppercase())).filter(|variant| *variant != usual);
            variant.into_iter().chain(edges(kind)).collect()
        }
        kind => edges(kind),
    };
    of_kind.into_iter().chain(unusual).collect()
}

/// Returns a value of `length` characters, bytes or elements; `None` if the kind has no length or cannot have that
/// one. `n` counts from 1.
pub(super) fn of_length(kind: &Kind, length: usize, n: u64) -> Option<Value> {
    match kind {
        Kind::Text { longest } if longest.is_none_or(|longest| length <= longest) => {
            Some(short(n, 1).repeat(length).into())
        }
        Kind::Bytes => Some(Value::Blob(vec![(n % 256) as u8; length])),
        Kind::List { of, around, length: None } => {
            Some(list((0..length as u64).map(|more| simple(of, n + more)), *around).into())
        }
        _ => None,
    }
}

/// Returns an ordinary value that depends only on the kind and the number.
fn simple(kind: &Kind, n: u64) -> Value {
    match kind {
        // A type with only these two values is a flag.
        Kind::Int { min: 0, max: 1 } => Value::Int(signed(n % 2)),
        Kind::Int { min, max } => Value::Int(within(n, *min, *max)),
        Kind::Decimal { whole, scale } => decimal(*whole, *scale, n).into(),
        Kind::Float { .. } => Value::Real(f64::from(u32::try_from(n).unwrap_or(u32::MAX)) + 0.5),
        Kind::Text { longest } => short(n, longest.unwrap_or(8)).into(),
        Kind::Uuid => derived("", "", n).to_string().into(),
        Kind::Bytes => Value::Blob(n.to_be_bytes().to_vec()),
        Kind::Date => date(n).into(),
        Kind::Time => format!("08:{:02}:00", n % 60).into(),
        Kind::Moment => moment(n).into(),
        Kind::Json => format!("{{\"n\": {n}}}").into(),
        Kind::List { of, around, length } => {
            let several = (0..length.unwrap_or(2)).map(|more| simple(of, n + more as u64));
            list(several, *around).into()
        }
        Kind::Record(kinds) => list(kinds.iter().map(|kind| simple(kind, n)), ('(', ')')).into(),
        Kind::OneOf(texts) => match usize::try_from(n.saturating_sub(1)) {
            Ok(at) if !texts.is_empty() => texts[at % texts.len()].as_str().into(),
            _ => Value::Null,
        },
        Kind::Unknown => {
            const TEXTS: [&str; 8] = ["1", "a", "{}", "[]", "2024-01-02", "0", "(1,2)", ""];
            TEXTS[(n as usize).saturating_sub(1) % TEXTS.len()].into()
        }
    }
}

fn edges(kind: &Kind) -> Vec<Value> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    match kind {
        Kind::Int { min: 0, max: 1 } | Kind::Unknown => Vec::new(),
        Kind::Int { min, max } => {
            let among = [0, -1].into_iter().filter(|n| n > min);
            [*max, *min].into_iter().chain(among).map(Value::Int).collect()
        }
        Kind::Decimal { whole, scale } => {
            let nines = |n: u32| "9".repeat(n as usize);
            let largest = match (*whole, *scale) {
                (0, scale) => format!("0.{}", nines(scale)),
                (whole, 0) => nines(whole),
                (whole, scale) => format!("{}.{}", nines(whole), nines(scale)),
            };
            vec![largest.as_str().into(), format!("-{largest}").into(), "0".into()]
        }
        Kind::Float { is_special } => {
            let special = if *is_special { texts(&["NaN", "Infinity"]) } else { Vec::new() };
            [0.0, -1.5, 1e30].into_iter().map(Value::Real).chain(special).collect()
        }
        Kind::Text { longest } => {
            let length = longest.unwrap_or(LONG).min(LONGEST);
            let long = format!("long {}", "x".repeat(length));
            // The last two are numbers to a column that converts texts.
            let all = ["", &long, "größe 猫 🐶 e\u{301}", "it's \"so\" \\ 100% a_b", "008", "1e3"];
            all.iter().map(|text| text.chars().take(length).collect::<String>().into()).collect()
        }
        Kind::Uuid => texts(&["00000000-0000-0000-0000-000000000000"]),
        Kind::Bytes => vec![Value::Blob(Vec::new()), Value::Blob(vec![0, 255, 39, 92])],
        Kind::Date => texts(&["1970-01-01", "0001-01-01", "9999-12-31"]),
        Kind::Time => texts(&["00:00:00", "23:59:59.999999"]),
        Kind::Moment => texts(&["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]),
        Kind::Json => texts(&[
            "{}",
            "[]",
            "{\"a\": {\"b\": [1, null, \"é\"]}}",
            "null",
            "\"text\"",
            "1",
            // Texts of JSON with which `jsonb` of PostgreSQL does something else: it takes the last key, and refuses NUL.
            "{\"a\": 1, \"a\": 2}",
            "{\"a\": \"\\u0000\"}",
        ]),
        Kind::List { of, around, length } => match length {
            Some(length) => vec![list((0..*length).map(|_| Value::Int(0)), *around).into()],
            None => {
                let edges = edges(of).into_iter().map(|edge| list([edge].into_iter(), *around).into());
                std::iter::once(list([].into_iter(), *around).into()).chain(edges).collect()
            }
        },
        Kind::Record(_) => Vec::new(),
        Kind::OneOf(all) => all.iter().skip(2).map(|text| text.as_str().into()).collect(),
    }
}

/// Returns the text that an app would write into a column with that name.
fn text(table: &str, column: &str, n: u64) -> String {
    let name = column.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if name == "id" || ends(&["_id", "uuid", "guid"]) || column.ends_with("Id") {
        return derived(table, column, n).to_string();
    }
    if ends(&["_at", "date", "time", "timestamp"]) || column.ends_with("At") {
        return moment(n);
    }
    if name.contains("email") {
        return format!("a{n}@example.com");
    }
    if ends(&["url", "uri"]) {
        return format!("https://example.com/{n}");
    }
    if name.contains("json") || ends(&["data", "settings", "config", "options", "payload", "metadata", "attributes"]) {
        return format!("{{\"n\": {n}}}");
    }
    let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{word}-{n}")
}

/// Returns the number in letters, so that it fits into a short column.
fn short(n: u64, longest: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = n;
    while letters.len() < longest.min(8) {
        letters.push((b'a' + (rest % 26) as u8) as char);
        rest /= 26;
        if rest == 0 {
            break;
        }
    }
    letters.into_iter().rev().collect()
}

/// Derives a UUID from a column and a number, in the format of random UUIDs (version 4).
fn derived(table: &str, column: &str, n: u64) -> Uuid {
    let hash = xxh3_128(format!("{table}\0{column}\0{n}").as_bytes());
    uuid::Builder::from_random_bytes(hash.to_be_bytes()).into_uuid()
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn within(n: u64, min: i64, max: i64) -> i64 {
    let n = signed(n);
    if (min..=max).contains(&n) { n } else { min.saturating_add(n % max.saturating_sub(min).saturating_add(1).max(1)) }
}

fn decimal(whole: u32, scale: u32, n: u64) -> String {
    let front = if whole == 0 { 0 } else { n % 10_u64.saturating_pow(whole.min(18)) };
    let fraction: String = "25".chars().chain(std::iter::repeat('0')).take(scale.min(2) as usize).collect();
    if fraction.is_empty() { front.to_string() } else { format!("{front}.{fraction}") }
}

fn date(n: u64) -> String {
    format!("2024-{:02}-{:02}", 1 + n / DAYS % 12, 1 + n % DAYS)
}

fn moment(n: u64) -> String {
    format!("{}T08:{:02}:00.123Z", date(n), n % 60)
}

/// Joins values to one text. The values of an SQL array or record are quoted.
fn list(values: impl Iterator<Item = Value>, around: (char, char)) -> String {
    let one = |value: Value| match (written(&value), around.0) {
        (Some(text), '[') => text,
        (Some(text), _) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        (None, _) => String::new(),
    };
    format!("{}{}{}", around.0, values.map(one).collect::<Vec<_>>().join(","), around.1)
}
