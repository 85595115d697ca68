//! Queries of the rows because of which a statement fails that adds a rule to a table: a unique index or constraint, a check,
//! NOT NULL, a foreign key, or a shorter type. [`Engine::offenders`] is the entry point.

use crate::Engine;
use crate::lex::{Kind, Token, tokens};

/// A statement as tokens without comments, and its text.
struct Text<'s> {
    sql: &'s str,
    tokens: Vec<Token<'s>>,
}

impl Engine {
    /// Returns a query for each rule that a statement adds: it returns rows that break the rule, at most `limit`, those that break
    /// it together next to each other. Empty for other statements. A query can fail, such as with the operator class of an
    /// index, and is then of no use.
    #[must_use]
    pub fn offenders(self, statement: &str, limit: usize) -> Vec<String> {
        let mut tokens = tokens(statement, self);
        tokens.retain(|token| token.kind != Kind::Comment);
        let text = Text { sql: statement, tokens };
        let queries = match (text.is(0, "CREATE"), text.is(0, "ALTER") && text.is(1, "TABLE")) {
            (true, _) => text.of_index().into_iter().collect(),
            (_, true) => text.of_table(),
            _ => Vec::new(),
        };
        queries.into_iter().map(|query| format!("{query} LIMIT {limit}")).collect()
    }
}

impl<'s> Text<'s> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(word))
    }

    /// The position after these words, if they begin at `at`; otherwise `at`.
    fn after(&self, at: usize, words: &[&str]) -> usize {
        let has_all = words.iter().enumerate().all(|(n, word)| self.is(at + n, word));
        if has_all { at + words.len() } else { at }
    }

    /// The position after the name at `at`, with its schema.
    fn after_name(&self, at: usize) -> usize {
        let mut end = at + 1;
        while self.is(end, ".") {
            end += 2;
        }
        end
    }

    /// The text of tokens.
    fn slice(&self, from: usize, to: usize) -> &'s str {
        let (Some(first), Some(last)) = (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) else { return "" };
        self.sql.get(first.start..last.start + last.text.len()).unwrap_or_default()
    }

    /// The position of the parenthesis that closes the one at `at`.
    fn closing(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (n, token) in self.tokens.iter().enumerate().skip(at) {
            match token.text {
                "(" => depth += 1,
                ")" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(n);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The parts between commas outside parentheses, as ranges of tokens.
    fn parts(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut start, mut depth) = (Vec::new(), from, 0_i32);
        for n in from..to {
            match self.tokens[n].text {
                "(" => depth += 1,
                ")" => depth -= 1,
                "," if depth == 0 => {
                    parts.push((start, n));
                    start = n + 1;
                }
                _ => {}
            }
        }
        parts.push((start, to));
        parts.retain(|(from, to)| from < to);
        parts
    }

    /// The keys in the parentheses at `at`, without their order.
    fn keys(&self, at: usize) -> Option<Vec<&'s str>> {
        let end = self.closing(at).filter(|_| self.is(at, "("))?;
        let key = |(from, mut to): (usize, usize)| {
            let is_order = |at: usize| ["ASC", "DESC", "NULLS", "FIRST", "LAST"].iter().any(|word| self.is(at, word));
            while to > from + 1 && is_order(to - 1) {
                to -= 1;
            }
            self.slice(from, to)
        };
        Some(self.parts(at + 1, end).into_iter().map(key).collect())
    }

    /// `CREATE UNIQUE INDEX`.
    fn of_index(&self) -> Option<String> {
        if !self.is(1, "UNIQUE") || !self.is(2, "INDEX") {
            return None;
        }
        let on = self.tokens.iter().position(|token| token.is("ON"))?;
        let table = self.after(on + 1, &["ONLY"]);
        let end = self.after_name(table);
        let keys = if self.is(end, "USING") { end + 2 } else { end };
        let condition = (keys..self.tokens.len()).find(|at| self.is(*at, "WHERE"));
        let last = self.tokens.len() - usize::from(self.is(self.tokens.len() - 1, ";"));
        let condition = condition.map(|at| self.slice(at + 1, last));
        Some(duplicates(self.slice(table, end), &self.keys(keys)?, condition))
    }

    /// `ALTER TABLE`, with one or more actions.
    fn of_table(&self) -> Vec<String> {
        let name = self.after(self.after(2, &["IF", "EXISTS"]), &["ONLY"]);
        let end = self.after_name(name);
        let table = self.slice(name, end);
        let last = self.tokens.len() - usize::from(self.tokens.last().is_some_and(|token| token.text == ";"));
        self.parts(end, last).into_iter().filter_map(|(from, to)| self.of_action(table, from, to)).collect()
    }

    fn of_action(&self, table: &str, from: usize, to: usize) -> Option<String> {
        if self.is(from, "ALTER") {
            let column = self.after(from + 1, &["COLUMN"]);
            let name = self.slice(column, column + 1);
            if self.after(column + 1, &["SET", "NOT", "NULL"]) == column + 4 {
                return Some(format!("SELECT * FROM {table} WHERE {name} IS NULL"));
            }
            let of_type = self.after(column + 1, &["SET", "DATA"]);
            let length = (of_type + 1..to).find(|at| self.is(*at, "(")).filter(|_| self.is(of_type, "TYPE"))?;
            let is_text = ["varchar", "character", "char"].iter().any(|word| self.is(of_type + 1, word));
            let has_using = (of_type..to).any(|at| self.is(at, "USING"));
            let most = self.slice(length + 1, length + 2).parse::<u32>().ok().filter(|_| is_text && !has_using)?;
            return Some(format!("SELECT * FROM {table} WHERE length({name}) > {most} ORDER BY length({name}) DESC"));
        }
        let rule = Some(self.after(from, &["ADD"])).filter(|at| *at > from)?;
        let rule = if self.is(rule, "CONSTRAINT") { rule + 2 } else { rule };
        if self.is(rule, "CHECK") {
            let end = self.closing(rule + 1)?;
            return Some(format!("SELECT * FROM {table} WHERE NOT {}", self.slice(rule + 1, end + 1)));
        }
        let keys = (rule..to).find(|at| self.is(*at, "("))?;
        if self.is(rule, "UNIQUE") || self.is(rule, "PRIMARY") {
            return Some(duplicates(table, &self.keys(keys)?, None));
        }
        if !self.is(rule, "FOREIGN") {
            return None;
        }
        let references = (keys..to).find(|at| self.is(*at, "REFERENCES"))?;
        let end = self.after_name(references + 1);
        let (columns, targets) = (self.keys(keys)?, self.keys(end)?);
        let parent = self.slice(references + 1, end);
        let equal = columns.iter().zip(&targets).map(|(column, target)| format!("parent.{target} = child.{column}"));
        let present = columns.iter().map(|column| format!("child.{column} IS NOT NULL"));
        let (equal, present) = (equal.collect::<Vec<_>>().join(" AND "), present.collect::<Vec<_>>().join(" AND "));
        Some(format!(
            "SELECT * FROM {table} AS child WHERE {present} AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {equal})"
        ))
    }
}

