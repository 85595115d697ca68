//! The [`InsertableTable`]s of a SQLite database. Outside `STRICT` tables a column accepts any value. Its declared type
//! suggests the intended ones, by SQLite's own rules (`https://sqlite.org/datatype3.html`) and by common type names.

use super::connection::SqliteSession;
use super::schema::join;
use crate::Session;
use crate::insertable::{Default, Demands, Field, InsertableTable, Kind, Reference, Rule};
use crate::lex::{self, Token, tokens};
use crate::{Engine, Error, Value, is_bookkeeping};
use std::collections::BTreeMap;

pub(crate) async fn insertable_tables(session: &mut SqliteSession) -> Result<Vec<InsertableTable>, Error> {
    let tables = "SELECT l.name, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.type = 'table' AND s.name = l.name \
                  WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name";
    // A foreign key without column names refers to the primary key.
    let references = "SELECT t.name, f.id, f.\"table\", f.\"from\", \
                      coalesce(f.\"to\", (SELECT x.name FROM pragma_table_xinfo(f.\"table\") x WHERE x.pk = f.seq + 1)) \
                      FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq";
    let columns = "SELECT t.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden \
                   FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) x WHERE t.type = 'table' ORDER BY t.name, x.cid";
    let indexes = "SELECT t.name, l.name, coalesce(s.sql, ''), l.\"unique\", \
                   (SELECT json_group_array(i.name) FROM pragma_index_info(l.name) i WHERE i.name IS NOT NULL) \
                   FROM sqlite_schema t JOIN pragma_index_list(t.name) l LEFT JOIN sqlite_schema s ON s.name = l.name \
                   WHERE t.type = 'table' AND (l.\"unique\" OR s.sql LIKE '%(%(%') ORDER BY t.name, l.name";
    let tables = session.rows(tables, &[]).await?;
    let mut parts = Parts {
        columns: by_table(session.rows(columns, &[]).await?),
        indexes: by_table(session.rows(indexes, &[]).await?),
        references: by_table(session.rows(references, &[]).await?),
    };
    let tables = tables.iter().map(|row| (text(&row[0]), text(&row[1])));
    Ok(tables.filter(|(name, _)| !is_bookkeeping(name)).map(|(name, sql)| parts.insertable(name, &sql)).collect())
}

/// Rows of the catalog by table, without the table's name.
type ByTable = BTreeMap<String, Vec<Vec<Value>>>;

fn by_table(rows: Vec<Vec<Value>>) -> ByTable {
    let mut found = ByTable::new();
    for mut row in rows {
        let rest = row.split_off(1);
        found.entry(text(&row[0])).or_default().push(rest);
    }
    found
}

/// The catalog's data on all tables.
struct Parts {
    columns: ByTable,
    indexes: ByTable,
    references: ByTable,
}

fn text(value: &Value) -> String {
    value.as_text().unwrap_or_default().to_owned()
}

impl Parts {
    fn insertable(&mut self, table: String, sql: &str) -> InsertableTable {
        let columns = self.columns.remove(&table).unwrap_or_default();
        let names: Vec<String> = columns.iter().map(|row| text(&row[0])).collect();

        let mut rules = checks(sql, &names);
        let mut keys: Vec<String> = Vec::new();
        for row in self.indexes.remove(&table).unwrap_or_default() {
            let sql = text(&row[1]);
            let tokens = tokens(&sql, Engine::Sqlite);
            let mut of: Vec<String> = serde_json::from_str(&text(&row[3])).unwrap_or_default();
            let demands = if row[2] == Value::Int(0) { Demands::Condition } else { Demands::Unique };
            if demands == Demands::Unique {
                keys.extend(of.iter().cloned());
            }
            of.extend(
                names.iter().filter(|name| !of.contains(name) && is_among(&tokens, name)).cloned().collect::<Vec<_>>(),
            );
            rules.push(Rule { name: text(&row[0]), text: join(&tokens), columns: of, demands });
        }
        let in_key: Vec<&Vec<Value>> = columns.iter().filter(|row| row[4] != Value::Int(0)).collect();
        let rowid = match in_key.as_slice() {
            [only] if text(&only[1]).eq_ignore_ascii_case("INTEGER") => Some(text(&only[0])),
            _ => None,
        };
        keys.extend(in_key.iter().map(|row| text(&row[0])));
        // `hidden` marks generated columns.
        let given = columns.iter().filter(|row| row[5] == Value::Int(0));
        let fields = given.map(|row| field(row, &keys, rowid.as_deref())).collect();
        let references = references(self.references.remove(&table).unwrap_or_default());
        InsertableTable { name: table, fields, references, rules, has_triggers: false }
    }
}

