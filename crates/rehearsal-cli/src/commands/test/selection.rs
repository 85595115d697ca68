//! The packages whose code `test` checks: all of the workspace, or some and the packages that depend on them.

use super::toolchain;
use crate::error::Error;
use rehearsal::directive::nearest;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What to check.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// All packages of the workspace.
    Workspace,
    /// These packages, and the unit tests of those that depend on them.
    Packages {
        /// The packages.
        named: Vec<String>,
        /// The targets of `cargo test` that contain the unit tests of a package that depends on them.
        dependents: Vec<Vec<String>>,
    },
}

impl Selection {
    /// The packages with these names; the workspace if there are none.
    pub(super) fn of(names: &[String]) -> Result<Self, Error> {
        if names.is_empty() {
            return Ok(Self::Workspace);
        }
        let metadata = ["metadata", "--no-deps", "--format-version", "1"];
        let metadata = duct::cmd("cargo", metadata).stdout_capture().stderr_capture().unchecked();
        let metadata = metadata.run().map_err(toolchain)?;
        if !metadata.status.success() {
            return Err(Error::Packages { why: String::from_utf8_lossy(&metadata.stderr).trim().to_owned() });
        }
        let Metadata { packages } = serde_json::from_slice(&metadata.stdout).map_err(toolchain)?;
        select(&packages, names)
    }

    /// The arguments of cargo that name the packages.
    pub(super) fn arguments(&self) -> Vec<String> {
        match self {
            Self::Workspace => vec!["--workspace".to_owned()],
            Self::Packages { named, .. } => {
                named.iter().flat_map(|name| ["--package".to_owned(), name.clone()]).collect()
            }
        }
    }
}

fn select(packages: &[Package], names: &[String]) -> Result<Selection, Error> {
    let known: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.iter().map(|name| (*name).to_owned()).collect();
        return Err(Error::UnknownPackage { name: name.clone(), nearest: nearest(name, &known), known });
    }
    let mut reached: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    while let Some(package) = packages.iter().find(|package| {
        !reached.contains(package.name.as_str())
            && package.dependencies.iter().any(|dependency| reached.contains(dependency.name.as_str()))
    }) {
        reached.insert(&package.name);
    }
    let depends = |package: &&Package| reached.contains(package.name.as_str()) && !names.contains(&package.name);
    let dependents = packages.iter().filter(depends).filter_map(Package::unit_tests).collect();
    let mut named = names.to_vec();
    named.sort();
    named.dedup();
    Ok(Selection::Packages { named, dependents })
}

/// The output of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// The kinds of a library in the output of `cargo metadata`.
const LIBRARIES: [&str; 6] = ["lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"];

impl Package {
    /// The arguments of `cargo test` for its unit tests; `None` if it has neither a library nor a program.
    fn unit_tests(&self) -> Option<Vec<String>> {
        let has = |kinds: &[&str]| {
            self.targets.iter().any(|target| target.kind.iter().any(|its| kinds.contains(&its.as_str())))
        };
        let targets = [(&LIBRARIES[..], "--lib"), (&["bin"][..], "--bins")].into_iter().filter(|(kinds, _)| has(kinds));
        let targets: Vec<String> = targets.map(|(_, flag)| flag.to_owned()).collect();
        if targets.is_empty() {
            return None;
        }
        Some(["--package".to_owned(), self.name.clone()].into_iter().chain(targets).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    fn package(name: &str, dependencies: &[&str], kinds: &[&str]) -> Package {
        let dependencies = dependencies.iter().map(|name| Dependency { name: (*name).to_owned() }).collect();
        let targets = kinds.iter().map(|kind| Target { kind: vec![(*kind).to_owned()] }).collect();
        Package { name: name.to_owned(), dependencies, targets }
    }

    #[test]
    fn packages_and_their_dependents() {
        let packages = [
            package("app", &["serde"], &["lib", "bin", "test"]),
            package("engine", &["serde"], &["lib"]),
            package("tool", &["app", "engine"], &["bin", "test"]),
            package("book", &["tool"], &["example"]),
            package("site", &["tool"], &["lib"]),
        ];
        let check = |names: &[&str], expect: &str| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let told = match select(&packages, &names) {
                Ok(Selection::Packages { named, dependents }) => {
                    let dependents: Vec<String> = dependents.iter().map(|arguments| arguments.join(" ")).collect();
                    format!("{}; {}", named.join(" "), dependents.join("; "))
                }
                Ok(Selection::Workspace) => "all".to_owned(),
                Err(error) => error.to_string(),
            };
            assert_eq!(told, expect);
        };
        check(&["app"], "app; --package tool --bins; --package site --lib");
        check(&["engine", "app", "engine"], "app engine; --package tool --bins; --package site --lib");
        check(&["site"], "site; ");
        check(&["ap"], "the workspace has no package `ap`; did you mean `app`?");
        check(&["app", "serde"], "the workspace has no package `serde`");
    }
}
