//! Histories of other people's projects, which have no file of ours: what sqlx takes is taken, and a clean one gets no
//! findings.

mod fixtures;
mod flags;
mod histories;
mod long;
mod servers;
mod setup;

use crate::workspace::Workspace;
use pretty_assertions::assert_eq;

/// Files of a project, by path.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Rehearses a project and holds all of it against the snapshot of that name.
fn check(snapshot: &str, exit: i32, files: Files<'_>, arguments: &str) {
    check_project(snapshot, exit, &Workspace::of_somebody_else(files), arguments);
}

/// The same, where the project was arranged by hand.
fn check_project(snapshot: &str, exit: i32, project: &Workspace, arguments: &str) {
    let before = project.files();
    project.run(&format!("ci {arguments}")).check(exit, "given", snapshot);
    assert_eq!(project.files(), before, "{snapshot}: `{arguments}` wrote something");
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
