//! Servers that do not exist or refuse the connection, databases that rehearsal cannot use, and names that need
//! quoting. No message shows a password.

use super::check;
use crate::suite::SUITE;
use pretty_assertions::assert_eq;
use rehearsal_postgres::{Hints, Server};
use rehearsal_tests::database::block;
use rehearsal_tests::postgres::{binaries, execute, hints, query, unique, url};
use rehearsal_tests::shop::Shop;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Checks that a command fails, and that its output contains `expected` and no password.
fn refuses(shop: &Shop, arguments: &str, exit: i32, expected: &[&str]) {
    let ran = shop.run(arguments);
    assert_eq!(ran.exit, Some(exit), "{}", ran.text());
    let text = ran.text().replace(&ran.command, "");
    for part in expected {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
}

#[test]
fn urls() {
    let shop = Shop::new(&SUITE);
    let check = |snapshot: &str, url: &str, exit: i32| {
        check(snapshot, &shop, &format!("migrate shop --yes --url {url}"), exit);
    };
    check("url_of_another_engine", "sqlite:shop.db", 2);
    check("url_of_mysql", "mysql://me:s3cret@localhost/shop", 2);
    check("url_without_database", "postgres://me:s3cret@localhost", 2);
    check("url_without_database_but_a_slash", "postgres://me:s3cret@localhost/", 2);
    check("url_of_a_port_in_words", "postgres://me:s3cret@localhost:many/shop", 2);
    check("url_of_an_unknown_sslmode", "postgres://me:s3cret@localhost/shop?sslmode=maybe", 2);
    check("nobody_listens", "postgres://me:s3cret@127.0.0.1:1/shop", 1);
    check("no_socket", "postgres://me:s3cret@localhost/shop?host=/nowhere", 1);
    check("no_such_host", "postgres://me:s3cret@nowhere.invalid/shop", 1);
}

#[test]
fn unknown_database() {
    let shop = Shop::new(&SUITE);
    for command in ["migrate shop", "migrate shop --status", "migrate shop --revert", "verify shop"] {
        let nowhere = url("no_such_database");
        refuses(&shop, &format!("{command} --url {nowhere}"), 2, &["there is no database at", "/no_such_database?"]);
    }
    let there = "SELECT count(*) FROM pg_database WHERE datname = 'no_such_database'";
    assert_eq!(query(&url("postgres"), there), ["0"], "the database was not created");
}

#[test]
fn encoding() {
    let shop = Shop::new(&SUITE);
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1'"));
    let ran = shop.run(&format!("migrate shop --url {}", url(&name)));
    assert_eq!(ran.exit, Some(1), "{}", ran.text());
    assert!(ran.stderr.contains("has the encoding LATIN1; rehearsal needs UTF8"), "{}", ran.text());
    assert_eq!(query(&url(&name), "SELECT count(*) FROM pg_class WHERE relname ~ '^_sqlx'"), ["0"]);
}

#[test]
fn a_name_that_needs_quotes() {
    let shop = Shop::new(&SUITE);
    let name = r#"My "db" é 50%/?"#;
    execute(&url("postgres"), &format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")));
    let url = url(name);
    for arguments in ["migrate shop", "migrate shop --status", "migrate shop --revert", "migrate shop", "verify shop"] {
        let told = shop.succeed(&format!("{arguments} --url {url}"));
        if arguments == "migrate shop" {
            let shown = told.stdout.lines().next().unwrap().trim_start_matches("shop on ").to_owned();
            assert!(shown.contains("/My%20%22db%22%20%C3%A9%2050%25/%3F?host="), "{shown}");
        }
    }
    assert_eq!(query(&url, "SELECT count(*) FROM _sqlx_migrations"), ["1"]);
}

/// A role with a password connects over the loopback interface, the only route that requires one.
#[test]
fn password() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // This path is too long for a Unix socket.
    let temp = folder.path().join("x".repeat(100));
    fs::create_dir(&temp).unwrap();
    let server = block(Server::start(&binaries(), &Hints { temp, ..hints() })).unwrap();
    let own = server.url("postgres");
    execute(&own, "CREATE ROLE clerk LOGIN PASSWORD 's3cret'; CREATE ROLE ghost LOGIN");
    execute(&own, "CREATE DATABASE shop OWNER clerk");
    let port = own.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let at = |user: &str| format!("postgres://{user}@127.0.0.1:{port}/shop");
    let shop = Shop::new(&SUITE);
    let refuses = |user: &str, expected: &[&str]| {
        refuses(&shop, &format!("migrate shop --url {}", at(user)), 1, expected);
        refuses(&shop, &format!("verify shop --url {}", at(user)), 1, expected);
    };
    let wrong = "password authentication failed for user \"clerk\"";
    refuses("clerk:s3cret2", &["rejected the login", wrong, "pg_hba.conf"]);
    refuses("ghost:s3cret", &["rejected the login", "password authentication failed for user \"ghost\""]);
    refuses("stranger:s3cret", &["rejected the login", "password authentication failed for user \"stranger\""]);
    refuses("clerk", &["rejected the login"]);
    let told = shop.succeed(&format!("migrate shop --url {}", at("clerk:s3cret"))).stdout;
    assert!(told.starts_with(&format!("shop on postgres://clerk@127.0.0.1:{port}/shop\n")), "{told}");
    shop.succeed(&format!("migrate shop --revert --url {}", at("clerk:s3cret")));
}

/// Unusable servers in `REHEARSAL_POSTGRES_URL`.
#[test]
fn server_of_the_environment() {
    let shop = Shop::new(&SUITE);
    execute(&url("postgres"), "CREATE ROLE weak LOGIN");
    let weak = url("postgres").replace("postgres@", "weak:s3cret@");
    let rows = [
        ("sqlite:a.db", 2, "`sqlite:a.db` is not a URL of PostgreSQL (from REHEARSAL_POSTGRES_URL)"),
        ("postgres://me:s3cret@127.0.0.1:1/postgres", 3, "cannot reach postgres://me@127.0.0.1:1/postgres"),
        (&weak, 3, "the role `weak` may not create databases (from REHEARSAL_POSTGRES_URL)"),
    ];
    for (url, exit, expected) in rows {
        let command = shop.workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", url)], ["ci", "shop"]);
        let ran = shop.workspace.finish("ci shop", command);
        assert_eq!(ran.exit, Some(exit), "{}", ran.text());
        assert!(ran.text().contains(expected) && !ran.text().contains("s3cret"), "{}", ran.text());
    }
}

/// Tables and `_sqlx_migrations` are created in the schema that the URL puts first.
#[test]
fn another_schema() {
    let shop = Shop::with(&SUITE, "ALTER TABLE item ADD COLUMN colour text;", "ALTER TABLE item DROP COLUMN colour;");
    let name = unique();
    execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
    execute(&url(&name), "CREATE SCHEMA \"My Schema\"");
    let theirs = format!("{}&options=-c%20search_path%3D%22My%5C%20Schema%22", url(&name));
    assert_eq!(query(&theirs, "SELECT current_schema()"), ["My Schema"]);
    shop.succeed(&format!("migrate shop --url {theirs}"));
    let places =
        "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname IN ('item', '_sqlx_migrations')";
    assert_eq!(query(&theirs, places), ["\"My Schema\""]);
    let status = shop.succeed(&format!("migrate shop --status --url {theirs}")).stdout;
    assert_eq!(status.matches("applied").count(), 2, "{status}");
    shop.succeed(&format!("migrate shop --revert --url {theirs}"));
    shop.succeed(&format!("migrate shop --url {theirs}"));
    shop.check_file("labels", "-- expect: rows\nSELECT 1 WHERE to_regclass('item') IS NOT NULL;\n");
    shop.succeed(&format!("verify shop --url {theirs}"));
    let shown = shop.succeed(&format!("migrate shop --status --url {theirs}")).stdout;
    assert!(shown.contains("&options=-c%20search_path%3D%22My%5C%20Schema%22"), "{shown}");
    // `_sqlx_migrations` in that schema does not count as a table of the user.
    let server = format!("{}&options=-c%20search_path%3D\"$user\",public", url("postgres"));
    let command = shop.workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", server.as_str())], ["ci", "shop"]);
    assert_eq!(shop.workspace.finish("ci shop", command).exit, Some(0));
}
