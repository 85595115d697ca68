//! Passwords in URLs: no output, report, ledger or file of any command contains them.

use crate::suite::SUITE;
use rehearsal_tests::postgres::{execute, hold, query, unique, url};
use rehearsal_tests::processes::{kill, wait_until};
use rehearsal_tests::shop::Shop;
use rehearsal_tests::workspace::Ran;
use std::fs;
use std::path::Path;

/// The password in plain text and as a URL contains it. The server trusts every connection, so any password works.
const PASSWORD: &str = "geheim/füße@tür";
const ENCODED: &str = "geheim%2Ff%C3%BC%C3%9Fe%40t%C3%BCr";
/// The part that every form of the password contains.
const ESSENCE: &str = "geheim";
/// The start of an advised command that needs the password.
const ASKS: &str = "PGPASSWORD=… cargo xtask ";

/// Where a command finds the password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    User,
    Parameter,
    Environment,
}

/// How a command ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ends {
    Well,
    Badly,
}
use Ends::{Badly, Well};

/// A workspace and a URL with a password.
struct Guarded {
    shop: Shop,
    place: Place,
    url: String,
}

impl Guarded {
    fn new(place: Place) -> Self {
        let shop = Shop::with(&SUITE, "CREATE TABLE toy (id int);", "DROP TABLE toy;");
        let name = unique();
        execute(&url("postgres"), &format!("CREATE DATABASE {name}"));
        Self { url: with_password(&url(&name), place), shop, place }
    }

    fn variables(&self) -> Vec<(&'static str, &'static str)> {
        if self.place == Place::Environment { vec![("PGPASSWORD", PASSWORD)] } else { Vec::new() }
    }

    fn command(&self, variables: &[(&str, &str)], arguments: &[&str]) -> duct::Expression {
        let variables: Vec<_> = self.variables().into_iter().chain(variables.iter().copied()).collect();
        self.shop.workspace.command_in("", &variables, arguments.iter().copied())
    }

    /// Runs a command with these variables. It must print something, but not the password.
    fn check_with(&self, variables: &[(&str, &str)], arguments: &[&str], ends: Ends) -> Ran {
        let ran = self.shop.workspace.finish("", self.command(variables, arguments));
        assert!(!ran.stdout.is_empty() || !ran.stderr.is_empty());
        check_text(&format!("{:?}: {}", self.place, arguments[0]), &ran.text());
        assert!(ran.exit.is_some(), "{arguments:?}");
        assert_eq!(ran.exit == Some(0), ends == Well, "{arguments:?}\n{}", ran.text());
        ran
    }

    /// Runs a command on the database.
    fn check(&self, arguments: &str, ends: Ends) -> Ran {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--url", &self.url]).collect();
        self.check_with(&[], &arguments, ends)
    }

    /// Checks that no row of the ledger and no file contains the password.
    fn check_what_is_stored(&self) {
        for table in query(&self.url, "SELECT relname FROM pg_class WHERE relname ~ '^_' AND relkind = 'r'") {
            let rows = query(&self.url, &format!("SELECT t::text FROM {table} t"));
            check_text(&table, &rows.join("\n"));
        }
        let mut files = 0;
        look_through(&self.shop.workspace.root, &mut files);
        assert!(files > 50, "{files}");
    }
}

fn with_password(url: &str, place: Place) -> String {
    match place {
        Place::User => url.replacen("postgres@", &format!("postgres:{ENCODED}@"), 1),
        Place::Parameter => format!("{url}&password={ENCODED}"),
        Place::Environment => url.to_owned(),
    }
}

fn check_text(what: &str, text: &str) {
    assert!(!text.contains(ESSENCE), "{what} contains the password:\n{text}");
}

