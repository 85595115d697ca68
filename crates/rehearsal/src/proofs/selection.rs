//! Selects the proofs of a rehearsal: all of them, or only some. [`select`] is the entry point.

use super::NewProof;
use crate::directive::{did_you_mean, nearest};
use miette::Diagnostic;

/// The proof that decides whether the proofs after it apply, and whose final state they use.
pub(crate) const POPULATED: &str = "populated";

/// The proofs of a rehearsal.
#[derive(Debug, Clone)]
pub struct Selected {
    /// The proofs that run.
    pub proofs: Vec<NewProof>,
    /// The names of the proofs that do not run, because the user left them out.
    pub left_out: Vec<&'static str>,
}

/// Why proofs cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Diagnostic)]
pub enum SelectionError {
    /// No proof has that name.
    #[error("there is no proof `{name}`{}", did_you_mean(nearest.as_ref()))]
    #[diagnostic(help("the proofs are {}", known.join(", ")))]
    Unknown {
        /// The name as given.
        name: String,
        /// The most similar name.
        nearest: Option<String>,
        /// The names of all proofs.
        known: Vec<&'static str>,
    },
    /// *Populated* is left out, but a proof that needs it is not.
    #[error("populated cannot be left out: the database that it leaves is used by {}", proofs.join(", "))]
    #[diagnostic(help("leave them out, too, or name the proofs to run with `--only`"))]
    Needed {
        /// The proofs that need it.
        proofs: Vec<&'static str>,
    },
    /// No proof is left.
    #[error("no proof is left to run")]
    #[diagnostic(help("name at least one proof that is not left out"))]
    Nothing,
}

/// Selects the proofs in `only`, or all of them if it is empty, without those in `skip`. *Populated* is added if a
/// selected proof needs it.
///
/// # Errors
/// See [`SelectionError`].
pub fn select(all: &[NewProof], only: &[String], skip: &[String]) -> Result<Selected, SelectionError> {
    let names: Vec<&'static str> = all.iter().map(|new| new().name()).collect();
    if let Some(name) = only.iter().chain(skip).find(|name| !names.contains(&name.as_str())) {
        return Err(SelectionError::Unknown { name: name.clone(), nearest: nearest(name, &names), known: names });
    }
    let is_in = |list: &[String], name: &str| list.iter().any(|listed| listed == name);
    let is_named = |name: &str| (only.is_empty() || is_in(only, name)) && !is_in(skip, name);
    let base = names.iter().position(|name| *name == POPULATED);
    let after_base = names.iter().copied().skip(base.map_or(names.len(), |base| base + 1));
    let users: Vec<&'static str> = after_base.filter(|name| is_named(name)).collect();
    if !users.is_empty() && is_in(skip, POPULATED) {
        return Err(SelectionError::Needed { proofs: users });
    }
    let runs = |name: &str| is_named(name) || (name == POPULATED && !users.is_empty());
    let proofs: Vec<NewProof> = all.iter().zip(&names).filter(|(_, name)| runs(name)).map(|(new, _)| *new).collect();
    if proofs.is_empty() {
        return Err(SelectionError::Nothing);
    }
    Ok(Selected { proofs, left_out: names.into_iter().filter(|name| !runs(name)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proofs::ALL;
    use pretty_assertions::assert_eq;

    #[test]
    fn selections() {
        let check = |only: &[&str], skip: &[&str], expect: &str| {
            let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
            let told = match select(ALL, &owned(only), &owned(skip)) {
                Ok(Selected { proofs, left_out }) => {
                    assert_eq!(proofs.len() + left_out.len(), ALL.len());
                    proofs.iter().map(|new| new().name()).collect::<Vec<_>>().join(" ")
                }
                Err(error) => error.to_string(),
            };
            assert_eq!(told, expect);
        };
        let all = "fresh generated-rows populated idempotent deterministic reversible crash concurrent mutation";
        check(&[], &[], all);
        check(&["fresh"], &[], "fresh");
        check(&["populated"], &[], "populated");
        check(&["crash", "fresh"], &[], "fresh populated crash");
        check(&["mutation"], &["crash"], "populated mutation");
        check(&[], &["crash", "concurrent", "mutation"], all.split(" crash").next().unwrap());
        check(&["fresh", "crash"], &["populated", "crash"], "fresh");
        let used = "populated cannot be left out: the database that it leaves is used by";
        check(&["crash", "mutation"], &["populated"], &format!("{used} crash, mutation"));
        check(&["crahs"], &[], "there is no proof `crahs`; did you mean `crash`?");
        check(&[], &["live"], "there is no proof `live`");
        check(&["fresh"], &["fresh"], "no proof is left to run");
    }
}
