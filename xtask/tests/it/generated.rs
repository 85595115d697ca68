//! Code that `new` writes: it compiles and is formatted, and its test runs, fails, and reports what to fill in.

use crate::suite::repository;
use std::fs;
use std::path::{Path, PathBuf};

/// Copies the repository to a fixed path, so that the next run compiles only files that changed.
fn checkout() -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    let listed =
        duct::cmd!("git", "ls-files", "--cached", "--others", "--exclude-standard").dir(repository()).read().unwrap();
    for file in listed.lines().filter(|file| repository().join(file).is_file()) {
        let to = root.join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        // Keeps the modification time, by which cargo decides what to compile.
        fs::copy(repository().join(file), &to).unwrap();
        let modified = fs::metadata(repository().join(file)).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&to).unwrap().set_modified(modified).unwrap();
    }
    // The copy has another version, so that cargo keeps its artifacts apart from the repository's. Both use one target
    // folder, to compile the dependencies only once.
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let version = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(manifest.contains(version));
    fs::write(root.join("Cargo.toml"), manifest.replace(version, "version = \"0.0.0\"")).unwrap();
    root
}

#[test]
#[ignore = "slow"]
fn generated_code_compiles_and_its_test_fails() {
    let root = checkout();
    let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let target = xtask.parent().and_then(Path::parent).unwrap();
    // Names that the template itself uses are valid, too.
    for name in ["add_generated", "output", "result", "unit", "backfill", "about", "string", "ok", "sqlite"] {
        duct::cmd!(xtask, "new", "pets", name, "--backfill").dir(&root).stdout_null().stderr_null().run().unwrap();
    }

    duct::cmd!("cargo", "fmt", "--all", "--check").dir(&root).run().unwrap();
    let test =
        duct::cmd!("cargo", "test", "--offline", "--quiet", "--package", "xtask", "--bin", "xtask", "add_generated");
    let test = test.dir(&root).env("CARGO_TARGET_DIR", target);
    let output = test.stderr_to_stdout().stdout_capture().unchecked().run().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{text}");
    assert!(!text.contains("warning"), "{text}");
    assert!(text.contains("1 failed"), "the test compiles and runs:\n{text}");
    assert!(text.contains("fill in `transform` in xtask/src/backfills/add_generated.rs"), "{text}");
    fs::remove_dir_all(root).unwrap();
}