fn look_through(folder: &Path, files: &mut u32) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_through(&path, files);
        } else {
            *files += 1;
            check_text(&path.display().to_string(), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_life_cycle_shows_no_password() {
    for place in [Place::User, Place::Parameter, Place::Environment] {
        let guarded = Guarded::new(place);
        let check = |arguments: &str, ends: Ends| guarded.check(arguments, ends);
        check("migrate parts --status", Well);
        check("fixture load parts half_done", Well);
        check("backfill parts_v2", Well);
        check("migrate parts --dry-run", Well);
        check("migrate parts", Well);
        check("migrate parts --status --json", Well);
        // The command to run next contains the URL, and asks for the password that the URL no longer contains.
        let next = check("backfill parts_v2 --verbose --record foreseen.json", Well).stdout;
        let expect = "cargo xtask backfill parts_v2 --execute --url 'postgres://postgres@localhost:5432/";
        assert!(next.contains(expect) && next.contains(ASKS) == (place != Place::Environment), "{next}");

        let arguments = ["backfill", "parts_v2", "--execute", "--batch", "1", "--rest", "30000", "--url", &guarded.url];
        let running = guarded.command(&[], &arguments).stdout_null().stderr_null().unchecked().start().unwrap();
        let began = "SELECT coalesce((SELECT reltuples::text FROM pg_class WHERE relname = '_rehearsal_runs'), '')";
        wait_until(|| query(&guarded.url, began) != [""]);
        wait_until(|| query(&guarded.url, "SELECT state FROM _rehearsal_runs") == ["running"]);
        check("backfill parts_v2 --pause", Well);
        check("backfill parts_v2 --status", Well);
        check("backfill parts_v2 --status --json", Well);
        check("backfill parts_v2 --resume", Well);
        check("backfill parts_v2 --stop", Well);
        kill(&running);
        check("backfill parts_v2 --execute --verbose --workers 2 --record done.json", Well);
        check("verify parts", Well);
        check("backfill parts_v2 --undo --execute", Well);
        // The output contains rows.
        check("verify parts", Badly);
        check("verify parts --json", Badly);
        check("migrate parts --revert --yes", Well);
        guarded.check_what_is_stored();
    }
}

#[test]
fn rehearsals_show_no_password() {
    for place in [Place::User, Place::Parameter] {
        let guarded = Guarded::new(place);
        guarded.shop.check_file("toys", "SELECT * FROM shelf;\n");
        // The other fixture suffices.
        fs::remove_file(guarded.shop.workspace.path("fixtures/parts/populated.sql")).unwrap();
        let server = with_password(&url("postgres"), place);
        let check = |arguments: &[&str], ends: Ends| {
            guarded.check_with(&[("REHEARSAL_POSTGRES_URL", &server)], arguments, ends)
        };
        let told = check(&["ci", "shop"], Badly).stdout;
        let asks = format!("{ASKS}verify shop --url 'postgres://postgres@localhost:5432/");
        assert!(told.contains(&asks), "{told}");
        if place == Place::User {
            check(&["ci", "shop", "--json"], Badly);
            check(&["migrate", "shop", "--verify"], Badly);
            check(&["backfill", "parts_v2", "--verify"], Well);
        }
        guarded.check_what_is_stored();
    }
}

#[test]
fn failures_show_no_password() {
    for place in [Place::User, Place::Parameter] {
        let guarded = Guarded::new(place);
        let with = |url: &str| with_password(url, place);
        let on = |url: &str, arguments: &str, ends: Ends| {
            let arguments: Vec<&str> = arguments.split(' ').chain(["--url", url]).collect();
            guarded.check_with(&[], &arguments, ends)
        };
        let (own, shop) = (guarded.url.clone(), with(&guarded.shop.url));
        on(&with(&url("not_there")), "migrate parts", Badly);
        on(&with("postgres://postgres@127.0.0.1:1/shop?sslmode=disable"), "migrate parts", Badly);
        // Statements of a migration and of a check that fail.
        guarded.shop.migration("20250921120000_wrong", "SELECT nothing;", "SELECT 1;");
        on(&shop, "migrate shop", Badly);
        guarded.shop.check_file("wrong", "SELECT nothing FROM shelf;\n");
        on(&shop, "verify shop", Badly);
        // Another session holds a lock.
        let held = hold(&shop, "LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE");
        on(&shop, "migrate shop --wait 0", Badly);
        drop(held);
        // A role without privileges.
        let role = unique();
        execute(&own, &format!("CREATE ROLE {role} LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC"));
        on(&own.replacen("//postgres", &format!("//{role}"), 1), "migrate parts", Badly);
        on(&own, "migrate parts", Well);
        on(&own.replacen("//postgres", &format!("//{role}"), 1), "backfill parts_v2 --execute", Badly);
        on(&own.replacen("//postgres", "//nobody_of_that_name", 1), "verify parts", Badly);
    }
}

/// Invalid URLs, and URLs where none belongs.
#[test]
fn invalid_urls_show_no_password() {
    let guarded = Guarded::new(Place::Environment);
    let bad = [
        format!("postgres://me:{ENCODED}@h:port/db"),
        format!("postgres://me:{ENCODED}@h"),
        format!("postgres//me:{ENCODED}@h/db"),
        format!("postgres:me:{ENCODED}@h/db"),
        format!("mysql://me:{ENCODED}@h/db"),
        format!("postgres://h/db?password={ENCODED}&sslmode=maybe"),
        format!("host=h password={PASSWORD}"),
        format!("sqlite:a.db?password={ENCODED}"),
    ];
    for url in &bad {
        guarded.check_with(&[], &["migrate", "parts", "--url", url], Badly);
        guarded.check_with(&[], &["verify", "pets", "--url", url], Badly);
        guarded.check_with(&[("PARTS_DATABASE_URL", url)], &["migrate", "parts"], Badly);
        guarded.check_with(&[("PARTS_DATABASE_URL", url)], &["db", "list"], Badly);
        guarded.check_with(&[("REHEARSAL_POSTGRES_URL", url)], &["ci", "shop"], Badly);
        guarded.check_with(&[], &["migrate", url], Badly);
        guarded.check_with(&[], &["backfill", url], Badly);
        guarded.check_with(&[], &["migrate", "parts", url], Badly);
        guarded.check_with(&[], &["migrate", "parts", &format!("--ulr={url}")], Badly);
        guarded.check_with(&[], &["backfill", "parts_v2", "--scope", url, "--batch", url], Badly);
        guarded.shop.workspace.write(".env", format!("PARTS_DATABASE_URL='{url}'\n").as_str());
        guarded.check_with(&[], &["migrate", "parts"], Badly);
        guarded.shop.workspace.write(".env", format!("PARTS_DATABASE_URL={url}'\n").as_str());
        guarded.check_with(&[], &["migrate", "parts"], Badly);
        guarded.shop.workspace.write(".env", "");
    }
}
