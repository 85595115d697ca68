//! Rules of the repository that the compiler does not check, such as the absences that `ARCHITECTURE.md` promises:
//! each test searches the text of the sources.

use crate::suite::{SUITE, repository};
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::{TRAITS, Workspace};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns path (from the root of the repository) and text of the files below `folder` with this extension, sorted
/// by path.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|other| other == ending) {
                let name = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no .{ending} in {folder}");
    found.sort();
    found
}

pub(crate) fn sources() -> Vec<(String, String)> {
    ["app", "crates", "xtask"].into_iter().flat_map(|krate| files(krate, "rs")).collect()
}

/// Returns the code of a file, without its comments and without the unit tests at its end.
pub(crate) fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// True for the unit tests of a module: `tests.rs`, and the files of a folder `tests` next to it. A folder `tests`
/// without `tests.rs` does not count.
fn is_of_tests(file: &str) -> bool {
    let folder = |(module, _): (&str, &str)| repository().join(module).join("tests.rs").is_file();
    file.ends_with("/tests.rs") || file.split_once("/tests/").is_some_and(folder)
}

/// Tests below `crates`, which run a program as a workspace has it.
const TESTS: &[&str] = &["crates/rehearsal-cli/tests/", "crates/rehearsal-tests/"];

/// Fails if the code of a file below `among`, but not in `allowed`, contains one of `words`.
fn check(rule: &str, among: &str, words: &[&str], allowed: &[&str]) {
    let excepted = |file: &str| is_of_tests(file) || allowed.iter().any(|place| file.starts_with(place));
    let here = |file: &str| file.starts_with(among) && !excepted(file);
    let mut looked_at = 0;
    let mut offences = Vec::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| here(file)) {
        looked_at += 1;
        let code = code(&text);
        offences.extend(words.iter().filter(|word| code.contains(**word)).map(|word| format!("{file}: {word}")));
    }
    assert_eq!(offences, [""; 0], "{rule}");
    assert!(looked_at > 0, "{among} is empty");
}

#[test]
fn restricted_calls_stay_in_their_modules() {
    let print = ["println!", "eprintln!", "print!(", "eprint!(", "io::stdout", "io::stderr"];
    let mains = ["crates/rehearsal-cli/src/terminal/", "xtask/benches/", "app/src/main.rs", "app/src/cli/"];
    check("only terminal/ prints", "", &print, &[&mains[..], TESTS, &["app/tests/", "xtask/tests/"]].concat());
    check("only the command line exits", "crates", &["process::exit"], &["crates/rehearsal-cli/src/"]);
    let environment = ["env::var", "env::args", "env::current_", "env::set_", "env::temp_dir", "dotenvy"];
    check(
        "only environment.rs reads the environment",
        "crates",
        &environment,
        &[&["crates/rehearsal-cli/src/environment.rs"], TESTS].concat(),
    );
    check("only commands handle signals", "crates", &["ctrl_c", "signal::"], &["crates/rehearsal-cli/src/commands/"]);
    check("only the command line reads the environment", "xtask/src", &environment, &[]);
    let dialect =
        ["feature = \"sqlite\"", "feature = \"postgres\"", "PRAGMA", "sqlite_schema", "pg_class", "pg_catalog"];
    for above in ["crates/rehearsal/", "crates/rehearsal-cli/", "xtask/src/"] {
        check("only rehearsal-db contains dialects", above, &dialect, &[]);
    }
    check("the app does not depend on xtask", "app", &["xtask::", "_xtask", "rehearsal"], &["app/tests/"]);
    // A workspace's program sets the name of the command line and the folder of its code. `catalog.rs` is allowed,
    // because databases may still contain a ledger under its first name.
    // `init --xtask` creates a crate of this name in a project.
    let creates = [&["crates/rehearsal-cli/src/commands/init/"], TESTS].concat();
    let names = ["cargo xtask", "xtask/", "xtask::", "_xtask", "app::"];
    let allowed = [&creates[..], &["crates/rehearsal-db/src/catalog.rs"]].concat();
    check("the library names no workspace", "crates", &names, &allowed);
    for place in ["crates", "xtask/src", "app/src"] {
        check("errors are returned, without panics", place, &[".unwrap()", ".expect(", "panic!(", "todo!("], TESTS);
    }
    check("no work is left unfinished", "", &["TODO", "FIXME", "dbg!("], &["xtask/tests/it/tidy.rs"]);
}

