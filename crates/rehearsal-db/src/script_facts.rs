//! Properties of a script that follow from its text alone.

use crate::lex::{Kind, Statement, Token, statements, tokens};
use crate::{Engine, Source, volatile};

impl Engine {
    /// True if a script renames a column from `column` to `to`, directly or through other names.
    pub fn renames(self, sql: &str, column: &str, to: &str) -> bool {
        let names: Vec<String> = tokens(sql, self).iter().map(Token::normal).collect();
        let mut name = column;
        for words in names.windows(3) {
            if words[0].eq_ignore_ascii_case(name) && words[1].eq_ignore_ascii_case("TO") {
                name = &words[2];
            }
        }
        name != column && name.eq_ignore_ascii_case(to)
    }

    /// True if a script inserts rows into a table.
    pub fn fills(self, sql: &str, table: &str) -> bool {
        let names: Vec<String> = tokens(sql, self).iter().map(Token::normal).collect();
        let is = |word: &String, name: &str| word.eq_ignore_ascii_case(name);
        let short = table.rsplit('.').next().unwrap_or(table);
        names.windows(5).any(|words| {
            is(&words[0], "INSERT")
                && is(&words[1], "INTO")
                && (is(&words[2], short) || is(&words[3], ".") && is(&words[4], short))
        })
    }

