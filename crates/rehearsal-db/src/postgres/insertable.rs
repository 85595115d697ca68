//! The [`InsertableTable`]s of a PostgreSQL database, from its catalog. Types are resolved down to their base types.

use super::connection::PostgresSession;
use super::schema::{OURS, of_the_user, table};
use super::types::{TypeRow, kind};
use crate::insertable::{Default, Demands, Field, InsertableTable, Reference, Rule};
use crate::{Engine, Error, is_bookkeeping, lex};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) async fn insertable_tables(session: &mut PostgresSession) -> Result<Vec<InsertableTable>, Error> {
    let types: Vec<TypeRow> = read(session, TYPES).await?;
    let types: BTreeMap<i64, TypeRow> = types.into_iter().map(|row| (row.oid, row)).collect();
    let tables: Vec<Table> = read(session, &TABLES).await?;
    let tables = tables.into_iter().filter(|table| !is_bookkeeping(&table.name)).map(|table| insertable(table, &types));
    Ok(tables.collect())
}

/// Types: those of extensions and of the user, and the used ones of the server.
const TYPES: &str = "SELECT json_build_object('oid', t.oid::int8, 'name', t.typname, 'class', t.typtype, \
     'element', CASE WHEN t.typcategory = 'A' THEN t.typelem::int8 ELSE 0 END, \
     'base', t.typbasetype::int8, 'modifier', t.typtypmod, 'required', t.typnotnull, \
     'subtype', coalesce((SELECT r.rngsubtype::int8 FROM pg_range r WHERE r.rngtypid = t.oid), 0), \
     'labels', coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '[]'), \
     'members', coalesce((SELECT json_agg(json_build_array(a.atttypid::int8, a.atttypmod) ORDER BY a.attnum) FROM pg_attribute a \
        WHERE c.relkind = 'c' AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'), \
     'checks', coalesce((SELECT json_agg(json_build_array(k.conname, pg_get_constraintdef(k.oid))) FROM pg_constraint k \
        WHERE k.contypid = t.oid AND k.contype = 'c'), '[]'))::text \
     FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid \
     WHERE t.typtype <> 'p' AND (t.typtype <> 'c' OR c.relkind = 'c') AND (t.oid >= 16384 \
       OR t.oid IN (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid >= 16384) \
       OR t.oid IN (SELECT e.typelem FROM pg_attribute a JOIN pg_type e ON e.oid = a.atttypid WHERE a.attrelid >= 16384) \
       OR t.oid IN (SELECT d.typbasetype FROM pg_type d WHERE d.oid >= 16384) \
       OR t.oid IN (SELECT e.typelem FROM pg_type d JOIN pg_type e ON e.oid = d.typbasetype WHERE d.oid >= 16384) \
       OR t.oid IN (SELECT r.rngsubtype FROM pg_range r))";

#[derive(Deserialize)]
struct Table {
    name: String,
    fields: Vec<Column>,
    constraints: Vec<Constraint>,
    /// Name and definition of each index that is unique or uses an expression.
    indexes: Vec<(String, String)>,
    /// Whether it has triggers of the user.
    triggers: bool,
    /// The key of a partitioned table, and the bounds of its partitions.
    parts: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    type_oid: i64,
    modifier: i32,
    written: String,
    required: bool,
    default: Option<String>,
    identity: String,
    generated: bool,
}

#[derive(Deserialize)]
struct Constraint {
    name: String,
    kind: String,
    text: String,
    columns: Vec<String>,
    table: Option<String>,
    target: Vec<String>,
}

static TABLES: LazyLock<String> = LazyLock::new(|| {
    let names = |numbers: &str, relation: &str| {
        format!(
            "coalesce((SELECT json_agg(a.attname ORDER BY o.place) FROM unnest({numbers}) WITH ORDINALITY o (number, place) \
             JOIN pg_attribute a ON a.attrelid = {relation} AND a.attnum = o.number), '[]')"
        )
    };
    format!(
        "SELECT json_build_object('name', {table}, \
         'fields', coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type_oid', a.atttypid::int8, 'modifier', a.atttypmod, \
            'written', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid), \
            'identity', a.attidentity, 'generated', a.attgenerated <> '') ORDER BY a.attnum) \
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]'), \
         'constraints', coalesce((SELECT json_agg(json_build_object('name', k.conname, 'kind', k.contype, \
            'text', pg_get_constraintdef(k.oid), 'columns', {columns}, \
            'table', (SELECT {other} FROM pg_class oc JOIN pg_namespace oc_n ON oc_n.oid = oc.relnamespace WHERE oc.oid = k.confrelid), \
            'target', {target}) ORDER BY k.conname) FROM pg_constraint k \
            WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'x', 'p', 'u') AND k.conparentid = 0), '[]'), \
         'indexes', coalesce((SELECT json_agg(json_build_array(ic.relname, pg_get_indexdef(ic.oid)) ORDER BY ic.relname) \
            FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND (i.indisunique OR i.indexprs IS NOT NULL)), '[]'), \
         'triggers', EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal), \
         'parts', (SELECT pg_get_partkeydef(c.oid) || ' ' || string_agg(pg_get_expr(pc.relpartbound, pc.oid), ' ' ORDER BY pc.relname) \
            FROM pg_inherits h JOIN pg_class pc ON pc.oid = h.inhrelid WHERE h.inhparent = c.oid AND c.relkind = 'p'))::text \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {OURS} AND {} ORDER BY 1",
        of_the_user("pg_class", "c.oid"),
        table = table("n", "c"),
        columns = names("k.conkey", "k.conrelid"),
        other = table("oc_n", "oc"),
        target = names("k.confkey", "k.confrelid"),
    )
});

