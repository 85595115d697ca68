//! `new`: creates the files of a migration and a check and, with `--backfill`, those of a backfill, which it
//! registers. It writes all files or none. The templates are the `.txt` files in this folder.

use crate::args::NewArgs;
use crate::context::Context;
use crate::error::Error;
use rehearsal::Exit;
use rehearsal::migration::{History, Migration, paths};
use rehearsal::source;
use rehearsal_db::command::command;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The marker line of the registry, above which new backfills are inserted.
const MARK: &str = "// New backfills are added above this line.";

const UP: &str = include_str!("up.sql.txt");
const DOWN: &str = include_str!("down.sql.txt");
const CHECK: &str = include_str!("check.sql.txt");
/// The template of a backfill for each engine, by its scheme.
const BACKFILLS: [(&str, &str); 2] =
    [("sqlite", include_str!("backfill.sqlite.rs.txt")), ("postgres", include_str!("backfill.postgres.rs.txt"))];

/// Creates the files and prints their paths. `sources` is the folder of the program's code, to which a backfill is
/// added.
pub(super) fn run(context: &Context<'_>, args: &NewArgs, sources: Option<&str>) -> Result<Exit, Error> {
    if args.backfill && sources.is_none() {
        return Err(Error::NoSources);
    }
    let registry = PathBuf::from(source::path("backfills/mod.rs"));
    let database = context.workspace.database(&args.database)?;
    let loaded = context.load(database)?;
    check_name(&args.name)?;
    if let Some(taken) = loaded.history.migrations.iter().find(|migration| migration.name == args.name) {
        return Err(Error::NameTaken { name: args.name.clone(), path: taken.up.path.clone() });
    }
    // The version is above the newest one even if that one is dated in the future.
    let now = jiff::Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
    let newest = loaded.history.newest().unwrap_or_default();
    let version = now.parse::<i64>().unwrap_or_default().max(newest + 1).to_string();
    let fill = |template: &str| {
        let rust_version =
            version.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect::<Vec<_>>().join("_");
        template
            .replace("{{database}}", &database.name)
            .replace("{{file}}", &source::backfill(&args.name))
            .replace("{{name}}", &args.name)
            .replace("{{type}}", &camel_case(&args.name))
            .replace("{{version}}", &version)
            .replace("{{rust_version}}", &rust_version)
    };
    let check = database.folder.join("checks").join(format!("{}.sql", args.name));
    let mut files = match is_simple(&loaded.history) {
        true => vec![(database.folder.join(format!("{version}_{}.sql", args.name)), fill(UP))],
        false => {
            let (up, down) = paths(&database.folder, &version, &args.name);
            vec![(up, fill(UP)), (down, fill(DOWN))]
        }
    };
    files.push((check, fill(CHECK)));
    if args.backfill {
        let scheme = database.engine.scheme();
        let template = BACKFILLS.iter().find(|(engine, _)| *engine == scheme).map_or("", |(_, template)| *template);
        files.push((PathBuf::from(source::backfill(&args.name)), fill(template)));
    }
    for (path, _) in &files {
        if path.exists() {
            return Err(Error::NameTaken { name: args.name.clone(), path: path.clone() });
        }
    }
    if args.backfill {
        let refused = |why: String, help: String| Error::Registry { path: registry.clone(), why, help };
        let text = fs::read_to_string(&registry).map_err(|error| {
            let help = match error.kind() {
                ErrorKind::NotFound => {
                    format!("restore `{}` from version control, then run the command again", registry.display())
                }
                _ => "check that the file is UTF-8 text that this user may read".to_owned(),
            };
            refused(error.to_string(), help)
        })?;
        let registered = register(&text, &args.name).ok_or_else(|| {
            refused("the marker line is missing".to_owned(), format!("put the line `{MARK}` last inside `vec![…]`"))
        })?;
        files.push((registry, registered));
    }
    for (done, (path, text)) in files.iter().enumerate() {
        if let Err(error) = write(path, text) {
            for (path, _) in &files[..done] {
                drop(fs::remove_file(path));
            }
            return Err(error);
        }
    }
    for (path, _) in &files {
        context.terminal.result(&format!("  {}", path.display()));
    }
    let (verify, ci) = (command("backfill --verify"), command("ci"));
    let next = match (args.backfill, loaded.traffic) {
        (false, _) => format!("fill in the files, then run: {ci}"),
        (true, Some(_)) => format!("fill in the files, then run: {verify}, {ci}"),
        (true, None) => format!(
            "fill in the files, add the app's concurrent writes to {}, then run: {verify}, {ci}",
            source::traffic(&database.name)
        ),
    };
    context.terminal.note(&context.terminal.err().faint(next));
    Ok(Exit::Ok)
}

