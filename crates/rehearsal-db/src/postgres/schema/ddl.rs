//! The objects of the catalog as readable statements. The catalog contains some as whole statements, others only as
//! the part after their name.

use super::casts;
use crate::Engine;
use crate::lex::tokens;

/// The statement that creates an object.
pub(super) fn statement(label: &str, definition: &str) -> String {
    let definition = definition.trim();
    let (kind, name) = label.split_once(' ').unwrap_or((label, ""));
    // Labels contain a table as the library names it, with its schema inside the same quotes.
    fn bare(name: &str) -> &str {
        let name = name.strip_prefix('"').unwrap_or(name);
        name.strip_suffix('"').unwrap_or(name)
    }
    let named = |name: &str| Engine::Postgres.quote_table(bare(name));
    let quoted = |name: &str| Engine::Postgres.quote(bare(name));
    match kind {
        "column" => match name.split_once("\".\"") {
            Some((table, column)) => format!("ALTER TABLE {} ADD COLUMN {} {definition}", named(table), quoted(column)),
            None => format!("{label} {definition}"),
        },
        "constraint" => match name.rsplit_once("\" of \"") {
            Some((name, table)) => format!("ALTER TABLE {} ADD CONSTRAINT {} {definition}", named(table), quoted(name)),
            None => format!("{label} {definition}"),
        },
        "table" => match definition.strip_prefix("TABLE") {
            Some(rest) => format!("CREATE TABLE {}{rest}", named(name)),
            None => format!("CREATE {}", definition.replacen("TABLE", &format!("TABLE {}", named(name)), 1)),
        },
        "policy" => match name.split_once("\" on \"") {
            Some((name, table)) => format!("CREATE POLICY {} ON {} {definition}", quoted(name), named(table)),
            None => format!("{label} {definition}"),
        },
        "view" => format!("CREATE VIEW {} AS {definition}", named(name)),
        "materialized" => {
            format!("CREATE MATERIALIZED VIEW {} AS {definition}", named(name.trim_start_matches("view ")))
        }
        "sequence" => match definition.strip_prefix("UNLOGGED ") {
            Some(rest) => format!("CREATE UNLOGGED SEQUENCE {} AS {rest}", named(name)),
            None => format!("CREATE SEQUENCE {} AS {definition}", named(name)),
        },
        "type" => match definition.strip_prefix("DOMAIN ") {
            Some(rest) => format!("CREATE DOMAIN {} AS {rest}", named(name)),
            None => format!("CREATE TYPE {} AS {definition}", named(name)),
        },
        "extension" | "schema" => {
            let (what, rest) = definition.split_once(' ').unwrap_or((definition, ""));
            format!("CREATE {what} {name} {rest}").trim_end().to_owned()
        }
        "settings" => format!("{label}: {definition}"),
        // All others are already whole statements.
        _ => definition.to_owned(),
    }
}

/// A definition in normal form: without what the server writes in several ways for the same object.
pub(super) fn normal(label: &str, definition: &str) -> String {
    let is_constraint = label.starts_with("constraint ") && !definition.starts_with("FOREIGN KEY");
    let has_condition = label.starts_with("index ") || is_constraint;
    let definition = single_time(definition);
    if has_condition { casts::without_text_casts(&definition) } else { definition }
}

/// A definition with a single name for the start of the transaction, which has two names.
fn single_time(definition: &str) -> String {
    const NAME: &str = "CURRENT_TIMESTAMP";
    if !definition.contains(NAME) {
        return definition.to_owned();
    }
    let mut normal = String::with_capacity(definition.len());
    let mut done = 0;
    for token in tokens(definition, Engine::Postgres).into_iter().filter(|token| token.is(NAME)) {
        normal.push_str(&definition[done..token.start]);
        normal.push_str("now()");
        done = token.start + token.text.len();
    }
    normal.push_str(&definition[done..]);
    normal
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn writes_statements() {
        let check = |label: &str, definition: &str, expect: &str| assert_eq!(statement(label, definition), expect);
        check("column \"item\".\"label\"", "text NOT NULL ", "ALTER TABLE \"item\" ADD COLUMN \"label\" text NOT NULL");
        check(
            "constraint \"item_id_check\" of \"item\"",
            "CHECK ((id > 0))",
            "ALTER TABLE \"item\" ADD CONSTRAINT \"item_id_check\" CHECK ((id > 0))",
        );
        check("table \"item\"", "TABLE INHERITS (thing)", "CREATE TABLE \"item\" INHERITS (thing)");
        check("table \"app.item\"", "UNLOGGED TABLE ", "CREATE UNLOGGED TABLE \"app\".\"item\"");
        check("column \"app.item\".\"n\"", "integer", "ALTER TABLE \"app\".\"item\" ADD COLUMN \"n\" integer");
        check(
            "policy \"mine\" on \"item\"",
            "PERMISSIVE r USING (id > 0)",
            "CREATE POLICY \"mine\" ON \"item\" PERMISSIVE r USING (id > 0)",
        );
        check("view \"v\"", " SELECT 1;", "CREATE VIEW \"v\" AS SELECT 1;");
        check("materialized view \"v\"", " SELECT 1;", "CREATE MATERIALIZED VIEW \"v\" AS SELECT 1;");
        check("sequence \"s\"", "bigint START 1", "CREATE SEQUENCE \"s\" AS bigint START 1");
        check("type \"size\"", "ENUM 'small', 'large'", "CREATE TYPE \"size\" AS ENUM 'small', 'large'");
        check("type \"word\"", "DOMAIN text", "CREATE DOMAIN \"word\" AS text");
        check("extension \"hstore\"", "EXTENSION 1.8 SCHEMA public", "CREATE EXTENSION \"hstore\" 1.8 SCHEMA public");
        check("schema \"app\"", "SCHEMA", "CREATE SCHEMA \"app\"");
        check(
            "index \"i\" on \"t\"",
            "CREATE INDEX i ON public.t USING btree (a)",
            "CREATE INDEX i ON public.t USING btree (a)",
        );
        check("rights on \"item\"", "GRANT SELECT ON item TO PUBLIC", "GRANT SELECT ON item TO PUBLIC");
    }

    #[test]
    fn unifies_names_of_the_current_time() {
        let check = |one: &str, other: &str| assert_eq!(single_time(one), other);
        check("DEFAULT CURRENT_TIMESTAMP", "DEFAULT now()");
        check("SELECT CURRENT_TIMESTAMP AS a, 'CURRENT_TIMESTAMP' AS b", "SELECT now() AS a, 'CURRENT_TIMESTAMP' AS b");
    }
}
