//! Derives values for a column from the literals in the rules of its table: the items of a list, the bounds of a
//! number, the length of a text, and texts that match a pattern. The entry point is [`hints`].

use super::pattern::{of_glob, of_like, of_regex};
use super::values::of_length;
use rehearsal_db::insertable::{Demands, Field, InsertableTable, Kind, Rule};
use rehearsal_db::lex::{self, Token, tokens};
use rehearsal_db::{Engine, Value};

/// The longest text that is generated for a length in a check, in characters.
const LONGEST: i64 = 4096;

/// Values that the rules of a table suggest for a column.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hints {
    /// Literal values, which are preferred to all others.
    pub(super) named: Vec<Value>,
    /// Values near a literal.
    pub(super) near: Vec<Value>,
}

/// Returns the values that the rules suggest for a column.
pub(super) fn hints(engine: Engine, field: &Field, rules: &[Rule]) -> Hints {
    let mut hints = Hints::default();
    let mut paths: Vec<Vec<String>> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.columns.contains(&field.name)) {
        let tokens: Vec<Token<'_>> = tokens(&rule.text, engine);
        let mut last: Option<String> = None;
        let mut path: Vec<String> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let name = token.normal();
            let is_column = |column: &&String| column.to_ascii_uppercase() == name;
            if matches!(token.kind, lex::Kind::Word | lex::Kind::Quoted) {
                if name == "VALUE" {
                    last = Some(field.name.clone());
                } else if let Some(column) = rule.columns.iter().find(is_column) {
                    last = Some(column.clone());
                    path.clear();
                }
            }
            // A literal before the first column belongs to that column.
            let is_meant = last.as_ref().or(rule.columns.first()) == Some(&field.name);
            if is_meant && token.kind == lex::Kind::String && takes_json(&field.kind) && follow(&tokens, at, &mut path)
            {
                paths.push(path.clone());
            } else if is_meant {
                take(&tokens, at, &rule.text, field, &mut hints);
            }
        }
    }
    if !paths.is_empty() {
        hints.named.splice(0..0, (1..=8).map(|leaf| object(&paths, leaf)));
    }
    for values in [&mut hints.named, &mut hints.near] {
        let mut seen: Vec<Value> = Vec::new();
        values.retain(|value| {
            !seen.contains(value) && {
                seen.push(value.clone());
                true
            }
        });
    }
    hints
}

