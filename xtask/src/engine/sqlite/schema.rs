//! The catalogue of a SQLite database. What `PRAGMA`s tell is taken from them; what only the text of `CREATE TABLE` tells
//! (checks, collations, generated columns) is taken from its tokens, so that spacing and quoting make no difference.

use super::session::Session;
use crate::engine::Engine;
use crate::engine::lex::{Kind, Token, tokens};
use crate::engine::{Error, Value};
use crate::engine::{Object, Schema, TableShape, is_bookkeeping};
use std::fmt::Write;

struct Entry {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

async fn objects(session: &mut Session) -> Result<Vec<Entry>, Error> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let rows = session.rows(sql, &[]).await?;
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let objects = rows.iter().map(|row| Entry {
        kind: text(&row[0]),
        name: text(&row[1]),
        table: text(&row[2]),
        sql: row[3].as_text().map(ToOwned::to_owned),
    });
    Ok(objects.filter(|object| !is_bookkeeping(&object.table)).collect())
}

pub(crate) async fn tables(session: &mut Session) -> Result<Vec<TableShape>, Error> {
    let mut shapes = Vec::new();
    for object in objects(session).await?.into_iter().filter(|object| object.kind == "table") {
        shapes.push(shape(session, object.name).await?);
    }
    Ok(shapes)
}

async fn shape(session: &mut Session, name: String) -> Result<TableShape, Error> {
    // `hidden` is 1 for the columns of a virtual table that `SELECT *` does not show.
    let sql = "SELECT name, pk FROM pragma_table_xinfo($1) WHERE hidden <> 1 ORDER BY cid";
    let rows = session.rows(sql, &[name.as_str().into()]).await?;
    let named = |row: &Vec<Value>| row[0].as_text().unwrap_or_default().to_owned();
    let mut key: Vec<_> =
        rows.iter().filter(|row| row[1] != Value::Int(0)).map(|row| (row[1].as_int(), named(row))).collect();
    key.sort();
    Ok(TableShape {
        name,
        columns: rows.iter().map(named).collect(),
        key: key.into_iter().map(|(_, name)| name).collect(),
    })
}

pub(crate) async fn schema(session: &mut Session) -> Result<Schema, Error> {
    let mut schema = Schema::default();
    for object in objects(session).await? {
        let name = format!("\"{}\"", object.name);
        match object.kind.as_str() {
            "table" => table(session, &object, &mut schema).await?,
            "index" => {
                let label = format!("index {name} on \"{}\"", object.table);
                let definition = object.sql.as_deref().map(normal).unwrap_or_default();
                schema.objects.insert(label, Object { definition, part_of: Some(object.table.clone()) });
            }
            kind => {
                let definition = object.sql.as_deref().map(normal).unwrap_or_default();
                let part_of = (kind == "trigger").then(|| object.table.clone());
                schema.objects.insert(format!("{kind} {name}"), Object { definition, part_of });
            }
        }
    }
    Ok(schema)
}