/// A query of rows that have the same keys, those with the same next to each other.
fn duplicates(table: &str, keys: &[&str], condition: Option<&str>) -> String {
    let keys = keys.join(", ");
    let (only, and) = match condition {
        Some(condition) => (format!(" WHERE {condition}"), format!(" AND ({condition})")),
        None => (String::new(), String::new()),
    };
    format!(
        "SELECT * FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {table}{only} GROUP BY {keys} HAVING count(*) > 1){and} ORDER BY {keys}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn queries() {
        let check = |statement: &str, expect: &[&str]| {
            for engine in Engine::ALL {
                assert_eq!(engine.offenders(statement, 3), expect, "{statement}");
            }
        };
        check("", &[]);
        check("SELECT 1", &[]);
        check("CREATE INDEX i ON t (a)", &[]);
        check("CREATE UNIQUE INDEX", &[]);
        check("ALTER TABLE", &[]);
        check("ALTER TABLE t ADD CHECK", &[]);
        check("ALTER TABLE t ADD COLUMN a INT, DROP b;", &[]);
        check(
            "CREATE UNIQUE INDEX IF NOT EXISTS i ON s.\"T\" (lower(a), b DESC NULLS LAST) WHERE c > 1;",
            &[
                "SELECT * FROM s.\"T\" WHERE (lower(a), b) IN (SELECT lower(a), b FROM s.\"T\" WHERE c > 1 GROUP BY lower(a), b \
               HAVING count(*) > 1) AND (c > 1) ORDER BY lower(a), b LIMIT 3",
            ],
        );
        check(
            "ALTER TABLE ONLY t ADD CONSTRAINT u UNIQUE (a), ADD PRIMARY KEY (b)",
            &[
                "SELECT * FROM t WHERE (a) IN (SELECT a FROM t GROUP BY a HAVING count(*) > 1) ORDER BY a LIMIT 3",
                "SELECT * FROM t WHERE (b) IN (SELECT b FROM t GROUP BY b HAVING count(*) > 1) ORDER BY b LIMIT 3",
            ],
        );
        check(
            "ALTER TABLE t ADD CONSTRAINT c CHECK (a IN (1, 2)), ALTER COLUMN b SET NOT NULL, ALTER c TYPE varchar(5);",
            &[
                "SELECT * FROM t WHERE NOT (a IN (1, 2)) LIMIT 3",
                "SELECT * FROM t WHERE b IS NULL LIMIT 3",
                "SELECT * FROM t WHERE length(c) > 5 ORDER BY length(c) DESC LIMIT 3",
            ],
        );
        check(
            "ALTER TABLE t ADD FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE CASCADE",
            &[
                "SELECT * FROM t AS child WHERE child.a IS NOT NULL AND child.b IS NOT NULL AND NOT EXISTS (SELECT 1 FROM p AS \
               parent WHERE parent.x = child.a AND parent.y = child.b) LIMIT 3",
            ],
        );
        check("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p", &[]);
        check("ALTER TABLE t ALTER a TYPE int USING a::int", &[]);
    }
}
