//! Fixtures: the version in their header, and their parts as `pg_dump` writes them.

#![no_main]

mod folder;

use libfuzzer_sys::fuzz_target;
use rehearsal::db::lex::statements;
use rehearsal::db::{Engine, positions_of_parts};
use rehearsal::fixture;
use rehearsal::migration::History;
use rehearsal::workspace::{Database, Fixture, Given};
use std::path::PathBuf;
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder::make("fixtures");
    folder::write(&folder, "migrations/1_a.sql", b"CREATE TABLE a (b INT);");
    folder::write(&folder, "fixtures/.keep", b"");
    folder
});

fuzz_target!(|content: &[u8]| {
    folder::write(&FOLDER, "fixtures/a.sql", content);
    for engine in Engine::ALL {
        let given = Given {
            folders: vec![FOLDER.join("migrations")],
            engine: *engine,
            fixtures: Vec::new(),
            setup: Vec::new(),
            tool: None,
        };
        let database = Database::of_project(&FOLDER, &given, "a".to_owned(), String::new());
        let Ok(database) = database else { continue };
        let Ok(history) = History::read(&database) else { continue };
        drop(fixture::find(&database, "b"));
        for fixture in &database.fixtures {
            drop(fixture::check_version(fixture, &history).map_err(|error| error.to_string()));
        }
    }
    let Ok(fixtures) = Fixture::of_file(&FOLDER.join("fixtures/a.sql")) else { return };
    for rows in fixtures.iter().flat_map(Fixture::rows) {
        let Ok(sql) = rows.sql() else { continue };
        for engine in Engine::ALL {
            let positions = positions_of_parts(&sql, *engine);
            assert!(positions.is_sorted(), "{positions:?}");
            let mut ends = positions.iter().skip(1).copied().chain([sql.len()]);
            for start in &positions {
                let part = &sql[*start..ends.next().unwrap_or(sql.len())];
                drop(statements(part, *engine));
            }
        }
    }
});
