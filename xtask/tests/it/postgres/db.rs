//! `db`: the server of the development databases, from start to stop.

use crate::suite::new_workspace;
use pretty_assertions::assert_eq;
use rehearsal_tests::postgres::{execute, query};
use rehearsal_tests::workspace::{Ran, Workspace};

/// A workspace whose server is stopped on drop, also if the test fails.
struct Started(Workspace);

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.0.run("db stop"));
    }
}

impl Started {
    fn succeed(&self, arguments: &str) -> String {
        let command = self.0.command(arguments.split(' ')).env_remove("REHEARSAL_POSTGRES_URL");
        let ran: Ran = self.0.finish(arguments, command);
        assert_eq!(ran.exit, Some(0), "{}", ran.text());
        ran.stdout.trim_end().replace("<root>", self.0.root.to_str().unwrap())
    }
}

#[test]
fn from_start_to_stop() {
    let workspace = Started(new_workspace());
    assert!(workspace.succeed("db list").contains("the server is not running"));
    assert_eq!(workspace.succeed("db stop"), "the server was not running");
    let refused = workspace.0.run("verify llama_logs");
    assert_eq!(refused.exit, Some(2), "{}", refused.text());

    let started = workspace.succeed("db start");
    let url = started.lines().last().unwrap().trim().to_owned();
    assert_eq!(workspace.succeed("db start"), started, "the server runs already");
    assert_eq!(query(&url, "SELECT 1"), ["1"]);
    assert!(workspace.succeed("db list").contains("(does not exist)"));

    // The first command that writes to a development database creates it. It survives a stop of the server.
    workspace.succeed("migrate llama_logs");
    let clone = workspace.succeed("db clone llama_logs populated");
    let clone = clone.lines().last().unwrap().to_owned();
    assert_eq!(query(&clone, "SELECT count(*) FROM llama_logs"), ["2000"]);
    execute(&clone, "DELETE FROM llama_logs");
    let own = url.replace("/postgres?", "/llama_logs?");
    assert_eq!(query(&own, "SELECT count(*) FROM llama_logs"), ["0"]);
    execute(&own, "INSERT INTO users VALUES (gen_random_uuid(), 'Mo')");
    let listed = workspace.succeed("db list");
    assert!(listed.contains("/llama_logs?") && !listed.contains("is not running"), "{listed}");

    assert!(workspace.succeed("db stop").starts_with("stopped"));
    assert!(workspace.succeed("db list").contains("the server is not running"));
    assert_eq!(workspace.0.run("verify llama_logs").exit, Some(2));
    assert_eq!(workspace.succeed("db start"), started, "the URL is unchanged");
    assert_eq!(query(&own, "SELECT name FROM users"), ["Mo"]);
    assert!(workspace.succeed("migrate llama_logs").contains("nothing to do"));
    workspace.succeed("verify llama_logs");
    assert!(workspace.succeed("db stop").starts_with("stopped"));
}