/// True if all migrations of a history are files without a direction: sqlx-cli does not mix them with others.
fn is_simple(history: &History) -> bool {
    let is_simple = |migration: &Migration| !migration.up.path.to_string_lossy().ends_with(".up.sql");
    !history.migrations.is_empty() && history.migrations.iter().all(is_simple)
}

/// Writes a file completely or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let whole = path.with_added_extension("new");
    let written = fs::write(&whole, text).and_then(|()| fs::rename(&whole, path));
    written.map_err(|error| {
        drop(fs::remove_file(&whole));
        failed(error)
    })
}

fn check_name(name: &str) -> Result<(), Error> {
    let bad = |why| Err(Error::BadName { name: name.to_owned(), why });
    // A module with such a name would need `r#`.
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
        "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
        "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    // A module with such a name would shadow the crate.
    const CRATES: &[&str] = &["alloc", "core", "proc_macro", "rehearsal", "sqlx", "std", "test"];
    match name {
        "" => bad("it is empty"),
        _ if !name.starts_with(|c: char| c.is_ascii_lowercase()) => bad("it does not begin with a lower-case letter"),
        _ if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') => {
            bad("it is not snake_case")
        }
        _ if name.contains("__") || name.ends_with('_') => bad("it has a double or trailing underscore"),
        _ if KEYWORDS.contains(&name) => bad("it is a keyword of Rust, and the name becomes a module"),
        _ if CRATES.contains(&name) => bad("it is the name of a crate"),
        _ if name.len() > 100 => bad("it is longer than 100 characters"),
        _ => Ok(()),
    }
}

fn camel_case(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

/// Adds a backfill to the text of the registry. `None` if the marker line is missing.
fn register(registry: &str, name: &str) -> Option<String> {
    let mark = registry.find(MARK)?;
    let line = registry[..mark].rfind('\n')? + 1;
    let indent = &registry[line..mark];
    let entry = format!("{indent}Box::new({name}::{}Backfill),\n", camel_case(name));
    let modules: Vec<&str> = registry.lines().filter(|line| line.starts_with("mod ")).collect();
    let module = format!("mod {name};");
    let mut text = registry.to_owned();
    text.insert_str(line, &entry);
    // Modules stay in rustfmt's order. The first module goes before the first `use`.
    let place = modules.iter().find(|other| ***other > *module).or(None);
    let at = match (place, modules.last()) {
        (Some(next), _) => text.find(next)?,
        (None, Some(last)) => text.find(last)? + last.len() + 1,
        (None, None) => text.find("\nuse ")? + 1,
    };
    text.insert_str(at, &(module + "\n"));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn names() {
        let check = |name: &str, ok: bool| assert_eq!(check_name(name).is_ok(), ok, "{name}");
        check("add_colour", true);
        check("v2_schema", true);
        check("", false);
        check("AddColour", false);
        check("add-colour", false);
        check("add colour", false);
        check("_add", false);
        check("add_", false);
        check("add__colour", false);
        check("2nd", false);
        check("größe", false);
        check("../evil", false);
        check("match", false);
        check("sqlx", false);
    }

    #[test]
    fn registers_in_order() {
        let registry =
            |modules: &str, entries: &str| format!("//! Doc.\n\n{modules}\nuse x;\n\nvec![\n{entries}    {MARK}\n]\n");
        let check = |modules: &str, expect: &str| {
            let got = register(&registry(modules, ""), "b_c");
            assert_eq!(got, Some(registry(expect, "    Box::new(b_c::BCBackfill),\n")));
        };
        check("mod a;\n", "mod a;\nmod b_c;\n");
        check("mod c;\n", "mod b_c;\nmod c;\n");
        check("mod a;\nmod z;\n", "mod a;\nmod b_c;\nmod z;\n");
        assert_eq!(register("vec![]", "b"), None);
    }
}