    /// True if one statement of a script contains all of these words, of which each may be a keyword or a name in any
    /// spelling. A string, such as the body of a DO block, contains the words of its text.
    pub fn mentions(self, sql: &str, words: &[&str]) -> bool {
        let is = |token: &Token<'_>, word: &str| match token.kind {
            Kind::Word => token.text.eq_ignore_ascii_case(word),
            Kind::Quoted => token.unquoted().eq_ignore_ascii_case(word),
            Kind::String => has_word(token.text, word),
            Kind::Comment | Kind::Punct => false,
        };
        statements(sql, self).iter().any(|statement| {
            let tokens = tokens(statement.text, self);
            words.iter().all(|word| tokens.iter().any(|token| is(token, word)))
        })
    }

    /// True if a script names a table, with or without its schema.
    pub fn names_table(self, sql: &str, table: &str) -> bool {
        self.mentions(sql, &[table.rsplit('.').next().unwrap_or(table)])
    }

    /// True if a script computes new values of a column: in an UPDATE, the USING of a change of its type, or a query that does
    /// more than copy columns. A plain copy or another type does not mean to change a value.
    pub fn computes(self, sql: &str, column: &str) -> bool {
        let states = |statement: &Statement<'_>| {
            let tokens = tokens(statement.text, self);
            let has = |word: &str| tokens.iter().any(|token| token.is(word));
            let query = tokens.iter().position(|token| token.is("SELECT")).map_or(&tokens[..0], |at| &tokens[at..]);
            let is_plain = |token: &Token<'_>| {
                matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Comment) && !token.is("CASE")
            };
            let copies = query.iter().all(|token| is_plain(token) || [",", "*", ";", "."].contains(&token.text));
            match tokens.first() {
                Some(first) if first.is("INSERT") => !query.is_empty() && !copies,
                Some(first) if first.is("ALTER") => self.mentions(statement.text, &["TYPE", column, "USING"]),
                Some(first) if first.is("CREATE") || first.is("DROP") || first.is("PRAGMA") => has("SELECT") && !copies,
                Some(_) => self.mentions(statement.text, &[column]) || !has("UPDATE"),
                None => false,
            }
        };
        statements(sql, self).iter().any(states)
    }

    /// A script without the values that its INSERT and UPDATE statements write: of these, only what follows WHERE is left.
    pub fn conditions(self, sql: &str) -> String {
        let of_statement = |statement: &Statement<'_>| {
            let tokens = tokens(statement.text, self);
            let writes =
                tokens.first().is_some_and(|token| ["INSERT", "REPLACE", "UPDATE"].iter().any(|word| token.is(word)));
            let from = match writes {
                true => tokens.iter().find(|token| token.is("WHERE")).map_or(statement.text.len(), |token| token.start),
                false => 0,
            };
            statement.text[from..].to_owned()
        };
        statements(sql, self).iter().map(of_statement).collect::<Vec<_>>().join(";\n")
    }

    /// The condition in parentheses after the first CHECK of a statement.
    pub fn condition(self, statement: &str) -> Option<&str> {
        let tokens = tokens(statement, self);
        let check = tokens.iter().position(|token| token.is("CHECK"))?;
        let mut depth = 0;
        let end = tokens[check + 1..].iter().find(|token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth == 0
        })?;
        let begin = tokens.get(check + 1).filter(|token| token.is("("))?;
        statement.get(begin.start + 1..end.start)
    }

    /// True if a script uses CONCURRENTLY, which leaves an invalid index if it is interrupted.
    pub fn builds_concurrently(self, sql: &str) -> bool {
        tokens(sql, self).iter().any(|token| token.is("CONCURRENTLY"))
    }

    /// True if a script only adds tables, columns, indexes or constraints, and so loses no data.
    pub fn only_adds(self, sql: &str) -> bool {
        let adds = |statement: &Statement<'_>| {
            let words: Vec<String> = tokens(statement.text, self).iter().map(Token::normal).collect();
            let has = |other: &[&str]| words.iter().any(|word| other.contains(&word.as_str()));
            match words.first().map(String::as_str) {
                Some("CREATE") => !has(&["REPLACE", "AS"]),
                Some("COMMENT" | "GRANT") => true,
                Some("ALTER") => {
                    words.get(1).is_some_and(|word| word == "TABLE")
                        && has(&["ADD"])
                        && !has(&["DROP", "TYPE", "RENAME", "SET", "ATTACH", "DETACH"])
                }
                _ => false,
            }
        };
        statements(sql, self).iter().all(adds)
    }

    /// True if a script only creates tables, indexes or types, and so changes nothing that exists.
    pub fn only_creates(self, sql: &str) -> bool {
        let creates = |statement: &Statement<'_>| {
            let tokens = tokens(statement.text, self);
            let has = |words: &[&str]| tokens.iter().any(|token| words.iter().any(|word| token.is(word)));
            tokens.first().is_some_and(|first| first.is("CREATE"))
                && !has(&["REPLACE", "AS", "TRIGGER", "FUNCTION", "PROCEDURE", "RULE", "POLICY"])
                && tokens.iter().take(4).any(|token| ["TABLE", "INDEX", "TYPE"].iter().any(|word| token.is(word)))
        };
        statements(sql, self).iter().all(creates)
    }

    /// True if a script uses the current time or random values.
    pub fn uses_nondeterminism(self, sql: &str) -> bool {
        let drawing = ["gen_random_uuid", "random", "randomblob"];
        let is_drawing = |name: &str| drawing.contains(&name) || name.starts_with("uuid_generate_");
        volatile::source(sql, self, is_drawing).is_some_and(|source| source != Source::Counter)
    }

    /// True if a script creates a function, a procedure or a trigger that uses the current time or random values.
    pub fn creates_nondeterministic_objects(self, sql: &str) -> bool {
        let makes = |statement: &&Statement<'_>| {
            let words: Vec<String> = tokens(statement.text, self).iter().take(6).map(Token::normal).collect();
            let is_made = |word: &String| matches!(word.as_str(), "FUNCTION" | "PROCEDURE" | "TRIGGER");
            words.first().is_some_and(|word| word == "CREATE") && words.iter().any(is_made)
        };
        // A dollar-quoted body is a single token; without the dollars, its words are tokens.
        let bodies = |statement: &Statement<'_>| statement.text.replace('$', " ");
        statements(sql, self).iter().filter(makes).any(|statement| self.uses_nondeterminism(&bodies(statement)))
    }
}
/// True if a text contains a word, in any spelling.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(&word)
        .any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + word.len()..].starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn computed_columns() {
        let check = |sql: &str, expect: bool| assert_eq!(Engine::Sqlite.computes(sql, "room"), expect, "{sql}");
        check("UPDATE a SET room = 1;", true);
        check("UPDATE a SET other = 1;", false);
        check("INSERT INTO b SELECT id, room FROM a; DROP TABLE a;", false);
        check("INSERT INTO b SELECT a.id, upper(room) FROM a;", true);
        check("INSERT INTO b SELECT id, room || 'x' FROM a;", true);
        check("INSERT INTO b SELECT id, CASE room WHEN 1 THEN 2 END FROM a;", true);
        check("ALTER TABLE a ALTER room TYPE int USING 1;", true);
        check("ALTER TABLE a ALTER room TYPE int;", false);
        check("CREATE TABLE b (room TEXT); PRAGMA foreign_keys = ON;", false);
        check("CREATE TABLE b AS SELECT room + 1 AS room FROM a;", true);
    }

    #[test]
    fn conditions() {
        let check = |sql: &str, expect: Option<&str>| assert_eq!(Engine::Sqlite.condition(sql), expect, "{sql}");
        check("ALTER TABLE a ADD CHECK (lower(b) <> ')')", Some("lower(b) <> ')'"));
        check("ALTER TABLE a ADD CHECK", None);
        check("ALTER TABLE a ADD b CHECK b > 0", None);
        check("SELECT 1", None);
    }

    #[test]
    fn conditions_of_scripts() {
        let check = |sql: &str, expect: &str| assert_eq!(Engine::Sqlite.conditions(sql), expect, "{sql}");
        check("UPDATE a SET b = 'new' WHERE b = 'old'", "WHERE b = 'old'");
        check("INSERT INTO a VALUES ('new')", "");
        check("INSERT INTO a SELECT 'new' FROM b WHERE c = 'old'", "WHERE c = 'old'");
        check("DELETE FROM a WHERE b = 'old'", "DELETE FROM a WHERE b = 'old'");
    }

    #[test]
    fn words_of_one_statement() {
        let check = |sql: &str, words: &[&str], expect: bool| {
            assert_eq!(Engine::Postgres.mentions(sql, words), expect, "{words:?}: {sql}");
        };
        check("DROP INDEX By_Name;", &["drop", "by_name"], true);
        check("DROP INDEX \"by name\";", &["DROP", "by name"], true);
        check("DROP TABLE a; CREATE INDEX b ON c (d);", &["DROP", "b"], false);
        check("-- DROP b\nSELECT b;", &["DROP", "b"], false);
        check("DO $$ BEGIN EXECUTE 'DROP INDEX b'; END $$;", &["DROP", "b"], true);
        check("DO $$ BEGIN EXECUTE 'DROP INDEX bb'; END $$;", &["DROP", "b"], false);
        let names = |sql: &str, table: &str| Engine::Postgres.names_table(sql, table);
        assert_eq!([names("UPDATE app.b SET c = 1", "app.b"), names("UPDATE b SET c = 1", "app.b")], [true; 2]);
        assert!(!names("UPDATE bb SET c = 1", "app.b"));
    }
}
