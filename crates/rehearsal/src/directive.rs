//! Directives: comment lines at the top of a SQL file, before its first statement, that this tool reads and every other
//! tool passes over. `-- key: value`, or a bare `-- no-transaction`, which is sqlx's own.

use rehearsal_db::Engine;
use rehearsal_db::lex::{Kind, tokens};

/// The directive with which sqlx runs a migration outside a transaction.
pub(crate) const NO_TRANSACTION: &str = "no-transaction";

/// One directive of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) key: String,
    pub(crate) value: String,
    /// Where its comment starts, in bytes.
    pub(crate) start: usize,
    pub(crate) length: usize,
}

/// What is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// The key is not one that this kind of file knows, but close to one.
    Misspelt {
        /// The key that was probably meant.
        nearest: String,
    },
    /// sqlx's own directive stands where sqlx does not see it.
    Misplaced,
    /// The directive stands below the first statement.
    BelowStatement,
}

/// The directives of `sql` whose keys are in `known`, and those that look like one but are none.
///
/// A comment is prose unless its key is known or nearly so: histories of other people are full of `-- Note: …`.
pub(crate) fn directives(sql: &str, known: &[&str]) -> (Vec<Directive>, Vec<(Directive, Mistake)>) {
    let (mut found, mut mistaken) = (Vec::new(), Vec::new());
    let bom = if sql.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    // Comments are the same for every engine, as far as a file's first lines go.
    let tokens = tokens(&sql[bom..], Engine::Sqlite);
    let header = tokens.iter().take_while(|token| token.kind == Kind::Comment).count();
    for (number, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Comment) {
        let Some(text) = token.text.strip_prefix("--") else { continue };
        let (key, value) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let (start, length) = (token.start + bom, token.text.trim_end().len());
        let directive = Directive { key: key.trim().to_owned(), value: value.trim().to_owned(), start, length };
        let is_known = known.contains(&directive.key.as_str());
        if number >= header {
            // Behind the first statement a comment is prose, unless it says exactly what it should have said above.
            if is_known && (directive.key == NO_TRANSACTION || text.contains(':')) {
                mistaken.push((directive, Mistake::BelowStatement));
            }
        } else if is_known && directive.key == NO_TRANSACTION && !sql.starts_with("-- no-transaction") {
            mistaken.push((directive, Mistake::Misplaced));
        } else if is_known {
            found.push(directive);
        } else if let Some(nearest) = nearest(&directive.key, known) {
            mistaken.push((directive, Mistake::Misspelt { nearest }));
        }
    }
    (found, mistaken)
}

/// The candidate that `word` was probably meant to be: the closest one, at most a third of its letters away.
pub fn nearest<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> Option<String> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.as_ref().to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.as_ref().len().div_ceil(3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}

/// The end of a sentence about a word that nobody knows: the word that was probably meant.
#[must_use]
pub fn did_you_mean(nearest: Option<&String>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn reads_what_counts_and_names_what_does_not() {
        let check = |sql: &str, expect: &str| {
            let (found, mistaken) = directives(sql, &["loses", "requires-backfill", NO_TRANSACTION]);
            let found = found.iter().map(|d| format!("{}={}", d.key, d.value));
            let mistaken = mistaken.iter().map(|(d, m)| match m {
                Mistake::Misspelt { nearest } => format!("{}? {nearest}", d.key),
                Mistake::Misplaced => format!("{} misplaced", d.key),
                Mistake::BelowStatement => format!("{} below", d.key),
            });
            assert_eq!(found.chain(mistaken).collect::<Vec<_>>().join("; "), expect, "{sql}");
        };
        check("", "");
        check("-- loses: \"a\".\"b\", gone for good\nSELECT 1", "loses=\"a\".\"b\", gone for good");
        check("SELECT 1; -- loses: a", "loses below");
        check("SELECT 1; -- loses nothing\n-- no-transaction", "no-transaction below");
        check("-- Note: nothing\n/* loses: a */\n-- loses: b", "loses=b");
        check("-- requires-backfil: x", "requires-backfil? requires-backfill");
        check("-- no-transaction\nVACUUM", "no-transaction=");
        check("-- A comment.\n-- no-transaction\nVACUUM", "no-transaction misplaced");
        check("\u{feff}-- no-transaction\nVACUUM", "no-transaction misplaced");
        check("--no-transaction\nVACUUM", "no-transaction misplaced");
        check("-- No-Transaction\nVACUUM", "No-Transaction? no-transaction");
    }
}
