//! `init`: writes the files with which a project is rehearsed in CI and, with `--xtask`, a crate for its own backfills and
//! checks. It overwrites nothing. The templates are the `.txt` files in this folder.

use super::new::write;
use crate::args::InitArgs;
use crate::context::Context;
use crate::error::Error;
use crate::git;
use rehearsal::Exit;
use rehearsal::workspace::{CONFIGURATION, Database, Origin};
use rehearsal_db::command::command;
use std::path::{Path, PathBuf};

const CONFIGURATION_FILE: &str = include_str!("rehearsal.toml.txt");
const WORKFLOW: &str = include_str!("workflow.yml.txt");
const MANIFEST: &str = include_str!("cargo.toml.txt");
const MAIN: &str = include_str!("main.rs.txt");
const BACKFILLS: &str = include_str!("backfills.rs.txt");
const CHECKS: &str = include_str!("checks.rs.txt");
const EXAMPLE_CHECK: &str = include_str!("example_check.rs.txt");
const ALIAS: &str = include_str!("cargo_config.toml.txt");

/// The file with the alias of the crate `xtask`.
const CARGO_CONFIG: &str = ".cargo/config.toml";

/// What differs between the engines: the engine, the example, the type of its driver, and the feature of sqlx.
struct ForEngine {
    scheme: &'static str,
    example: &'static str,
    driver: &'static str,
    feature: &'static str,
}

const ENGINES: [ForEngine; 2] = [
    ForEngine {
        scheme: "sqlite",
        example: include_str!("example.sqlite.rs.txt"),
        driver: "Sqlite",
        feature: "sqlite-bundled",
    },
    ForEngine {
        scheme: "postgres",
        example: include_str!("example.postgres.rs.txt"),
        driver: "Postgres",
        feature: "postgres",
    },
];

/// Writes the files that do not exist, and prints each with what happened to it.
pub(super) fn run(context: &Context<'_>, args: &InitArgs) -> Result<Exit, Error> {
    let Some(database) = context.workspace.databases.first() else { return Ok(Exit::Ok) };
    let mut files = Vec::new();
    if matches!(database.origin, Origin::Project { .. }) {
        files.push((database.folder.join(CONFIGURATION), fill(CONFIGURATION_FILE, database)));
    }
    files.push(workflow(context, args, database));
    if args.xtask {
        files.extend(xtask(database)?);
    }
    for (path, text) in &files {
        let done = match path.exists() {
            true => "exists ",
            false => {
                write(path, text)?;
                "created"
            }
        };
        context.terminal.result(&format!("  {done}  {}", path.display()));
    }
    let alias = Path::new(CARGO_CONFIG);
    let has_alias = std::fs::read_to_string(alias).is_ok_and(|text| text.contains("xtask ="));
    if args.xtask && !has_alias {
        let line = ALIAS.lines().nth(1).unwrap_or_default();
        context.terminal.note(&format!("add this line to [alias] in {CARGO_CONFIG}: {line}"));
    }
    let next = match args.xtask {
        true => {
            format!("commit the files, then create a change with `cargo xtask new {} NAME --backfill`", database.name)
        }
        false => format!("commit the files, then run: {}", command("ci")),
    };
    context.terminal.note(&context.terminal.err().faint(next));
    Ok(Exit::Ok)
}

/// Replaces the placeholders that all templates have.
fn fill(template: &str, database: &Database) -> String {
    let folder = database.folder.display().to_string();
    template
        .replace("{{name}}", &database.name)
        .replace("{{engine}}", database.engine.scheme())
        .replace("{{folder}}", &folder)
}

/// Returns the workflow of GitHub Actions, at the root of the repository.
fn workflow(context: &Context<'_>, args: &InitArgs, database: &Database) -> (PathBuf, String) {
    let root = &context.workspace.root;
    let here = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    let repository = git::root(here).and_then(|repository| Some((repository, here.canonicalize().ok()?)));
    // In a repository with several projects, the commands run in the folder of this one.
    let (place, folder) = match repository {
        Some((repository, here)) => {
            let below = here.strip_prefix(&repository).map(Path::to_owned).unwrap_or_default();
            (if below.as_os_str().is_empty() { root.clone() } else { repository }, below)
        }
        None => (root.clone(), PathBuf::new()),
    };
    let version = format!("~{}", env!("CARGO_PKG_VERSION"));
    let (program, install) = match args.xtask {
        true => ("cargo xtask", String::new()),
        false => (
            "cargo rehearse",
            format!(
                "      - run: command -v cargo-rehearse || cargo install rehearsal-cli --locked --version '{version}'\n"
            ),
        ),
    };
    let mut text = fill(WORKFLOW, database).replace("{{install}}", &install).replace("{{command}}", program).replace(
        "{{target}}",
        &folder.join(if args.xtask { "xtask/target" } else { "target/rehearsal" }).display().to_string(),
    );
    if !folder.as_os_str().is_empty() {
        let defaults = format!("    defaults:\n      run:\n        working-directory: {}\n", folder.display());
        text = text.replace("    steps:\n", &format!("{defaults}    steps:\n"));
    }
    (place.join(".github/workflows/rehearse.yml"), text)
}

/// Returns the files of the crate `xtask`.
fn xtask(database: &Database) -> Result<Vec<(PathBuf, String)>, Error> {
    let scheme = database.engine.scheme();
    let Some(engine) = ENGINES.iter().find(|engine| engine.scheme == scheme) else { return Err(Error::NoSources) };
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').map_or(env!("CARGO_PKG_VERSION"), |(minor, _)| minor);
    let manifest = MANIFEST
        .replace("{{rehearsal}}", &format!("\"{version}\""))
        .replace("{{rehearsal_cli}}", &format!("\"{version}\""))
        .replace("{{feature}}", engine.feature);
    let check = EXAMPLE_CHECK.replace("{{driver}}", engine.driver);
    let templates = [
        ("xtask/Cargo.toml", manifest.as_str()),
        ("xtask/src/main.rs", MAIN),
        ("xtask/src/backfills/mod.rs", BACKFILLS),
        ("xtask/src/backfills/example.rs", engine.example),
        ("xtask/src/checks/mod.rs", CHECKS),
        ("xtask/src/checks/example.rs", &check),
        ("xtask/.gitignore", "/target\n"),
        (CARGO_CONFIG, ALIAS),
    ];
    Ok(templates.map(|(path, text)| (PathBuf::from(path), fill(text, database))).into())
}