/// A column from its name, type, `notnull`, default and position in the key.
fn field(row: &[Value], keys: &[String], rowid: Option<&str>) -> Field {
    let (name, declared) = (text(&row[0]), text(&row[1]));
    let default = match &row[3] {
        _ if rowid == Some(&name) => Default::Computed,
        Value::Text(text) if text.eq_ignore_ascii_case("NULL") => Default::Nothing,
        Value::Text(text) if text.contains('(') || text.to_ascii_uppercase().starts_with("CURRENT") => {
            Default::Computed
        }
        Value::Text(_) => Default::Constant,
        _ => Default::Nothing,
    };
    Field {
        // Outside STRICT and WITHOUT ROWID tables, which refuse it, a key may be NULL unless it is the rowid.
        is_nullable: row[2] == Value::Int(0) && rowid != Some(&name),
        is_key: keys.contains(&name),
        kind: kind(&declared),
        unusual: unusual(&kind(&declared)),
        written: declared,
        default,
        name,
    }
}

fn references(rows: Vec<Vec<Value>>) -> Vec<Reference> {
    let mut found: Vec<(Option<i64>, Reference)> = Vec::new();
    for row in rows {
        let id = row[0].as_int();
        if found.last().is_none_or(|(last, _)| *last != id) {
            let empty = Reference { columns: Vec::new(), table: text(&row[1]), target: Vec::new() };
            found.push((id, empty));
        }
        if let Some((_, reference)) = found.last_mut() {
            reference.columns.push(text(&row[2]));
            reference.target.push(text(&row[3]));
        }
    }
    found.into_iter().map(|(_, reference)| reference).collect()
}

/// The checks and the expressions of generated columns in a `CREATE TABLE`. The engine reports an unnamed check by
/// its text.
fn checks(sql: &str, names: &[String]) -> Vec<Rule> {
    let tokens: Vec<Token<'_>> =
        tokens(sql, Engine::Sqlite).into_iter().filter(|token| token.kind != lex::Kind::Comment).collect();
    let mut rules = Vec::new();
    for at in 0..tokens.len() {
        let is_rule = tokens[at].is("CHECK") || tokens[at].is("AS");
        if !(is_rule && tokens.get(at + 1).is_some_and(|next| next.is("("))) {
            continue;
        }
        let mut depth = 0;
        let end = tokens[at + 1..].iter().position(|token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth == 0
        });
        let inside = &tokens[at + 2..end.map_or(tokens.len(), |end| at + 1 + end)];
        let is_named = at >= 2 && tokens[at - 2].is("CONSTRAINT");
        let whole = inside.first().zip(inside.last()).map(|(a, z)| &sql[a.start..z.start + z.text.len()]);
        let name = if is_named { tokens[at - 1].unquoted() } else { whole.unwrap_or_default().to_owned() };
        rules.push(Rule {
            name,
            text: join(inside),
            columns: names.iter().filter(|name| is_among(inside, name)).cloned().collect(),
            demands: Demands::Condition,
        });
    }
    rules
}