/// Returns the values that the statements of a script suggest for a column: the literals with which they compare it. If there
/// are none, the literals that fit it, such as the keys that the script inserts.
pub(super) fn of_script(engine: Engine, table: &InsertableTable, field: &Field, sql: &str) -> Vec<Value> {
    let statements = lex::statements(sql, engine);
    let about = statements.iter().filter(|statement| engine.names_table(statement.text, &table.name));
    let text = about.map(|statement| statement.text).collect::<Vec<_>>().join(";\n");
    let columns: Vec<String> = table.fields.iter().map(|field| field.name.clone()).collect();
    let rule = Rule { name: String::new(), text, columns, demands: Demands::Condition };
    let mut found = hints(engine, field, std::slice::from_ref(&rule));
    if found == Hints::default() {
        let tokens = tokens(&rule.text, engine);
        (0..tokens.len()).for_each(|at| take(&tokens, at, &rule.text, field, &mut found));
    }
    let mut values: Vec<Value> = Vec::new();
    for value in found.named.into_iter().chain(found.near) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

fn takes_json(kind: &Kind) -> bool {
    matches!(kind, Kind::Json | Kind::Text { .. })
}

/// Extends or replaces a JSON path by the literal at position `at`: `'$.a.b'` or `-> 'a' ->> 'b'`. Returns false if
/// the literal is not part of a path.
fn follow(tokens: &[Token<'_>], at: usize, path: &mut Vec<String>) -> bool {
    let text = tokens[at].unquoted();
    if let Some(whole) = text.strip_prefix("$.") {
        *path = whole.split('.').map(|key| key.trim_matches('"').to_owned()).collect();
        return path.iter().all(|key| !key.is_empty() && !key.contains(['[', '*', '?']));
    }
    let before: Vec<&str> = tokens[..at].iter().rev().take(3).map(|token| token.text).collect();
    let is_arrow = matches!(before.as_slice(), [">", "-", ..] | [">", ">", "-"]);
    if is_arrow {
        path.push(text);
    }
    is_arrow
}

/// Returns JSON in which each path leads to the number `leaf`.
fn object(paths: &[Vec<String>], leaf: u64) -> Value {
    let mut whole = serde_json::Value::Object(serde_json::Map::new());
    for path in paths {
        let mut at = &mut whole;
        for key in path {
            if !at.is_object() {
                *at = serde_json::Value::Object(serde_json::Map::new());
            }
            at = &mut at[key.as_str()];
        }
        if at.is_null() {
            *at = leaf.into();
        }
    }
    whole.to_string().into()
}

/// Adds the values that the token at position `at` suggests.
fn take(tokens: &[Token<'_>], at: usize, rule: &str, field: &Field, hints: &mut Hints) {
    let token = &tokens[at];
    let before = |n: usize| at.checked_sub(n).and_then(|at| tokens.get(at));
    let is_before = |n: usize, word: &str| before(n).is_some_and(|token| token.is(word));
    match token.kind {
        lex::Kind::String => {
            let text = token.unquoted();
            let is_not = is_before(1, ">") && is_before(2, "<") || is_before(1, "=") && is_before(2, "!");
            let is_like = is_before(1, "LIKE") || is_before(1, "~") && is_before(2, "~");
            let is_regex = is_before(1, "~") || is_before(1, "REGEXP") || is_before(1, "*") && is_before(2, "~");
            match &field.kind {
                _ if is_not => {}
                Kind::Int { .. } => {
                    if let Ok(n) = text.parse() {
                        near(n, field, hints);
                    }
                }
                Kind::Json => hints.named.extend(json(&text)),
                Kind::Text { .. } | Kind::Unknown if is_like => hints.named.extend(variants(&of_like(&text))),
                Kind::Text { .. } | Kind::Unknown if is_before(1, "GLOB") => {
                    hints.named.extend(variants(&of_glob(&text)));
                }
                Kind::Text { .. } | Kind::Unknown if is_regex => hints.named.extend(variants(&of_regex(&text))),
                Kind::Text { .. } if rule.to_ascii_uppercase().contains("JSON_TYPE") && !text.starts_with('$') => {
                    hints.named.extend(json(&text));
                }
                Kind::Text { .. } | Kind::Unknown if text.is_empty() => hints.near.push(text.into()),
                Kind::Uuid | Kind::Bytes | Kind::List { .. } | Kind::Record(_) => {}
                _ => hints.named.push(text.into()),
            }
        }
        lex::Kind::Word if token.is("JSON_VALID") => hints.named.extend(["{\"n\": 1}", "[]", "{}"].map(Value::from)),
        lex::Kind::Word if token.text.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            let is_negative = is_before(1, "-") && !before(2).is_some_and(|token| token.is(")"));
            let whole = token.text.split('.').next().filter(|whole| !whole.is_empty()).unwrap_or("0");
            if let Ok(n) = whole.parse::<i64>() {
                near(if is_negative { -n } else { n }, field, hints);
            }
        }
        _ => {}
    }
}

/// Adds numbers near a bound, or texts and lists of about that length.
fn near(n: i64, field: &Field, hints: &mut Hints) {
    match &field.kind {
        Kind::Int { min, max } => {
            let nearby = [1, 0, -1, 2, 10].map(|by| n.saturating_add(by));
            hints.near.extend(nearby.into_iter().filter(|n| (min..=max).contains(&n)).map(Value::Int));
        }
        Kind::Decimal { .. } | Kind::Float { .. } => {
            hints.near.extend([n.saturating_add(1), n, n.saturating_sub(1)].map(Value::Int));
        }
        kind if (0..=LONGEST).contains(&n) => {
            for length in [n, n - 1, n + 1].into_iter().filter_map(|length| usize::try_from(length).ok()) {
                hints.near.extend((1..=8).filter_map(|number| of_length(kind, length, number)));
            }
        }
        _ => {}
    }
}

/// Returns a JSON value of that type.
fn json(kind: &str) -> Option<Value> {
    let text = match kind {
        "object" => "{\"n\": 1}",
        "array" => "[]",
        "string" | "text" => "\"a\"",
        "number" | "integer" => "1",
        "real" => "1.5",
        "boolean" | "true" => "true",
        "false" => "false",
        "null" => "null",
        _ => return None,
    };
    Some(text.into())
}

/// Returns the text and similar ones, which may match the same pattern.
fn variants(text: &str) -> impl Iterator<Item = Value> {
    let text = text.to_owned();
    (0..8u8).map(move |n| {
        let other = |c: char| match c {
            'a' | 'A' | '1' | '0' => (c as u8 + n) as char,
            c => c,
        };
        text.chars().map(other).collect::<String>().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use rehearsal_db::insertable::Default;

    #[test]
    fn rules_suggest_values() {
        let texts_of = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let check = |engine: Engine, kind: Kind, rule: &str, named: &[&str], near: &[&str]| {
            let field = Field {
                name: "a".to_owned(),
                kind,
                written: String::new(),
                is_nullable: false,
                is_key: false,
                default: Default::Nothing,
                unusual: Vec::new(),
            };
            let columns = vec!["a".to_owned(), "b".to_owned()];
            let rule = Rule { name: "r".to_owned(), text: rule.to_owned(), columns, demands: Demands::Condition };
            let hints = hints(engine, &field, &[rule]);
            let texts = |values: &[Value]| values.iter().take(3).map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!((texts(&hints.named), texts(&hints.near)), (texts_of(named), texts_of(near)));
        };
        let text = || Kind::Text { longest: None };
        let int = || Kind::Int { min: i64::MIN, max: i64::MAX };
        let (sqlite, postgres) = (Engine::Sqlite, Engine::Postgres);
        check(sqlite, text(), "A IN ( 'x' , 'it''s' ) AND B = 'y'", &["x", "it's"], &[]);
        check(sqlite, text(), "A = '''x'''", &["'x'"], &[]);
        check(postgres, text(), "CHECK ((a = ANY (ARRAY['x'::text, 'y'::text])))", &["x", "y"], &[]);
        check(postgres, text(), "CHECK ((a ~ '^[a-z]{2}$'::text))", &["aa", "bb", "cc"], &[]);
        check(postgres, text(), "CHECK ((a ~~ 'x%'::text))", &["xa", "xb", "xc"], &[]);
        check(postgres, text(), "CHECK ((a <> ''::text))", &[], &[]);
        check(postgres, Kind::Json, "CHECK ((jsonb_typeof(a) = 'array'::text))", &["[]"], &[]);
        check(postgres, int(), "CHECK ((a >= '-1'::integer))", &[], &["0", "-1", "-2"]);
        check(sqlite, int(), "A BETWEEN - 5 AND B", &[], &["-4", "-5", "-6"]);
        check(sqlite, Kind::Float { is_special: false }, "A < .5", &[], &["1", "0", "-1"]);
        check(sqlite, text(), "LENGTH ( A ) = 2", &[], &["bb", "cc", "dd"]);
        check(sqlite, text(), "B = 1", &[], &[]);
        let object = ["{\"b\":{\"c\":1},\"d\":1}", "{\"b\":{\"c\":2},\"d\":2}", "{\"b\":{\"c\":3},\"d\":3}"];
        check(postgres, text(), "((a)::json -> 'b'::text) ->> 'c'::text || (a ->> 'd')", &object, &[]);
        check(sqlite, text(), "JSON_EXTRACT ( A , '$.b.c' ) || JSON_EXTRACT ( A , '$.d' )", &object, &[]);
        check(sqlite, text(), "JSON_VALID ( A )", &["{\"n\": 1}", "[]", "{}"], &[]);
    }
}
