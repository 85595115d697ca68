//! Asks before a command does what cannot be undone: writing to a database on another machine, or deleting data with a
//! revert. `--yes` agrees in advance; without a terminal, it is the only way to agree.

use crate::error::Error;
use crate::terminal::{Answer, ask};
use rehearsal_db::Target;

/// Whether the user has agreed in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// With `--yes`.
    Given,
    /// The user must be asked.
    Needed,
}

impl Consent {
    /// Returns the consent that `--yes` gives.
    pub(crate) fn of(yes: bool) -> Self {
        if yes { Self::Given } else { Self::Needed }
    }

    /// Asks before writing to databases on other machines.
    ///
    /// # Errors
    /// [`Error::NeedsYes`] if there is no terminal to ask on, [`Error::Declined`] if the user does not agree.
    pub(crate) fn to_write<'t>(self, targets: impl IntoIterator<Item = &'t Target>) -> Result<(), Error> {
        let remote: Vec<String> = targets
            .into_iter()
            .filter(|target| target.address.is_remote())
            .map(|target| target.address.url())
            .collect();
        if remote.is_empty() {
            return Ok(());
        }
        let places = remote.join(" and ");
        self.ask(&format!("Write to {places}?"), format!("{places} is on another machine"))
    }

    /// Asks a question. `because` says why, for the error if there is no terminal to ask on.
    ///
    /// # Errors
    /// As [`Self::to_write`].
    pub(crate) fn ask(self, question: &str, because: String) -> Result<(), Error> {
        match self {
            Self::Given => Ok(()),
            Self::Needed => match ask(question) {
                Answer::Yes => Ok(()),
                Answer::No => Err(Error::Declined),
                Answer::None => Err(Error::NeedsYes { because }),
            },
        }
    }
}