fn is_among(tokens: &[Token<'_>], name: &str) -> bool {
    tokens.iter().any(|token| token.normal() == name.to_ascii_uppercase())
}

/// Values of other storage classes. A STRICT table refuses them.
fn unusual(kind: &Kind) -> Vec<Value> {
    match kind {
        Kind::Int { .. } => vec!["none".into(), Value::Real(1.5)],
        Kind::Decimal { .. } | Kind::Float { .. } | Kind::Bytes => vec!["none".into()],
        Kind::Date | Kind::Time | Kind::Moment => vec![Value::Int(1_700_000_000)],
        Kind::Text { .. } => vec![Value::Blob(vec![0, 255])],
        _ => Vec::new(),
    }
}

fn kind(declared: &str) -> Kind {
    let declared = declared.to_ascii_uppercase();
    let has = |word: &str| declared.contains(word);
    let whole = Kind::Int { min: i64::MIN, max: i64::MAX };
    if has("BOOL") {
        return Kind::Int { min: 0, max: 1 };
    }
    if has("UUID") || has("GUID") {
        return Kind::Uuid;
    }
    if has("JSON") {
        return Kind::Json;
    }
    if has("DATETIME") || has("TIMESTAMP") {
        return Kind::Moment;
    }
    match declared.as_str() {
        "DATE" => Kind::Date,
        "TIME" => Kind::Time,
        "" | "ANY" => Kind::Text { longest: None },
        _ if has("INT") => whole,
        _ if has("CHAR") || has("CLOB") || has("TEXT") => Kind::Text { longest: length(&declared) },
        _ if has("BLOB") => Kind::Bytes,
        _ if has("REAL") || has("FLOA") || has("DOUB") => Kind::Float { is_special: false },
        _ if has("DEC") || has("NUM") => Kind::Decimal { whole: 9, scale: 2 },
        _ => Kind::Unknown,
    }
}

/// The number in parentheses after a type.
fn length(declared: &str) -> Option<usize> {
    declared.split_once('(')?.1.split_once(')')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn finds_names_and_columns_of_checks() {
        let check = |sql: &str, expect: &[(&str, &str, &[&str])]| {
            let names = ["a".to_owned(), "b".to_owned()];
            let found = checks(sql, &names);
            let found: Vec<(&str, &str, Vec<&str>)> = found
                .iter()
                .map(|rule| (&*rule.name, &*rule.text, rule.columns.iter().map(String::as_str).collect()))
                .collect();
            let expect: Vec<_> = expect.iter().map(|(name, text, columns)| (*name, *text, columns.to_vec())).collect();
            assert_eq!(found, expect, "{sql}");
        };
        check("CREATE TABLE t (a, b)", &[]);
        check("CREATE TABLE t (a CHECK (a>0), b)", &[("a>0", "A > 0", &["a"])]);
        check(
            "CREATE TABLE t (a, b, CONSTRAINT \"both\" CHECK (([a]) < lower(b)))",
            &[("both", "( A ) < LOWER ( B )", &["a", "b"])],
        );
        check(
            "CREATE TABLE t (a CHECK (a IN ('x', 'CHECK (b)')))",
            &[("a IN ('x', 'CHECK (b)')", "A IN ( 'x' , 'CHECK (b)' )", &["a"])],
        );
        check("CREATE TABLE t (a, CONSTRAINT [\"a\"] CHECK (a > .5e-3))", &[("\"a\"", "A > .5E-3", &["a"])]);
        check("CREATE TABLE t (a, CONSTRAINT 'it''s' CHECK (a))", &[("it's", "A", &["a"])]);
        check("CREATE TABLE t (a CHECK (", &[("", "", &[])]);
    }

    #[test]
    fn derives_kinds_from_declared_types() {
        let check = |declared: &str, expect: Kind| assert_eq!(kind(declared), expect, "{declared}");
        check("integer", Kind::Int { min: i64::MIN, max: i64::MAX });
        check("BIGINT UNSIGNED", Kind::Int { min: i64::MIN, max: i64::MAX });
        check("boolean", Kind::Int { min: 0, max: 1 });
        check("VARCHAR(20)", Kind::Text { longest: Some(20) });
        check("", Kind::Text { longest: None });
        check("blob", Kind::Bytes);
        check("DOUBLE PRECISION", Kind::Float { is_special: false });
        check("DECIMAL(10, 2)", Kind::Decimal { whole: 9, scale: 2 });
        check("datetime", Kind::Moment);
    }
}
