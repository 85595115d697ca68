//! Reads `rehearsal.toml`, the configuration of one history in the folder of its migrations. A database of the
//! workspace must have one; in any other project it is optional. Add a new setting to `Toml` and `Configuration`.

use super::error::{CONFIGURATION, Error};
use super::{Allow, Folders, read};
use crate::directive::{did_you_mean, nearest};
use crate::layout::Tool;
use miette::{NamedSource, SourceSpan};
use rehearsal_db::Engine;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The former name of the file.
pub(super) const FORMER: &str = "database.toml";

/// The default of `max_wait_ms`, in milliseconds.
const MAX_WAIT_MS: u64 = 2_000;

/// The settings of the file.
#[derive(Debug)]
pub(super) struct Configuration {
    pub(super) name: Option<String>,
    pub(super) engine: Option<Engine>,
    pub(super) layout: Option<Tool>,
    pub(super) folders: Folders,
    pub(super) volatile: Vec<(String, String)>,
    pub(super) max_wait: Duration,
    pub(super) allow: Vec<Allow>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            name: None,
            engine: None,
            layout: None,
            folders: Folders::default(),
            volatile: Vec::new(),
            max_wait: Duration::from_millis(MAX_WAIT_MS),
            allow: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    name: Option<String>,
    engine: Option<Engine>,
    layout: Option<Tool>,
    fixtures: Option<PathBuf>,
    reports: Option<PathBuf>,
    #[serde(default)]
    volatile: Vec<String>,
    max_wait_ms: Option<u64>,
    #[serde(default)]
    allow: Vec<Allow>,
}

/// Reads the configuration of a database of the workspace, which must name the engine.
pub(super) fn of_database(folder: &Path) -> Result<(Engine, Configuration), Error> {
    let path = folder.join(CONFIGURATION);
    let former = folder.join(FORMER);
    if !path.is_file() {
        return Err(if former.is_file() { Error::Renamed { former, path } } else { Error::NoConfiguration { path } });
    }
    let text = read(&path)?;
    let configuration = parse(&path, &text)?;
    let misplaced = [
        (configuration.name.is_some(), "name", "this one is named after its folder"),
        (configuration.layout.is_some(), "layout", "this workspace migrates its databases itself"),
    ];
    if let Some((_, key, because)) = misplaced.into_iter().find(|(is_set, ..)| *is_set) {
        let at = text.find(key).map(|start| (start, key.len()).into());
        let why = format!("`{key}` is only for a project with a single database: {because}");
        let (path, help) = (path.display().to_string(), "remove the line");
        return Err(Error::Configuration { text: NamedSource::new(&path, text), path, why, help, at });
    }
    match configuration.engine {
        Some(engine) => Ok((engine, configuration)),
        None => Err(bad(&path, &text, "missing field `engine`".to_owned(), Some((0, 0).into()))),
    }
}

/// Reads the configuration in one of the folders of a history, or returns the default if none of them has any.
pub(super) fn beside(folders: &[PathBuf]) -> Result<Configuration, Error> {
    let mut found = folders.iter().map(|folder| folder.join(CONFIGURATION)).filter(|path| path.is_file());
    match (found.next(), found.next()) {
        (Some(one), Some(other)) => Err(Error::ConfiguredTwice { one, other }),
        (Some(path), None) => parse(&path, &read(&path)?),
        (None, _) => Ok(Configuration::default()),
    }
}

/// Returns the engine that the configuration in one of these folders names. `None` if it names none or does not exist.
///
/// # Errors
/// Fails if the file cannot be read or is not valid, or if two folders have one.
pub fn configured_engine(folders: &[PathBuf]) -> Result<Option<Engine>, Error> {
    Ok(beside(folders)?.engine)
}