/// The rows of a query that returns JSON.
async fn read<T: DeserializeOwned>(session: &mut PostgresSession, sql: &'static str) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    for row in session.known(sql).await? {
        let text = row.first().and_then(|value| value.as_text()).unwrap_or_default();
        let why = |error: serde_json::Error| format!("cannot read the catalog: {error}");
        all.push(serde_json::from_str(text).map_err(|error| Error::Statement { why: why(error), position: None })?);
    }
    Ok(all)
}

fn insertable(table: Table, types: &BTreeMap<i64, TypeRow>) -> InsertableTable {
    let names: Vec<String> = table.fields.iter().map(|column| column.name.clone()).collect();
    let mut rules: Vec<Rule> = Vec::new();
    let mut references = Vec::new();
    for constraint in table.constraints {
        match (constraint.kind.as_str(), constraint.table) {
            ("f", Some(table)) => {
                references.push(Reference { columns: constraint.columns, table, target: constraint.target });
            }
            _ => rules.push(rule(constraint.name, constraint.text, constraint.columns)),
        }
    }
    for (name, text) in table.indexes {
        if !rules.iter().any(|rule| rule.name == name) {
            let columns = mentioned(&text, &names);
            rules.push(rule(name, text, columns));
        }
    }
    let is_key =
        |column: &String| rules.iter().any(|rule| rule.demands == Demands::Unique && rule.columns.contains(column));
    let keys: Vec<bool> = names.iter().map(is_key).collect();
    if let Some(text) = table.parts {
        let columns = mentioned(&text, &names);
        rules.push(rule("partition".to_owned(), text, columns));
    }
    let mut fields = Vec::new();
    for (column, is_key) in table.fields.into_iter().zip(keys) {
        let mut is_nullable = !column.required;
        for (name, text, forbids_null) in domains(column.type_oid, types) {
            is_nullable &= !forbids_null;
            // In a domain's check the column is called VALUE.
            rules.extend(text.map(|text| rule(name, text, vec![column.name.clone()])));
        }
        if column.generated {
            if let Some(text) = column.default {
                let columns = mentioned(&text, &names);
                rules.push(rule(column.name, text, columns));
            }
            continue;
        }
        let default = match (column.identity.as_str(), &column.default) {
            ("a", _) => Default::Numbered,
            ("d", _) => Default::Computed,
            (_, None) => Default::Nothing,
            (_, Some(text)) if text.starts_with("NULL") => Default::Nothing,
            (_, Some(text)) if text.contains('(') || text.starts_with("CURRENT") => Default::Computed,
            _ => Default::Constant,
        };
        let kind = kind(column.type_oid, column.modifier, types);
        fields.push(Field {
            name: column.name,
            kind,
            written: column.written,
            is_nullable,
            is_key,
            default,
            unusual: Vec::new(),
        });
    }
    InsertableTable { name: table.name, fields, references, rules, has_triggers: table.triggers }
}

fn rule(name: String, text: String, columns: Vec<String>) -> Rule {
    let is_unique = ["PRIMARY KEY", "UNIQUE", "CREATE UNIQUE"].iter().any(|word| text.starts_with(word));
    Rule { name, text, columns, demands: if is_unique { Demands::Unique } else { Demands::Condition } }
}

/// The columns whose names appear in a definition.
pub(super) fn mentioned(text: &str, names: &[String]) -> Vec<String> {
    let tokens = lex::tokens(text, Engine::Postgres);
    let is_there = |name: &&String| tokens.iter().any(|token| token.normal() == name.to_ascii_uppercase());
    names.iter().filter(is_there).cloned().collect()
}

/// The domains of a type: the name and the definition of each check, and whether the domain forbids NULL.
fn domains(oid: i64, types: &BTreeMap<i64, TypeRow>) -> Vec<(String, Option<String>, bool)> {
    let mut found = Vec::new();
    let mut next = types.get(&oid);
    while let Some(row) = next.filter(|row| row.base != 0) {
        found.push((row.name.clone(), None, row.required));
        found.extend(row.checks.iter().map(|(name, text)| (name.clone(), Some(text.clone()), row.required)));
        next = types.get(&row.base);
    }
    found
}
