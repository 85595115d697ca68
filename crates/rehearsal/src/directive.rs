//! Directives: comments above the first statement of a SQL file that rehearsal reads and every other tool ignores. A
//! directive is `-- key: value`, or sqlx's own `-- no-transaction`. `directives` parses them and reports near misses;
//! [`nearest`] finds the word that a misspelt one most resembles.

use rehearsal_db::Engine;
use rehearsal_db::lex::{Kind, tokens};

/// sqlx's directive to run a migration outside a transaction.
pub(crate) const NO_TRANSACTION: &str = "no-transaction";

/// One directive of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) key: String,
    pub(crate) value: String,
    /// Byte offset of the comment in the file.
    pub(crate) start: usize,
    /// Length of the comment in bytes.
    pub(crate) length: usize,
}

/// A reason why a directive has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// The key is unknown but resembles a known one.
    Misspelt {
        /// The known key that it resembles.
        nearest: String,
    },
    /// `-- no-transaction` is not at the very start of the file, the only location where sqlx reads it.
    Misplaced,
    /// `no-transaction` is at the very start of the file, but not written as `-- no-transaction`, with one space, as
    /// sqlx requires.
    Misspaced,
    /// The directive is below the first statement.
    BelowStatement,
}

/// Returns the directives of `sql` whose keys are in `known`, and the mistaken ones.
///
/// A comment is prose unless its key is known or close to a known one: migrations are full of `-- Note: …`.
pub(crate) fn directives(sql: &str, known: &[&str]) -> (Vec<Directive>, Vec<(Directive, Mistake)>) {
    let (mut found, mut mistaken) = (Vec::new(), Vec::new());
    let bom = if sql.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    // All engines agree on the syntax of the comments in a header.
    let tokens = tokens(&sql[bom..], Engine::Sqlite);
    let header = tokens.iter().take_while(|token| token.kind == Kind::Comment).count();
    for (number, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Comment) {
        let Some(text) = token.text.strip_prefix("--") else { continue };
        let (key, value) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let (start, length) = (token.start + bom, token.text.trim_end().len());
        let directive = Directive { key: key.trim().to_owned(), value: value.trim().to_owned(), start, length };
        let is_known = known.contains(&directive.key.as_str());
        if number >= header {
            // After the first statement, a comment is prose unless it is an exact directive.
            if is_known && (directive.key == NO_TRANSACTION || text.contains(':')) {
                mistaken.push((directive, Mistake::BelowStatement));
            }
        } else if is_known && directive.key == NO_TRANSACTION && !sql.starts_with("-- no-transaction") {
            let mistake = if start == 0 { Mistake::Misspaced } else { Mistake::Misplaced };
            mistaken.push((directive, mistake));
        } else if is_known {
            found.push(directive);
        } else if let Some(nearest) = nearest(&directive.key, known) {
            mistaken.push((directive, Mistake::Misspelt { nearest }));
        }
    }
    (found, mistaken)
}

/// Returns the candidate closest to `word`. `None` if each differs from it in more than a third of the candidate's
/// letters.
pub fn nearest<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<String> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.as_ref().to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.as_ref().len().div_ceil(3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}

/// Returns the end of a message about an unknown word: "; did you mean …?", or nothing if no known word resembles it.
#[must_use]
pub fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn directives_and_mistakes() {
        let check = |sql: &str, expect: &str| {
            let (found, mistaken) = directives(sql, &["loses", "requires-backfill", NO_TRANSACTION]);
            let found = found.iter().map(|d| format!("{}={}", d.key, d.value));
            let mistaken = mistaken.iter().map(|(d, m)| match m {
                Mistake::Misspelt { nearest } => format!("{}? {nearest}", d.key),
                Mistake::Misplaced => format!("{} misplaced", d.key),
                Mistake::Misspaced => format!("{} misspaced", d.key),
                Mistake::BelowStatement => format!("{} below", d.key),
            });
            assert_eq!(found.chain(mistaken).collect::<Vec<_>>().join("; "), expect, "{sql}");
        };
        check("", "");
        check("-- loses: \"a\".\"b\", no longer used\nSELECT 1", "loses=\"a\".\"b\", no longer used");
        check("SELECT 1; -- loses: a", "loses below");
        check("SELECT 1; -- loses no row\n-- no-transaction", "no-transaction below");
        check("-- Note: nothing\n/* loses: a */\n-- loses: b", "loses=b");
        check("-- requires-backfil: x", "requires-backfil? requires-backfill");
        check("-- no-transaction\nVACUUM", "no-transaction=");
        check("-- A comment.\n-- no-transaction\nVACUUM", "no-transaction misplaced");
        check("\u{feff}-- no-transaction\nVACUUM", "no-transaction misplaced");
        check("--no-transaction\nVACUUM", "no-transaction misspaced");
        check("--  no-transaction\nVACUUM", "no-transaction misspaced");
        check("\n--no-transaction\nVACUUM", "no-transaction misplaced");
        check("-- No-Transaction\nVACUUM", "No-Transaction? no-transaction");
    }
}
