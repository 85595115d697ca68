//! The catalog of a SQLite database. Most of it is from `PRAGMA`s. Checks, collations and generated columns are only
//! in the text of `CREATE TABLE`; they are compared by its tokens, so that spacing and quoting make no difference.

use super::connection::SqliteSession;
use super::table::Table;
use crate::Engine;
use crate::lex::{Kind, Token, tokens};
use crate::{ColumnShape, Error, Kind as ValueKind, Session, Value};
use crate::{Extent, Object, Schema, TableShape, is_bookkeeping};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

struct Entry {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

async fn objects(session: &mut SqliteSession) -> Result<Vec<Entry>, Error> {
    // Shadow tables are internal to their virtual table.
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') ORDER BY name";
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

pub(crate) async fn tables(session: &mut SqliteSession) -> Result<Vec<TableShape>, Error> {
    let mut shapes = Vec::new();
    let has_rows =
        |object: &Entry| object.kind == "table" && !indexes_another(object.sql.as_deref().unwrap_or_default());
    for object in objects(session).await?.into_iter().filter(has_rows) {
        shapes.push(table(session, &object).await?.shape.clone());
    }
    Ok(shapes)
}

/// True for a full-text index of another table (`content = 'note'`), which has no rows of its own.
fn indexes_another(sql: &str) -> bool {
    let tokens = tokens(sql, Engine::Sqlite);
    let is_virtual = tokens.get(1).is_some_and(|token| token.is("VIRTUAL"));
    is_virtual && tokens.windows(2).any(|pair| pair[0].is("CONTENT") && pair[1].is("="))
}

pub(crate) async fn schema(session: &mut SqliteSession, tables: &[TableShape]) -> Result<Arc<Schema>, Error> {
    let mut schema = Schema { columns: Schema::columns_of(tables), ..Schema::default() };
    for entry in objects(session).await? {
        if entry.kind == "table" {
            let table = table(session, &entry).await?;
            schema.objects.extend(table.objects.iter().cloned());
            continue;
        }
        let sql = entry.sql.as_deref().unwrap_or_default();
        let (label, part_of) = match entry.kind.as_str() {
            "index" => (format!("index \"{}\" on \"{}\"", entry.name, entry.table), Some(entry.table)),
            "trigger" => (format!("trigger \"{}\"", entry.name), Some(entry.table)),
            kind => (format!("{kind} \"{}\"", entry.name), None),
        };
        schema.objects.insert(label, Object { definition: normal(sql), shown: shown(sql), part_of });
    }
    Ok(Arc::new(schema))
}

/// The columns of a table. Each value has its own type, whatever the type of its column.
pub(crate) async fn columns(session: &mut SqliteSession, table: &str) -> Result<Vec<ColumnShape>, Error> {
    let sql = "SELECT name, hidden > 1 FROM pragma_table_xinfo($1) WHERE hidden <> 1 ORDER BY cid";
    let rows = session.rows(sql, &[table.into()]).await?;
    let column = |row: &Vec<Value>| ColumnShape {
        name: row[0].as_text().unwrap_or_default().to_owned(),
        is_generated: row[1].as_int() == Some(1),
        kind: ValueKind::Any,
    };
    Ok(rows.iter().map(column).collect())
}

async fn table(session: &mut SqliteSession, entry: &Entry) -> Result<Arc<Table>, Error> {
    let sql = entry.sql.clone().unwrap_or_default();
    if let Some(table) = session.tables.get(&sql) {
        return Ok(Arc::clone(table));
    }
    let table = Arc::new(read(session, &entry.name, &sql).await?);
    session.tables.insert(sql, Arc::clone(&table));
    Ok(table)
}

async fn read(session: &mut SqliteSession, name: &str, sql: &str) -> Result<Table, Error> {
    let pieces = pieces(sql);
    let mut objects = Vec::new();
    let mut insert = |label: String, definition: String, shown: String| {
        objects.push((label, Object { definition, shown, part_of: Some(name.to_owned()) }));
    };
    let mut shape = TableShape {
        name: name.to_owned(),
        columns: Vec::new(),
        key: Vec::new(),
        types: BTreeMap::new(),
        generated: BTreeSet::new(),
        extent: Extent::Own,
    };
    let mut key = Vec::new();

    let columns = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo($1) ORDER BY cid";
    for row in session.rows(columns, &[name.into()]).await? {
        let column = row[0].as_text().unwrap_or_default().to_owned();
        let kind = row[1].as_text().unwrap_or_default();
        let mut definition = kind.to_ascii_uppercase();
        if row[2] != Value::Int(0) {
            definition.push_str(" NOT NULL");
        }
        if let Value::Text(default) = &row[3] {
            let _ = write!(definition, " DEFAULT {}", default_of(default));
        }
        if row[4] != Value::Int(0) {
            let _ = write!(definition, " PRIMARY KEY {}", row[4]);
            key.push((row[4].as_int(), column.clone()));
        }
        let mut text = format!("\"{column}\" {definition}");
        if let Some(piece) =
            pieces.iter().find(|piece| piece.first().is_some_and(|first| first.normal() == column.to_ascii_uppercase()))
        {
            definition.push_str(&extras(piece));
            text = shown_tokens(sql, piece);
        }
        let label = format!("column \"{name}\".\"{column}\"");
        insert(
            label,
            definition.trim().to_owned(),
            format!("ALTER TABLE \"{name}\" ADD COLUMN {text}").trim().to_owned(),
        );
        // `hidden` is 1 for the columns of a virtual table that `SELECT *` omits, 2 and 3 for generated columns.
        if row[5] != Value::Int(1) {
            shape.types.insert(column.clone(), kind.to_owned());
            shape.generated.extend((row[5] != Value::Int(0)).then(|| column.clone()));
            shape.columns.push(column);
        }
    }
    key.sort();
    shape.key = key.into_iter().map(|(_, column)| column).collect();

    let keys = "SELECT id, \"table\", group_concat(\"from\", ', '), group_concat(coalesce(\"to\", ''), ', '), on_update, on_delete \
                FROM (SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq) GROUP BY id";
    for row in session.rows(keys, &[name.into()]).await? {
        let label = format!("foreign key of \"{name}\" ({}) to \"{}\"", row[2], row[1]);
        let rest = format!("({}) on update {} on delete {}", row[3], row[4], row[5]);
        let to = if row[3] == Value::Text(String::new()) { String::new() } else { format!(" ({})", row[3]) };
        let does = |what: &str, action: &Value| match action.as_text() {
            Some("NO ACTION") | None => String::new(),
            Some(action) => format!(" ON {what} {action}"),
        };
        let (update, delete) = (does("UPDATE", &row[4]), does("DELETE", &row[5]));
        let statement = format!(
            "ALTER TABLE \"{name}\" ADD FOREIGN KEY ({}) REFERENCES \"{}\"{to}{update}{delete}",
            row[2], row[1]
        );
        insert(label, rest, statement);
    }

    // Indexes of UNIQUE constraints have generated names, so the label contains their columns.
    let unique = "SELECT l.name, (SELECT group_concat(i.name, ', ') FROM pragma_index_info(l.name) i) \
                  FROM pragma_index_list($1) l WHERE l.origin = 'u'";
    for row in session.rows(unique, &[name.into()]).await? {
        let label = format!("unique constraint of \"{name}\" ({})", row[1]);
        insert(label, "UNIQUE".to_owned(), format!("ALTER TABLE \"{name}\" ADD UNIQUE ({})", row[1]));
    }

    for check in pieces.iter().flat_map(|piece| after_keyword(piece, "CHECK")) {
        let label = format!("check of \"{name}\" {}", join(check));
        insert(label, "CHECK".to_owned(), format!("ALTER TABLE \"{name}\" ADD CHECK {}", shown_tokens(sql, check)));
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
    let statement = if definition.starts_with("virtual") {
        definition = normal(sql);
        shown(sql)
    } else {
        format!("CREATE TABLE \"{name}\"{}", definition.strip_prefix("table").unwrap_or_default())
    };
    objects.push((Schema::table_label(name), Object { definition, shown: statement, part_of: None }));
    Ok(Table { shape, objects })
}

/// A default in normal form: the current time has several spellings.
fn default_of(default: &str) -> String {
    let default = normal(default);
    let bare = default.strip_prefix("( ").and_then(|inner| inner.strip_suffix(" )")).unwrap_or(&default);
    if bare == "DATETIME ( 'now' )" { "CURRENT_TIMESTAMP".to_owned() } else { default }
}

/// The column definitions and constraints of a `CREATE TABLE`, split at its commas.
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

/// The collation and the generation expression of a column.
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
        let _ = write!(extras, " AS {}{stored}", join(expression));
    }
    extras
}

/// Each parenthesized expression that follows `keyword`.
fn after_keyword<'p, 's>(piece: &'p [Token<'s>], keyword: &str) -> Vec<&'p [Token<'s>]> {
    let mut found = Vec::new();
    for (i, token) in piece.iter().enumerate() {
        if token.is(keyword) && piece.get(i + 1).is_some_and(|next| next.is("(")) {
            let mut depth = 0;
            let end = piece[i + 1..].iter().position(|token| {
                depth += i32::from(token.is("(")) - i32::from(token.is(")"));
                depth == 0
            });
            let end = end.map_or(piece.len(), |n| i + 1 + n + 1);
            found.push(&piece[i + 1..end]);
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

/// A statement for messages: as written, on one line and without comments.
fn shown(sql: &str) -> String {
    let tokens: Vec<_> = tokens(sql, Engine::Sqlite).into_iter().filter(|token| token.kind != Kind::Comment).collect();
    shown_tokens(sql, &tokens)
}

fn shown_tokens(sql: &str, tokens: &[Token<'_>]) -> String {
    let mut shown = String::new();
    let mut end = tokens.first().map_or(0, |first| first.start);
    for token in tokens {
        if sql[end..token.start].contains(char::is_whitespace) {
            shown.push(' ');
        }
        shown.push_str(token.text);
        end = token.start + token.text.len();
    }
    shown
}
