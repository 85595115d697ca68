//! Import cycles: no file imports a sibling file that imports it, directly or through other files. A helper that
//! two files need belongs in a third file.

use crate::tidy::{code, sources};
use pretty_assertions::assert_eq;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a folder, each with the sibling files that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Returns the sibling modules that a file's code names after `super::`, alone or in braces.
fn imported(code: &str) -> BTreeSet<String> {
    let first_word = |text: &str| {
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        (text[end..].starts_with("::") || text[end..].starts_with(';')).then(|| text[..end].to_owned())
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("super::").filter(|(at, _)| !code[..*at].ends_with("super::")) {
        let after = &code[at + "super::".len()..];
        match after.strip_prefix('{') {
            Some(group) => names.extend(group.split(['}', ';']).next().into_iter().flat_map(|group| {
                group.split(',').filter_map(|item| first_word(&format!("{};", item.trim()))).collect::<Vec<_>>()
            })),
            None => names.extend(first_word(after)),
        }
    }
    names
}

/// Returns the files whose imports lead back to themselves.
fn cycles(imports: &Imports) -> Vec<String> {
    let reaches = |start: &str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(file) = open.pop() {
            for next in imports.get(file).into_iter().flatten() {
                if seen.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        seen.contains(start)
    };
    imports.keys().filter(|file| reaches(file)).cloned().collect()
}

#[test]
fn files_of_a_folder_have_no_import_cycles() {
    let mut folders: BTreeMap<String, Imports> = BTreeMap::new();
    for (file, text) in sources().into_iter().filter(|(file, _)| file.contains("/src/")) {
        let path = Path::new(&file);
        let (folder, stem) = (path.parent().unwrap().to_string_lossy(), path.file_stem().unwrap().to_string_lossy());
        if !["mod", "lib", "main"].contains(&&*stem) {
            folders.entry(folder.into_owned()).or_default().insert(stem.into_owned(), imported(&code(&text)));
        }
    }
    let mut found = Vec::new();
    for (folder, mut imports) in folders {
        let files: BTreeSet<String> = imports.keys().cloned().collect();
        imports.iter_mut().for_each(|(file, names)| names.retain(|name| name != file && files.contains(name)));
        found.extend(cycles(&imports).into_iter().map(|file| format!("{folder}/{file}.rs")));
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn import_cycles_are_found() {
    let check = |files: &[(&str, &str)], expect: &[&str]| {
        let imports = files.iter().map(|(file, code)| ((*file).to_owned(), imported(code))).collect();
        assert_eq!(cycles(&imports), expect);
    };
    check(&[("a", "use super::b::B;"), ("b", "use super::{Face, c::{C, D}};"), ("c", "")], &[]);
    check(
        &[("a", "use super::b::B;"), ("b", "use super::{Face, c};"), ("c", "fn c() { super::a::a() }")],
        &["a", "b", "c"],
    );
    check(&[("a", "use super::super::b::B;"), ("b", "use super::a;")], &[]);
}
