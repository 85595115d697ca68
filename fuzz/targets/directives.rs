//! The directives and declarations of migrations and checks, and the layouts of all tools.

#![no_main]

mod folder;

use libfuzzer_sys::fuzz_target;
use rehearsal::check;
use rehearsal::db::Engine;
use rehearsal::layout::{Tool, detect, files_in};
use rehearsal::migration::{Fault, History};
use rehearsal::workspace::{Database, Origin};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| folder::make("directives"));

/// The files of a migration, one for each layout.
const FILES: [&str; 6] = [
    "sqlx/1_a.up.sql",
    "sqlx/1_a.down.sql",
    "sqlx/checks/a.sql",
    "one/V1__a.sql",
    "diesel/00000000000001_a/up.sql",
    "golang/1_a.up.sql",
];

fuzz_target!(|sql: &str| {
    for file in FILES {
        folder::write(&FOLDER, file, sql.as_bytes());
    }
    for engine in Engine::ALL {
        for origin in [Origin::Workspace, Origin::Project { flags: String::new() }] {
            let database = Database::new("a".to_owned(), *engine, FOLDER.join("sqlx"), origin);
            read(&database);
        }
        drop(check::read(&FOLDER.join("sqlx"), *engine));
        for (folder, tools) in [
            ("one", [Tool::Goose, Tool::Dbmate, Tool::Refinery].as_slice()),
            ("diesel", &[Tool::Diesel, Tool::Prisma]),
            ("golang", &[Tool::GolangMigrate]),
        ] {
            let folder = FOLDER.join(folder);
            let files: Vec<_> = files_in(&folder).into_iter().flatten().collect();
            black_box(detect(&files));
            for tool in tools {
                let plain = Database::new("a".to_owned(), *engine, folder.clone(), Origin::Workspace);
                read(&Database { tool: *tool, ..plain });
            }
        }
    }
});

fn read(database: &Database) {
    match History::read(database) {
        Ok(history) => {
            for migration in &history.migrations {
                drop((migration.label(), format!("{:?}", migration.loses)));
            }
            drop(history.allows());
        }
        Err(faults) => faults.iter().for_each(show),
    }
}

/// A fault points at a part of its file.
fn show(fault: &Fault) {
    drop(fault.to_string());
    if let Fault::Directive { text, at, .. } | Fault::OwnTransaction { text, at, .. } = fault {
        let end = at.offset() + at.len();
        assert!(text.inner().get(at.offset()..end).is_some(), "{at:?}");
    }
}