fn parse(path: &Path, text: &str) -> Result<Configuration, Error> {
    let toml: Toml = toml::from_str(text)
        .map_err(|error| bad(path, text, without_type(error.message()), error.span().map(Into::into)))?;
    if toml.allow.iter().any(|allow| allow.reason.trim().is_empty()) {
        let at = text.find("[[allow]]").map(|start| (start, "[[allow]]".len()).into());
        return Err(bad(path, text, "an entry [[allow]] has an empty `reason`".to_owned(), at));
    }
    let volatile = toml.volatile.iter().map(|column| {
        named(column).ok_or_else(|| {
            let at = text.find(column.as_str()).map(|start| (start, column.len()).into());
            bad(path, text, format!("`{column}` does not name a column"), at)
        })
    });
    Ok(Configuration {
        name: toml.name,
        engine: toml.engine,
        layout: toml.layout,
        folders: Folders { fixtures: toml.fixtures, reports: toml.reports },
        volatile: volatile.collect::<Result<_, _>>()?,
        max_wait: Duration::from_millis(toml.max_wait_ms.unwrap_or(MAX_WAIT_MS)),
        allow: toml.allow,
    })
}

/// Parses `"Table"."column"`. `None` if the text has another form.
fn named(column: &str) -> Option<(String, String)> {
    let (table, column) = column.strip_prefix('"')?.strip_suffix('"')?.split_once("\".\"")?;
    Some((table.to_owned(), column.to_owned()))
}

/// Rewrites the parser's list of expected keys: names the nearest one instead.
fn without_type(message: &str) -> String {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.starts_with("unknown field"), words.split_first()) {
        (true, Some((unknown, known))) => {
            let nearest = nearest(unknown, known.iter().copied());
            format!("it has the unknown key `{unknown}`{}", did_you_mean(nearest.as_ref()))
        }
        _ => message.to_owned(),
    }
}

fn bad(path: &Path, text: &str, why: String, at: Option<SourceSpan>) -> Error {
    let path = path.display().to_string();
    let help = match at.as_ref().and_then(|at| key_of_value(text, at.offset())) {
        Some("engine") => "write it as `engine = \"sqlite\"` or `engine = \"postgres\"`",
        Some("layout") => "write it as `layout = \"diesel\"`, with the tool of the migrations",
        Some("fixtures") => "write it as `fixtures = \"tests/data\"`, relative to the root of the project",
        Some("reports") => "write it as `reports = \"target/reports\"`, relative to the root of the project",
        Some("volatile") => "write it as `volatile = ['\"Table\".\"column\"']`",
        Some("max_wait_ms") => "write it as `max_wait_ms = 2000`, in milliseconds",
        _ if at.is_some_and(|at| is_in_an_entry(text, at.offset())) => {
            "an entry [[allow]] has a `code`, such as `\"populated/data-lost\"`, and a `reason`; `migration` and `object` \
             are optional"
        }
        _ => {
            "write the line `engine = \"sqlite\"`; `volatile = ['\"Table\".\"column\"']` and `max_wait_ms = 2000` are \
             optional"
        }
    };
    Error::Configuration { text: NamedSource::new(&path, text.to_owned()), path, why, help, at }
}

/// True if an offset is in an entry `[[allow]]`.
fn is_in_an_entry(text: &str, offset: usize) -> bool {
    let before = text.get(..offset).unwrap_or(text);
    let line = text[before.len()..].lines().next().unwrap_or_default();
    before.lines().any(|line| line.trim() == "[[allow]]") || line.trim() == "[[allow]]"
}

/// Returns the key in whose value an offset is. `None` if the offset is not in a value.
fn key_of_value(text: &str, offset: usize) -> Option<&str> {
    let (before, value) = text.get(..offset)?.rsplit_once('=')?;
    // Only a list continues on further lines.
    let is_open_list = value.trim_start().starts_with('[') && !value.contains(']');
    let key = before.rsplit('\n').next()?.trim();
    (is_open_list || !value.contains('\n')).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn keys_of_values() {
        let check = |text: &str, expect: Option<&str>| {
            let (before, after) = text.split_once('^').unwrap();
            assert_eq!(key_of_value(&format!("{before}{after}"), before.len()), expect, "{text}");
        };
        check("engine = ^sqlite", Some("engine"));
        check("engine = \"sqlite\"\nmax_wait_ms = ^\"soon\"", Some("max_wait_ms"));
        check("volatile = ['^Pet.createdAt']", Some("volatile"));
        check("volatile = [\n  '^Pet.createdAt',\n]", Some("volatile"));
        check("^", None);
        check("^engin = \"sqlite\"", None);
        check("engine = \"sqlite\"\n^volatil = []", None);
        check("volatile = []\n^engin = \"sqlite\"", None);
    }
}
