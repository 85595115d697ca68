//! A shop on PostgreSQL ([`Shop`]): a small history next to the databases of a suite's workspace, to which a case adds one
//! migration.

use crate::Suite;
use crate::postgres::{execute, query, unique, url};
use crate::workspace::{Ran, Workspace};
use pretty_assertions::assert_eq;

/// The version of the shop before a case adds its own migration.
pub const SHOP: &str = "20250901090000";
/// The migration that a case adds.
pub const LABEL: &str = "20250920120000_x";

/// The up file of the shop.
pub const UP: &str = r#"-- Shelves, and what stands on them.
CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE shelf (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE item (
    id int PRIMARY KEY,
    shelf int NOT NULL REFERENCES shelf (id) ON DELETE CASCADE,
    label text,
    size size NOT NULL DEFAULT 'small'
);
"#;
/// The down file of the shop.
pub const DOWN: &str = "DROP TABLE item;\nDROP TABLE shelf;\nDROP TYPE size;\n";
/// The fixture of the shop.
pub const FIXTURE: &str = r#"-- at: 20250901090000
INSERT INTO shelf VALUES (1, 'upper'), (2, 'größe 猫');
INSERT INTO item VALUES (1, 1, 'cup', 'small'), (2, 1, NULL, 'large'), (3, 2, '🐶', 'small');
"#;

/// A workspace that contains the shop, and an empty database for it.
pub struct Shop {
    /// The workspace.
    pub workspace: Workspace,
    /// The name of the database.
    pub database: String,
    /// The URL of the database.
    pub url: String,
}

impl Shop {
    /// Creates a workspace with the shop, and an empty database.
    pub fn new(suite: &'static Suite) -> Self {
        let workspace = Workspace::new(suite);
        workspace.write("migrations/shop/rehearsal.toml", "engine = \"postgres\"\n");
        workspace.write(format!("migrations/shop/{SHOP}_shelves.up.sql").as_str(), UP);
        workspace.write(format!("migrations/shop/{SHOP}_shelves.down.sql").as_str(), DOWN);
        workspace.write("fixtures/shop/populated.sql", FIXTURE);
        let database = unique();
        execute(&url("postgres"), &format!("CREATE DATABASE {database}"));
        Self { workspace, url: url(&database), database }
    }

    /// Creates the tables, the rows of the fixture, and one pending migration.
    pub fn with(suite: &'static Suite, up: &str, down: &str) -> Self {
        let shop = Self::new(suite);
        shop.succeed("migrate shop");
        execute(&shop.url, FIXTURE);
        shop.migration(LABEL, up, down);
        shop
    }

    /// Writes a migration: its up file, and its down file unless `down` is empty.
    pub fn migration(&self, label: &str, up: &str, down: &str) -> &Self {
        self.workspace.write(&format!("migrations/shop/{label}.up.sql"), up);
        if !down.is_empty() {
            self.workspace.write(&format!("migrations/shop/{label}.down.sql"), down);
        }
        self
    }

    /// Writes a check.
    pub fn check_file(&self, name: &str, sql: &str) -> &Self {
        self.workspace.write(&format!("migrations/shop/checks/{name}.sql"), sql);
        self
    }

    /// Returns a command on the database of this test. Its scratch databases are on the server of the tests.
    pub fn command(&self, arguments: &str) -> duct::Expression {
        let takes_url = ["migrate", "verify", "backfill"].iter().any(|name| arguments.starts_with(name));
        let takes_url = takes_url && !arguments.contains("--verify") && !arguments.contains("--url");
        let mut added = if takes_url { vec!["--url", self.url.as_str()] } else { Vec::new() };
        // The database of a test is not the development database.
        if arguments.starts_with("migrate") && arguments.contains("--revert") {
            added.push("--yes");
        }
        let server = url("postgres");
        self.workspace.command_in("", &[("REHEARSAL_POSTGRES_URL", &server)], arguments.split_whitespace().chain(added))
    }

    /// Runs a command that may succeed or fail. Arguments are separated by spaces.
    pub fn run(&self, arguments: &str) -> Ran {
        let ran = self.workspace.finish(arguments, self.command(arguments));
        self.tidy(ran)
    }

    /// Replaces the server's folder and the names of databases with placeholders, and shows the privileges of an
    /// owner as before PostgreSQL 17.
    pub fn tidy(&self, ran: Ran) -> Ran {
        let socket = url("").split_once("?host=").unwrap().1.to_owned();
        let name = format!("/{}?", self.database);
        let tidy = |text: String| {
            text.replace(&socket, "<server>").replace(&name, "/<database>?").replace("=arwdDxtm/", "=arwdDxt/")
        };
        Ran { command: tidy(ran.command), stdout: tidy(ran.stdout), stderr: tidy(ran.stderr), ..ran }
    }

    /// Runs a command that must succeed.
    pub fn succeed(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran
    }

    /// Returns the first column of each row of a query on the database, as text.
    pub fn query(&self, sql: &str) -> Vec<String> {
        query(&self.url, sql)
    }
}