/// Comments, templates and manifests of the crates do not name this workspace either: readers of a published crate
/// do not have it.
#[test]
fn crates_do_not_name_this_workspace() {
    // `init --xtask` creates a crate of this name in a project.
    let creates = [&["crates/rehearsal-cli/src/commands/init/"], TESTS].concat();
    let is_a_template = |file: &str| creates.iter().any(|place| file.starts_with(place));
    let all = ["rs", "txt", "toml", "md", "sh"].into_iter().flat_map(|ending| files("crates", ending));
    for (file, text) in all.filter(|(file, _)| !is_a_template(file)) {
        for word in ["cargo xtask", "xtask/", "xtask::", "app::"] {
            assert!(!text.contains(word), "{file} contains `{word}`");
        }
    }
}

/// The modules of each crate, lowest first: a module uses only modules before it.
const ORDER: &[(&str, &[&str])] = &[
    (
        "rehearsal",
        &[
            "plural",
            "quoted",
            "threads",
            "directive",
            "source",
            "layout",
            "workspace",
            "ledger",
            "event",
            "compare",
            "gallery",
            "generate",
            "migration",
            "backfill",
            "check",
            "fixture",
            "sandbox",
            "report",
            "baseline",
            "proofs",
            "cache",
            "interim",
            "runner",
            "registry",
            "status",
        ],
    ),
    (
        "rehearsal-cli",
        &[
            "args",
            "terminal",
            "environment",
            "report",
            "reporters",
            "git",
            "given",
            "host",
            "context",
            "target",
            "consent",
            "commands",
        ],
    ),
];

/// The crates of this workspace that each crate uses.
const USES: &[(&str, &[&str])] = &[
    ("app", &[]),
    ("crates/rehearsal-db", &[]),
    ("crates/rehearsal-postgres", &[]),
    ("crates/rehearsal", &["rehearsal-db", "rehearsal-postgres"]),
    ("crates/rehearsal-cli", &["rehearsal", "rehearsal-db", "rehearsal-postgres"]),
    ("crates/rehearsal-tests", &["rehearsal", "rehearsal-cli", "rehearsal-postgres"]),
    ("xtask", &["app", "rehearsal", "rehearsal-cli"]),
];

#[test]
fn dependencies_point_one_way() {
    for (krate, order) in ORDER {
        let source = format!("crates/{krate}/src");
        for (i, module) in order.iter().enumerate() {
            let above: Vec<String> = order[i + 1..].iter().map(|other| format!("crate::{other}")).collect();
            let above: Vec<&str> = above.iter().map(String::as_str).collect();
            let folder = repository().join(&source).join(module).is_dir();
            let place = format!("{source}/{module}{}", if folder { "/" } else { ".rs" });
            check("dependencies point one way", &place, &above, &[]);
        }
        let modules = fs::read_to_string(repository().join(&source).join("lib.rs")).unwrap();
        let declared = modules.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
        let unplaced: Vec<&str> = declared
            .map(|name| name.trim_end_matches(';'))
            .filter(|name| *name != "error" && !order.contains(name))
            .collect();
        assert_eq!(unplaced, [""; 0], "`ORDER` lists every module");
    }
    for (krate, uses) in USES {
        let manifest = fs::read_to_string(repository().join(krate).join("Cargo.toml")).unwrap();
        let manifest = manifest.split("[dev-dependencies]").next().unwrap();
        let ours: Vec<&str> = manifest
            .lines()
            .filter_map(|line| line.strip_suffix(".workspace = true"))
            .filter(|name| *name == "app" || *name == "xtask" || name.starts_with("rehearsal"))
            .collect();
        assert_eq!(&ours, uses, "{krate}");
    }
}

#[test]
fn every_file_has_a_header() {
    let mute = |(file, text): (String, String)| (!text.starts_with("//! ")).then_some(file);
    assert_eq!(sources().into_iter().filter_map(mute).collect::<Vec<_>>(), [""; 0], "every file begins with `//!`");
    let mute = |(file, text): (String, String)| (!text.starts_with("-- ")).then_some(file);
    let sql = files("migrations", "sql").into_iter().chain(files("fixtures", "sql"));
    // The up file documents its down file.
    let silent: Vec<_> = sql.filter(|(file, _)| !file.ends_with(".down.sql")).filter_map(mute).collect();
    assert_eq!(silent, [""; 0], "every SQL file begins with a comment");
}

