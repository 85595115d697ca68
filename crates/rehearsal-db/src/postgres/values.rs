//! Decodes values of PostgreSQL, whatever their types are.

use crate::Value;
use sqlx::postgres::{PgRow, PgValueFormat};
use sqlx::{Row as _, TypeInfo, ValueRef};

/// The values of a row.
pub(super) fn decode(row: &PgRow) -> Result<Vec<Value>, sqlx::Error> {
    (0..row.len()).map(|i| value(row, i)).collect()
}

fn value(row: &PgRow, i: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(i)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let kind = raw.type_info().name().to_owned();
    if raw.format() == PgValueFormat::Binary {
        // Only the library's own queries have parameters, and they use these types.
        return Ok(match kind.as_str() {
            "INT8" => Value::Int(row.try_get(i)?),
            "INT4" => Value::Int(i64::from(row.try_get::<i32, _>(i)?)),
            _ => Value::Text(row.try_get_unchecked(i)?),
        });
    }
    let text = raw.as_str().map_err(sqlx::Error::Decode)?;
    Ok(match kind.as_str() {
        "INT2" | "INT4" | "INT8" => text.parse().map_or_else(|_| text.into(), Value::Int),
        // As a number, NaN would not equal itself.
        "FLOAT4" | "FLOAT8" => {
            text.parse().ok().filter(|x: &f64| x.is_finite()).map_or_else(|| text.into(), Value::Real)
        }
        "BOOL" => (if text == "t" { "true" } else { "false" }).into(),
        _ => text.into(),
    })
}
