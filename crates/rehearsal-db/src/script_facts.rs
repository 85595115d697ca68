//! What a script does, as far as its words tell.

use crate::lex::{Statement, Token, statements, tokens};
use crate::{Engine, Source, volatile};

impl Engine {
    /// True where a script renames a column so, be it by way of other names.
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

    /// True where a script inserts rows into a table.
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

    /// True where a script builds something beside others who go on working: interrupted, that leaves it there, and invalid.
    pub fn builds_concurrently(self, sql: &str) -> bool {
        tokens(sql, self).iter().any(|token| token.is("CONCURRENTLY"))
    }

    /// True where a script does nothing but add: tables, columns, indexes, constraints. Then it loses nothing.
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

    /// True where a script calls for the moment or for chance.
    pub fn asks_for_chance(self, sql: &str) -> bool {
        let drawing = ["gen_random_uuid", "random", "randomblob"];
        let is_drawing = |name: &str| drawing.contains(&name) || name.starts_with("uuid_generate_");
        volatile::source(sql, self, is_drawing).is_some_and(|source| source != Source::Counter)
    }

    /// True where a script makes a function, a procedure or a trigger that does so.
    pub fn makes_what_asks_for_chance(self, sql: &str) -> bool {
        let makes = |statement: &&Statement<'_>| {
            let words: Vec<String> = tokens(statement.text, self).iter().take(6).map(Token::normal).collect();
            let is_made = |word: &String| matches!(word.as_str(), "FUNCTION" | "PROCEDURE" | "TRIGGER");
            words.first().is_some_and(|word| word == "CREATE") && words.iter().any(is_made)
        };
        // A body stands between dollars, and is one token as it stands.
        let bodies = |statement: &Statement<'_>| statement.text.replace('$', " ");
        statements(sql, self).iter().filter(makes).any(|statement| self.asks_for_chance(&bodies(statement)))
    }
}