#[test]
fn everything_is_registered() {
    for folder in ["backfills", "checks", "traffic"] {
        let registry = fs::read_to_string(repository().join(format!("xtask/src/{folder}/mod.rs"))).unwrap();
        // Without `impl`, because generics may precede the name of the trait.
        let traits = ["Backfill for ", "ParentChildBackfill for ", "RowCheck for ", "Traffic for "];
        let is_entry = |text: &str| traits.iter().any(|of| text.contains(of));
        for (file, _) in files(&format!("xtask/src/{folder}"), "rs").into_iter().filter(|(_, text)| is_entry(text)) {
            let name = stem(Path::new(&file));
            let listed = registry.contains(&format!("mod {name};"))
                && [format!("Box::new({name}::"), format!("ParentChild({name}::")]
                    .iter()
                    .any(|entry| registry.contains(entry));
            assert!(listed, "{file} is not registered");
        }
    }
    let registry = fs::read_to_string(repository().join("xtask/src/generators/mod.rs")).unwrap();
    for entry in fs::read_dir(repository().join("xtask/src/generators")).unwrap() {
        let name = stem(&entry.unwrap().path());
        assert!(
            registry.contains(&format!("Box::new({name}::")) || name == "mod",
            "generator {name} is not registered"
        );
    }
    let workspace = Workspace::with_pets(&SUITE, TRAITS);
    let ran = workspace.run("verify pets --json");
    let verdicts: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
    let mut run: Vec<&str> = verdicts.iter().map(|verdict| verdict["check"].as_str().unwrap()).collect();
    let mut there: Vec<String> =
        files("migrations/pets/checks", "sql").iter().map(|(file, _)| stem(Path::new(file))).collect();
    there.extend(
        files("xtask/src/checks", "rs")
            .iter()
            .map(|(file, _)| stem(Path::new(file)))
            .filter(|name| name.starts_with("pet")),
    );
    run.sort_unstable();
    there.sort();
    assert_eq!(run, there, "every check is run");
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Every snapshot belongs to a test case.
#[test]
fn every_snapshot_is_used() {
    for suite in ["xtask", "crates/rehearsal-tests"] {
        let tests: String = files(&format!("{suite}/tests/it"), "rs").into_iter().map(|(_, text)| text).collect();
        for (file, _) in files(&format!("{suite}/tests/it/snapshots"), "snap") {
            let name = stem(Path::new(&file));
            let made = ["help_", "at_once_"].iter().any(|made| name.starts_with(made));
            assert!(made || tests.contains(&format!("\"{name}\"")), "no test uses {file}");
        }
    }
}

const CRATES: [&str; 7] = [
    "app",
    "crates/rehearsal",
    "crates/rehearsal-cli",
    "crates/rehearsal-db",
    "crates/rehearsal-postgres",
    "crates/rehearsal-tests",
    "xtask",
];

#[test]
fn every_dependency_is_used() {
    for krate in CRATES {
        let manifest = fs::read_to_string(repository().join(krate).join("Cargo.toml")).unwrap();
        let code: String = files(krate, "rs").iter().map(|(_, text)| code_and_tests(text)).collect();
        let mut listed = 0;
        for name in manifest.lines().filter_map(|line| line.split_once(".workspace = true").map(|(name, _)| name)) {
            if ["version", "edition", "rust-version", "license"].contains(&name) {
                continue;
            }
            listed += 1;
            let name = name.replace('-', "_");
            let used = [format!("{name}::"), format!("use {name};")].iter().any(|text| code.contains(text));
            assert!(used, "{krate} does not use {name}");
        }
        assert!(listed > 0, "{krate} lists no dependencies");
    }
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let members: String =
        CRATES.iter().map(|krate| fs::read_to_string(repository().join(krate).join("Cargo.toml")).unwrap()).collect();
    let shared = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for name in shared.lines().filter_map(|line| line.split_once(" = ").map(|(name, _)| name)) {
        assert!(members.contains(&format!("\n{name}.workspace = true")), "no crate uses {name}");
    }
}

fn code_and_tests(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

/// `explain` knows every code that an error names.
#[test]
fn codes_of_errors_are_explained() {
    let known: Vec<&str> = rehearsal::proofs::codes().iter().map(|code| code.name).collect();
    let mut named = 0;
    for (file, text) in files("crates", "rs") {
        for code in text.split("code(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            named += 1;
            assert!(known.contains(&code), "{file} names the unknown code {code}");
        }
    }
    assert!(named > 15, "errors name only {named} codes");
}

/// The compiler silently skips a file that no module declares.
#[test]
fn every_module_is_declared() {
    for (file, _) in sources().into_iter().filter(|(file, _)| !file.contains("/benches/")) {
        let path = PathBuf::from(&file);
        let name = stem(&path);
        let folder = path.parent().unwrap();
        let roots = ["main", "lib"];
        if roots.contains(&name.as_str()) || folder.ends_with("tests") {
            continue;
        }
        let (module, parents) = match name.as_str() {
            "mod" => (stem(folder), vec![folder.parent().unwrap().to_owned()]),
            _ => (name, vec![folder.to_owned()]),
        };
        let beside = parents.iter().map(|parent| parent.with_extension("rs"));
        let within = parents.iter().flat_map(|parent| ["mod.rs", "main.rs", "lib.rs"].map(|root| parent.join(root)));
        let mut declared = within.chain(beside);
        let declares = |root: PathBuf| {
            fs::read_to_string(repository().join(root)).is_ok_and(|text| text.contains(&format!("mod {module};")))
        };
        assert!(declared.any(declares), "no module declares {file}");
    }
}

/// Only the folders of the engines and the registry name an engine: other code calls the dialect, the session or
/// the address.
#[test]
fn only_engine_folders_and_the_registry_name_engines() {
    const MOST: usize = 10;
    const DATABASE: &str = "crates/rehearsal-db/src";
    let registry = format!("{DATABASE}/registry.rs");
    let entry = |line: &str| {
        let (name, module) = line.trim().strip_suffix("::DIALECT,")?.split_once(" => ")?;
        Some((name.to_owned(), module.to_owned()))
    };
    let listed = fs::read_to_string(repository().join(&registry)).unwrap();
    let engines: Vec<(String, String)> = listed.lines().filter_map(entry).collect();
    assert!(engines.len() > 1, "{registry} lists fewer than two engines");
    let is_own = |file: &str| {
        file == registry || engines.iter().any(|(_, module)| file.starts_with(&format!("{DATABASE}/{module}/")))
    };
    let mut places = Vec::new();
    for (file, text) in sources() {
        let is_test = is_of_tests(&file) || TESTS.iter().any(|tests| file.starts_with(tests));
        if !file.starts_with("crates/") || is_own(&file) || is_test {
            continue;
        }
        let code = text.lines().take_while(|line| !line.contains("#[cfg(test)]")).enumerate();
        for (at, line) in code.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let named = words
                .filter(|word| engines.iter().any(|(name, module)| word == name || *word == format!("is_{module}")));
            // To compare or match a name in quotes is to name an engine, too.
            let compared = engines.iter().flat_map(|(_, module)| {
                [format!("== \"{module}\""), format!("!= \"{module}\""), format!("\"{module}\" =>")]
            });
            let mentions = named.count() + compared.filter(|text| line.contains(text.as_str())).count();
            places.extend(vec![format!("{file}:{} {}", at + 1, line.trim()); mentions]);
        }
    }
    assert!(places.len() <= MOST, "{} locations name an engine, and {MOST} may:\n{}", places.len(), places.join("\n"));
}

/// Returns the commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.filter(|line| line.starts_with("  ") && !line.starts_with("   ")).filter_map(first_word).collect()
}

