//! The README is accurate: each command of its examples runs, in order, in a workspace like a fresh checkout, and
//! prints what the page shows. On the page, `[..]` matches anything within a line, and `[...]` any further lines.

use crate::suite::{another_project, new_workspace, repository};
use crate::tidy::files;
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::Workspace;
use std::fs;
use std::path::{Path, PathBuf};

struct Example {
    command: String,
    expect: Vec<String>,
}

fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The project of the quick start: the SQL blocks of the page, each a file with the path in its first comment.
pub(crate) fn shop() -> Workspace {
    let page = readme();
    let blocks = page.split("```sql\n-- ").skip(1).map(|block| block.split("```").next().unwrap());
    let files: Vec<(&str, &str)> = blocks.filter_map(|block| block.split_once('\n')).collect();
    assert!(files.len() >= 3, "the quick start has two migrations and a fixture");
    another_project(&files)
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => examples.push(Example { command: command.to_owned(), expect: Vec::new() }),
                (None, Some(example)) => example.expect.push(line.to_owned()),
                (None, None) => panic!("output before the first command: {line}"),
            },
        }
    }
    for example in &mut examples {
        while example.expect.last().is_some_and(String::is_empty) {
            example.expect.pop();
        }
    }
    examples
}

/// Returns the lines of `got`, each replaced by the line of the page if it matches, so that only real differences
/// show.
fn fitted(expect: &[String], got: &str) -> Vec<String> {
    let mut lines: Vec<String> = got.trim_end().lines().map(|line| line.trim_end().to_owned()).collect();
    if let Some(("[...]", rest)) = expect.split_last().map(|(last, rest)| (last.as_str(), rest))
        && lines.len() >= rest.len()
    {
        lines.truncate(rest.len());
        lines.push("[...]".to_owned());
    }
    for (line, expect) in lines.iter_mut().zip(expect) {
        if fits(expect, line) {
            line.clone_from(expect);
        }
    }
    lines
}

fn fits(expect: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = expect.split("[..]");
    let Some(tail) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = tail;
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Builds the app in the target folder of this test, and returns its path.
fn app() -> PathBuf {
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let target = xtask.parent().and_then(Path::parent).unwrap();
    let build = duct::cmd!("cargo", "build", "--quiet", "--package", "app").dir(repository());
    build.env("CARGO_TARGET_DIR", target).run().unwrap();
    xtask.with_file_name("app")
}

#[test]
#[ignore = "slow"]
fn examples_print_what_the_page_shows() {
    let workspace = new_workspace();
    let (app, shop, rehearse) = (app(), shop(), super::packages::cargo_rehearse());
    let examples = examples(&readme());
    assert!(examples.len() >= 5, "the page has fewer than five examples");
    for Example { command, expect } in examples {
        let words: Vec<&str> = command.split_whitespace().collect();
        let run = match words.as_slice() {
            ["cargo", "xtask", arguments @ ..] => workspace.command(arguments.iter().copied()),
            ["cargo", "rehearse", ..] => duct::cmd(&rehearse, &words[1..]).dir(&shop.root).env_remove("DATABASE_URL"),
            ["cargo", "run", "--quiet", "--package", "app", "--", arguments @ ..] => duct::cmd(&app, arguments)
                .dir(&workspace.root)
                .env_remove("CARGO_MANIFEST_DIR")
                .env_remove("PETS_DATABASE_URL"),
            other => panic!("this test cannot run {other:?}"),
        };
        let output = run.stdout_capture().stderr_capture().unchecked().run().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let fails = expect.iter().any(|line| line.contains("FAILED"));
        assert_eq!(output.status.success(), !fails, "{command}\n{stdout}{stderr}");
        assert_eq!(fitted(&expect, &stdout), expect, "{command}");
    }
}

/// Every `cargo xtask …` and `cargo rehearse …` in the README, in docs/ and in CONTRIBUTING is an existing command with
/// existing flags.
#[test]
fn commands_exist() {
    let workspace = new_workspace();
    let page = readme();
    let pages: String = files("docs", "md").into_iter().map(|(_, text)| text).collect();
    let contributing = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let texts = [page.as_str(), &pages, &contributing].join("\n");
    let mut checked = 0;
    for rest in ["cargo xtask ", "cargo rehearse "].into_iter().flat_map(|program| texts.split(program).skip(1)) {
        let command = rest.split(['`', '\n', '#', '|']).next().unwrap();
        let words = command
            .split_whitespace()
            .take_while(|word| *word != "…")
            .map(|word| word.trim_end_matches([',', ';', '.']));
        let command: Vec<&str> = words.chain(["--help"]).collect();
        let ran = workspace.finish(&command.join(" "), workspace.command(command.iter().copied()));
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        checked += 1;
    }
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, command, does, _] = cells.as_slice() else { continue };
        let words =
            command.trim_matches('`').split_whitespace().take_while(|word| word.chars().all(char::is_lowercase));
        let arguments: Vec<&str> = words.chain(["--help"]).collect();
        let help = workspace.finish(command, workspace.command(arguments.iter().copied()));
        for flag in does.split('`').skip(1).step_by(2).filter_map(|flag| flag.split_whitespace().next()) {
            assert!(help.stdout.contains(flag), "{command} has no {flag}\n{}", help.text());
            checked += 1;
        }
    }
    assert!(checked >= 15, "the page names only {checked} commands and flags");
}
