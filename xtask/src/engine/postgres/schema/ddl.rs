//! The objects of the catalogue as statements that a person reads. The catalogue gives some as whole statements, of others only
//! what stands behind their name.

use crate::engine::Engine;
use crate::engine::lex::tokens;

/// The statement that makes an object.
pub(super) fn statement(label: &str, definition: &str) -> String {
    // What a piece of a definition would say is empty where there is nothing to say.
    let definition = definition.trim().replace("  GRANT ", " GRANT ");
    let definition = definition.as_str();
    let (kind, name) = label.split_once(' ').unwrap_or((label, ""));
    let literal = || format!("'{}'", definition.replace('\'', "''"));
    match kind {
        "column" => match name.split_once("\".\"") {
            Some((table, column)) => format!("ALTER TABLE {table}\" ADD COLUMN \"{column} {definition}"),
            None => format!("{label} {definition}"),
        },
        "constraint" => match name.rsplit_once("\" of \"") {
            Some((name, table)) => format!("ALTER TABLE \"{table} ADD CONSTRAINT {name}\" {definition}"),
            None => format!("{label} {definition}"),
        },
        "table" => match definition.strip_prefix("TABLE") {
            Some(rest) => format!("CREATE TABLE {name}{rest}"),
            None => format!("CREATE {}", definition.replacen("TABLE", &format!("TABLE {name}"), 1)),
        },
        "policy" => format!("CREATE POLICY {} {definition}", name.replacen("\" on \"", "\" ON \"", 1)),
        "view" | "materialized" => {
            format!(
                "CREATE {} AS {definition}",
                label.replacen("materialized view", "MATERIALIZED VIEW", 1).replacen("view ", "VIEW ", 1)
            )
        }
        "sequence" => format!("CREATE SEQUENCE {name} AS {definition}"),
        "type" => match definition.strip_prefix("DOMAIN ") {
            Some(rest) => format!("CREATE DOMAIN {name} AS {rest}"),
            None => format!("CREATE TYPE {name} AS {definition}"),
        },
        "extension" | "schema" => {
            let (what, rest) = definition.split_once(' ').unwrap_or((definition, ""));
            format!("CREATE {what} {name} {rest}").trim_end().to_owned()
        }
        "comment" => match name.strip_prefix("on ") {
            Some(name) if name.starts_with('"') => {
                let what = if name.contains("\".\"") { "COLUMN" } else { "TABLE" };
                format!("COMMENT ON {what} {name} IS {}", literal())
            }
            Some(name) => format!("COMMENT ON {name} IS {}", literal()),
            None => format!("{label} {definition}"),
        },
        // These are whole statements.
        "index" | "trigger" | "rule" | "statistics" | "function" | "procedure" if definition.starts_with("CREATE") => {
            definition.to_owned()
        }
        _ => format!("{label}: {definition}"),
    }
}

/// A definition with one name for the moment at which a transaction began, which has two.
pub(super) fn normal(definition: &str) -> String {
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
    fn statements() {
        let check = |label: &str, definition: &str, expect: &str| assert_eq!(statement(label, definition), expect);
        check("column \"item\".\"label\"", "text NOT NULL ", "ALTER TABLE \"item\" ADD COLUMN \"label\" text NOT NULL");
        check(
            "constraint \"item_id_check\" of \"item\"",
            "CHECK ((id > 0))",
            "ALTER TABLE \"item\" ADD CONSTRAINT \"item_id_check\" CHECK ((id > 0))",
        );
        check("table \"item\"", "TABLE ROW LEVEL SECURITY", "CREATE TABLE \"item\" ROW LEVEL SECURITY");
        check("table \"app.item\"", "UNLOGGED TABLE ", "CREATE UNLOGGED TABLE \"app.item\"");
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
        check("comment on \"item\"", "It's", "COMMENT ON TABLE \"item\" IS 'It''s'");
        check("comment on \"item\".\"id\"", "Key", "COMMENT ON COLUMN \"item\".\"id\" IS 'Key'");
        check("comment on function public.f()", "x", "COMMENT ON function public.f() IS 'x'");
        check(
            "index \"i\" on \"t\"",
            "CREATE INDEX i ON public.t USING btree (a)",
            "CREATE INDEX i ON public.t USING btree (a)",
        );
        check("aggregate total(integer)", "AGGREGATE int4pl", "aggregate total(integer): AGGREGATE int4pl");
    }

    #[test]
    fn moments() {
        let check = |one: &str, other: &str| assert_eq!(normal(one), other);
        check("DEFAULT CURRENT_TIMESTAMP", "DEFAULT now()");
        check("SELECT CURRENT_TIMESTAMP AS a, 'CURRENT_TIMESTAMP' AS b", "SELECT now() AS a, 'CURRENT_TIMESTAMP' AS b");
    }
}
