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
    /// A proof is left out that others need.
    #[error("`{name}` cannot be left out, because other proofs need it: {}", proofs.join(", "))]
    #[diagnostic(help("leave them out, too, or select proofs with `--only`"))]
    Needed {
        /// The proof that is left out.
        name: &'static str,
        /// The proofs that need it.
        proofs: Vec<&'static str>,
    },
    /// No proof is left.
    #[error("`--skip` leaves out every selected proof")]
    #[diagnostic(help("remove a proof from `--skip`"))]
    Nothing,
}

/// Selects the proofs in `only`, or all of them if it is empty, without those in `skip`. Adds the proofs that the selected
/// ones need: *populated* for those after it, and the one that [`Proof::after`](super::Proof::after) names.
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
    let base = names.iter().position(|name| *name == POPULATED).unwrap_or(names.len());
    let needs = |at: usize, name: &str| (at > base && name == POPULATED) || all[at]().after() == Some(name);
    let users_of = |name: &str| -> Vec<&'static str> {
        let named = names.iter().copied().enumerate().filter(|(_, other)| is_named(other));
        named.filter(|(at, _)| needs(*at, name)).map(|(_, other)| other).collect()
    };
    let mut selected = Selected { proofs: Vec::new(), left_out: Vec::new() };
    for (new, name) in all.iter().zip(&names) {
        let users = users_of(name);
        if is_named(name) || (!users.is_empty() && !is_in(skip, name)) {
            selected.proofs.push(*new);
        } else if users.is_empty() {
            selected.left_out.push(name);
        } else {
            return Err(SelectionError::Needed { name, proofs: users });
        }
    }
    if selected.proofs.is_empty() { Err(SelectionError::Nothing) } else { Ok(selected) }
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
        check(&["concurrent"], &[], "populated deterministic concurrent");
        let needed = "`populated` cannot be left out, because other proofs need it: crash, mutation";
        check(&["crash", "mutation"], &["populated"], needed);
        let needed = "`deterministic` cannot be left out, because other proofs need it: concurrent";
        check(&[], &["deterministic"], needed);
        check(&["crahs"], &[], "there is no proof `crahs`; did you mean `crash`?");
        check(&[], &["live"], "there is no proof `live`");
        check(&["fresh"], &["fresh"], "`--skip` leaves out every selected proof");
    }
}
