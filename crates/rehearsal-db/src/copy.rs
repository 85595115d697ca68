//! Rows that `pg_dump` writes as `COPY … FROM stdin;`, followed by lines of data up to a line `\.`. [`parts`] separates them
//! from the statements of a file, and [`run_rows`] loads a file with them.

use crate::lex::{Kind, tokens};
use crate::script::{Remains, ScriptError, run_script};
use crate::{Around, Connection, Engine};

/// A part of a file of rows.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    /// Statements.
    Script(&'t str),
    /// Rows: the statement and its data.
    Copy { statement: &'t str, data: &'t str },
}

/// Runs a file of rows in the open transaction: statements, and rows that follow `COPY … FROM stdin;`.
///
/// # Errors
/// Fails as [`run_script`]; a failure of rows is that of their statement.
pub async fn run_rows(connection: &mut Connection, sql: &str) -> Result<(), ScriptError> {
    let engine = connection.engine();
    if !engine.copies_rows() {
        return run_script(connection, sql, Around::Transaction).await;
    }
    let parts = parts(sql, engine);
    let of = parts.len();
    for (done, (start, part)) in parts.into_iter().enumerate() {
        match part {
            Part::Script(script) => {
                let ran = run_script(connection, script, Around::Transaction).await;
                ran.map_err(|failed| {
                    let at = (start + failed.at.offset(), failed.at.len()).into();
                    ScriptError { at, ..failed }
                })?;
            }
            Part::Copy { statement, data } => {
                let copied = connection.copy_rows(statement, data).await;
                let failed = |error| ScriptError { error, at: (start, 4).into(), done, of, remains: Remains::Seen };
                copied.map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Splits a file into its parts, each with its position in bytes.
fn parts(sql: &str, engine: Engine) -> Vec<(usize, Part<'_>)> {
    let mut parts = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while at < sql.len() {
        let end = sql[at..].find('\n').map_or(sql.len(), |n| at + n + 1);
        let line = sql[at..end].trim_end();
        if is_copy(line) && ends_a_statement(&sql[begin..at], engine) {
            let data_end = end_of_data(sql, end);
            parts.push((begin, Part::Script(&sql[begin..at])));
            parts.push((at, Part::Copy { statement: line.trim_end_matches(';'), data: &sql[end..data_end.start] }));
            (begin, at) = (data_end.next, data_end.next);
            continue;
        }
        // pg_dump protects psql with these commands; they are no SQL.
        let is_of_psql = line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
        if is_of_psql && ends_a_statement(&sql[begin..at], engine) {
            parts.push((begin, Part::Script(&sql[begin..at])));
            begin = end;
        }
        at = end;
    }
    parts.push((begin, Part::Script(&sql[begin..])));
    parts.retain(|(_, part)| !matches!(part, Part::Script(script) if script.trim().is_empty()));
    parts
}

/// The position of each part of a file of rows. Public only for the fuzz targets, which have no server.
#[doc(hidden)]
#[must_use]
pub fn positions_of_parts(sql: &str, engine: Engine) -> Vec<usize> {
    parts(sql, engine).into_iter().map(|(at, _)| at).collect()
}

/// True for a line `COPY … FROM stdin;`.
fn is_copy(line: &str) -> bool {
    let is = |text: &str, word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let ends = line.to_ascii_lowercase();
    is(line, "COPY ") && (ends.ends_with(" from stdin;") || (ends.contains(" from stdin with") && ends.ends_with(';')))
}

/// True if a script ends after a statement, so that the next line begins one.
fn ends_a_statement(script: &str, engine: Engine) -> bool {
    tokens(script, engine).iter().rfind(|token| token.kind != Kind::Comment).is_none_or(|last| last.is(";"))
}

/// Where the data of a COPY ends, and where the file continues.
struct EndOfData {
    start: usize,
    next: usize,
}

/// Finds the line `\.` after the data, or the end of the file.
fn end_of_data(sql: &str, from: usize) -> EndOfData {
    let mut at = from;
    while at < sql.len() {
        let end = sql[at..].find('\n').map_or(sql.len(), |n| at + n + 1);
        if sql[at..end].trim_end() == "\\." {
            return EndOfData { start: at, next: end };
        }
        at = end;
    }
    EndOfData { start: sql.len(), next: sql.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn splits_files() {
        let check = |sql: &str, expect: &[&str]| {
            let text = |(at, part): &(usize, Part<'_>)| match part {
                Part::Script(script) => format!("{at} {}", script.trim()),
                Part::Copy { statement, data } => format!("{at} {statement}: {}", data.replace('\n', "|")),
            };
            assert_eq!(parts(sql, Engine::Postgres).iter().map(text).collect::<Vec<_>>(), expect, "{sql}");
        };
        check("INSERT INTO a VALUES (1);\n", &["0 INSERT INTO a VALUES (1);"]);
        check(
            "SET x = 1;\nCOPY public.a (b, c) FROM stdin;\n1\tone\n2\t\\N\n\\.\n\nSELECT 1;\n",
            &["0 SET x = 1;", "11 COPY public.a (b, c) FROM stdin: 1\tone|2\t\\N|", "58 SELECT 1;"],
        );
        check("COPY a FROM stdin;\n\\.\n", &["0 COPY a FROM stdin: "]);
        check("copy a from STDIN WITH (FORMAT csv);\n1,2\n", &["0 copy a from STDIN WITH (FORMAT csv): 1,2|"]);
        check("SELECT '\nCOPY a FROM stdin;\n';", &["0 SELECT '\nCOPY a FROM stdin;\n';"]);
        check("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", &["14 SELECT 1;"]);
        check("-- at: 1\nCOPY a FROM stdin;\r\n1\r\n\\.\r\n", &["0 -- at: 1", "9 COPY a FROM stdin: 1\r|"]);
    }
}
