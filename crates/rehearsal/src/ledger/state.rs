//! The states of a run and the transitions between them: [`Transition::way`] is the table. The enums also define the
//! words that the ledger stores.

use serde::{Deserialize, Serialize};

/// The kind of work that a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Executes the backfill.
    Execute,
    /// Undoes the backfill.
    Undo,
}

impl Work {
    /// The word under which the ledger stores it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Undo => "undo",
        }
    }

    /// Parses a word of the ledger.
    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Execute, Self::Undo].into_iter().find(|work| work.as_str() == word)
    }

    /// The other kind of work.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Execute => Self::Undo,
            Self::Undo => Self::Execute,
        }
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A process works on the run, or was killed while it did.
    Running,
    /// A pause is requested: workers pause after their current batch.
    Pausing,
    /// Workers wait until the run is resumed.
    Paused,
    /// A stop is requested: workers stop after their current batch.
    Stopping,
    /// Interrupted between two batches. The next execution resumes there.
    Stopped,
    /// Ended by an error. The next execution resumes after the last committed batch.
    Failed,
    /// No unit is left.
    Finished,
    /// Cannot be resumed, because the opposite work started or a migration was reverted.
    Superseded,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Pausing,
        Self::Paused,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
        Self::Finished,
        Self::Superseded,
    ];

    /// The word under which the ledger stores it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Finished => "finished",
            Self::Superseded => "superseded",
        }
    }

    /// Parses a word of the ledger.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// True if the run cannot be resumed.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Superseded)
    }
}

/// A change from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    /// A process resumes a run that stopped, failed or was killed, or joins a running one.
    TakeUp,
    /// A user requests a pause.
    AskToPause,
    /// A worker pauses on request.
    Pause,
    /// A user resumes the run.
    Resume,
    /// A user requests a stop.
    AskToStop,
    /// A worker stops on request, or a user interrupts its process.
    Stop,
    /// An error ends the run.
    Fail,
    /// No unit is left.
    Finish,
    /// The opposite work starts, or a migration is reverted.
    Supersede,
}

impl Transition {
    /// All transitions.
    pub const ALL: [Self; 9] = [
        Self::TakeUp,
        Self::AskToPause,
        Self::Pause,
        Self::Resume,
        Self::AskToStop,
        Self::Stop,
        Self::Fail,
        Self::Finish,
        Self::Supersede,
    ];

    /// The states from which the transition is allowed, and the state that it leads to.
    #[must_use]
    pub fn way(self) -> (&'static [RunState], RunState) {
        use RunState::{Failed, Finished, Paused, Pausing, Running, Stopped, Stopping, Superseded};
        match self {
            Self::TakeUp => (&[Running, Stopping, Stopped, Failed], Running),
            Self::AskToPause => (&[Running], Pausing),
            Self::Pause => (&[Pausing], Paused),
            Self::Resume => (&[Pausing, Paused], Running),
            Self::AskToStop => (&[Running, Pausing, Paused], Stopping),
            Self::Stop => (&[Running, Pausing, Paused, Stopping], Stopped),
            Self::Fail => (&[Running, Pausing, Paused, Stopping], Failed),
            Self::Finish => (&[Running, Pausing, Paused, Stopping], Finished),
            Self::Supersede => (&[Running, Pausing, Paused, Stopping, Stopped, Failed], Superseded),
        }
    }

    /// The word for the transition in the ledger's log.
    #[must_use]
    pub fn did(self) -> &'static str {
        match self {
            Self::TakeUp => "took up",
            Self::AskToPause => "asked to pause",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::AskToStop => "asked to stop",
            Self::Stop => "stopped",
            Self::Fail => "failed",
            Self::Finish => "finished",
            Self::Supersede => "superseded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// The new state for each transition from each state; a dot if the transition is not allowed.
    #[test]
    fn transitions_lead_from_allowed_states() {
        let check = |transition: Transition, expect: &str| {
            let (from, to) = transition.way();
            let led: String = RunState::ALL
                .into_iter()
                .map(|state| if from.contains(&state) { to.as_str() } else { "." })
                .collect::<Vec<_>>()
                .join(" ");
            assert_eq!(led, expect, "{transition:?}");
        };
        //                             running    pausing   paused    stopping   stopped    failed     over
        check(Transition::TakeUp, "running . . running running running . .");
        check(Transition::AskToPause, "pausing . . . . . . .");
        check(Transition::Pause, ". paused . . . . . .");
        check(Transition::Resume, ". running running . . . . .");
        check(Transition::AskToStop, "stopping stopping stopping . . . . .");
        check(Transition::Stop, "stopped stopped stopped stopped . . . .");
        check(Transition::Fail, "failed failed failed failed . . . .");
        check(Transition::Finish, "finished finished finished finished . . . .");
        check(Transition::Supersede, "superseded superseded superseded superseded superseded superseded . .");
    }

    #[test]
    fn final_states_have_no_transitions() {
        for transition in Transition::ALL {
            assert!(transition.way().0.iter().all(|state| !state.is_over()), "{transition:?}");
        }
        for state in RunState::ALL {
            assert_eq!(RunState::of(state.as_str()), Some(state));
            let leads_on = Transition::ALL.into_iter().any(|transition| transition.way().0.contains(&state));
            assert_eq!(leads_on, !state.is_over(), "{state:?}");
        }
    }
}
