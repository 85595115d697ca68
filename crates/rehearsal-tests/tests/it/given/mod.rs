//! Histories of other projects, without any file of this repository: everything that sqlx accepts is accepted, and
//! a clean history has no findings. Cases go through [`check`].

mod fixtures;
mod flags;
mod histories;
mod long;
mod servers;
mod setup;

use crate::suite::another_project;
use pretty_assertions::assert_eq;
use rehearsal_tests::workspace::Workspace;

/// The files of a project: path and text.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Rehearses a project with these files, and compares all output with the snapshot with this name.
fn check(snapshot: &str, exit: i32, files: Files<'_>, arguments: &str) {
    check_project(snapshot, exit, &another_project(files), arguments);
}

/// Rehearses an existing project like [`check`]. The rehearsal must not change its files.
fn check_project(snapshot: &str, exit: i32, project: &Workspace, arguments: &str) {
    let before = project.files();
    project.run(&format!("ci {arguments}")).check(exit, "given", snapshot);
    assert_eq!(project.files(), before, "{snapshot}: `{arguments}` changed files");
}

const SQLITE: &str = "--migrations migrations --engine sqlite";
const POSTGRES: &str = "--migrations migrations --engine postgres";

/// A clean history for both engines, in sqlx's simple form.
const PEOPLE: (&str, &str) =
    ("migrations/1_people.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n");
const HATS: (&str, &str) = (
    "migrations/2_hats.sql",
    "CREATE TABLE hats (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES people (id));\n",
);