fn first_word(line: &str) -> Option<String> {
    line.split_whitespace().next().map(ToOwned::to_owned)
}

/// Returns the commands that messages advise: arguments of a function `command`, and text after the name of the
/// command line.
fn advised(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, call) in code.match_indices("command(") {
        let rest = code[at + call.len()..].trim_start().trim_start_matches('&').trim_start_matches("format!(");
        if let Some((words, _)) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            found.push(words.to_owned());
        }
    }
    for name in ["cargo xtask ", "cargo rehearse "] {
        for (at, _) in code.match_indices(name) {
            let rest = &code[at + name.len()..];
            found.push(rest.split(['`', '"', ',', ';', '\\', '\n']).next().unwrap_or_default().to_owned());
        }
    }
    found
}

#[test]
fn advised_commands_exist() {
    let help = |path: &[&str]| {
        let arguments = path.iter().copied().chain(["--help"]);
        duct::cmd(env!("CARGO_BIN_EXE_xtask"), arguments).read().unwrap()
    };
    let commands = listed(&help(&[]));
    assert!(commands.contains(&"migrate".to_owned()), "the help does not list `migrate`: {commands:?}");
    let mut seen = 0;
    for (file, text) in sources() {
        let is_ours = file.starts_with("crates/") || file.starts_with("xtask/src/");
        if !is_ours || is_of_tests(&file) {
            continue;
        }
        for advice in advised(&code(&text)) {
            let words: Vec<&str> = advice.split_whitespace().collect();
            let Some(first) = words.first().filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())) else {
                continue;
            };
            seen += 1;
            assert!(commands.iter().any(|known| known == first), "{file} advises `{advice}`, which does not exist");
            let mut path = vec![*first];
            let below = listed(&help(&path));
            if let (false, Some(second)) = (below.is_empty(), words.get(1)) {
                assert!(below.iter().any(|known| known == second), "{file} advises `{advice}`, which does not exist");
                path.push(second);
            }
            let told = help(&path);
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(told.contains(flag), "{file} advises `{advice}`, which has no {flag}");
            }
        }
    }
    assert!(seen > 20, "messages advise only {seen} commands");
}