async fn table(session: &mut Session, object: &Entry, schema: &mut Schema) -> Result<(), Error> {
    let name = object.name.as_str();
    let sql = object.sql.as_deref().unwrap_or_default();
    let pieces = pieces(sql);
    let insert = |schema: &mut Schema, label: String, definition: String| {
        schema.objects.insert(label, Object { definition, part_of: Some(object.name.clone()) });
    };
    let mut order = Vec::new();

    let columns = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo($1) ORDER BY cid";
    for row in session.rows(columns, &[name.into()]).await? {
        let column = row[0].as_text().unwrap_or_default().to_owned();
        let mut definition = row[1].as_text().unwrap_or_default().to_ascii_uppercase();
        if row[2] != Value::Int(0) {
            definition.push_str(" NOT NULL");
        }
        if let Value::Text(default) = &row[3] {
            let _ = write!(definition, " DEFAULT {}", normal(default));
        }
        if row[4] != Value::Int(0) {
            let _ = write!(definition, " PRIMARY KEY {}", row[4]);
        }
        if let Some(piece) =
            pieces.iter().find(|piece| piece.first().is_some_and(|first| first.normal() == column.to_ascii_uppercase()))
        {
            definition.push_str(&extras(piece));
        }
        insert(schema, format!("column \"{name}\".\"{column}\""), definition.trim().to_owned());
        order.push(column);
    }

    let keys = "SELECT id, \"table\", group_concat(\"from\", ', '), group_concat(coalesce(\"to\", ''), ', '), on_update, on_delete \
                FROM (SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq) GROUP BY id";
    for row in session.rows(keys, &[name.into()]).await? {
        let label = format!("foreign key of \"{name}\" ({}) to \"{}\"", row[2], row[1]);
        insert(schema, label, format!("({}) on update {} on delete {}", row[3], row[4], row[5]));
    }

    // Indexes that a UNIQUE constraint made have no name of their own; their columns name them.
    let unique = "SELECT l.name, (SELECT group_concat(i.name, ', ') FROM pragma_index_info(l.name) i) \
                  FROM pragma_index_list($1) l WHERE l.origin = 'u'";
    for row in session.rows(unique, &[name.into()]).await? {
        insert(schema, format!("unique constraint of \"{name}\" ({})", row[1]), "UNIQUE".to_owned());
    }

    for check in pieces.iter().flat_map(|piece| after_keyword(piece, "CHECK")) {
        insert(schema, format!("check of \"{name}\" {check}"), "CHECK".to_owned());
    }
    let options = "SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = $1";
    let mut definition = String::new();
    for row in session.rows(options, &[name.into()]).await? {
        definition = row[0].to_string();
        if row[1] != Value::Int(0) {
            definition.push_str(" WITHOUT ROWID");
        }
        if row[2] != Value::Int(0) {
            definition.push_str(" STRICT");
        }
    }
    if pieces.iter().flatten().any(|token| token.is("AUTOINCREMENT")) {
        definition.push_str(" AUTOINCREMENT");
    }
    if definition.starts_with("virtual") {
        definition = normal(sql);
    }
    schema.objects.insert(Schema::table_label(name), Object { definition, part_of: None });
    schema.columns.insert(name.to_owned(), order);
    Ok(())
}

/// The column definitions and constraints of a `CREATE TABLE`: what stands between its commas.
fn pieces(sql: &str) -> Vec<Vec<Token<'_>>> {
    let mut depth = 0;
    let mut pieces = vec![Vec::new()];
    for token in tokens(sql, Engine::Sqlite).into_iter().filter(|token| token.kind != Kind::Comment) {
        if token.is(")") {
            depth -= 1;
        }
        match (depth, token.text) {
            (1, ",") if token.kind == Kind::Punct => pieces.push(Vec::new()),
            (1.., _) => {
                if let Some(piece) = pieces.last_mut() {
                    piece.push(token);
                }
            }
            _ => {}
        }
        if token.is("(") {
            depth += 1;
        }
    }
    pieces
}

/// The collation and the generating expression of a column.
fn extras(piece: &[Token<'_>]) -> String {
    let mut extras = String::new();
    for (i, token) in piece.iter().enumerate() {
        if token.is("COLLATE")
            && let Some(name) = piece.get(i + 1)
        {
            let _ = write!(extras, " COLLATE {}", name.normal());
        }
    }
    for expression in after_keyword(piece, "AS") {
        let stored = if piece.iter().any(|token| token.is("STORED")) { " STORED" } else { "" };
        let _ = write!(extras, " AS {expression}{stored}");
    }
    extras
}

/// Each parenthesis that follows `keyword`, in normal form.
fn after_keyword(piece: &[Token<'_>], keyword: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, token) in piece.iter().enumerate() {
        if token.is(keyword) && piece.get(i + 1).is_some_and(|next| next.is("(")) {
            let mut depth = 0;
            let end = piece[i + 1..].iter().position(|token| {
                depth += i32::from(token.is("(")) - i32::from(token.is(")"));
                depth == 0
            });
            let end = end.map_or(piece.len(), |n| i + 1 + n + 1);
            found.push(join(&piece[i + 1..end]));
        }
    }
    found
}

fn normal(sql: &str) -> String {
    join(
        &tokens(sql, Engine::Sqlite)
            .into_iter()
            .filter(|token| token.kind != Kind::Comment && !token.is(";"))
            .collect::<Vec<_>>(),
    )
}

pub(super) fn join(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(Token::normal).collect::<Vec<_>>().join(" ")
}
