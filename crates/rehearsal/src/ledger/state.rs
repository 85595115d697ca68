//! The words of the ledger: what a run does, how it stands, and how it comes from one standing to another.

use serde::{Deserialize, Serialize};

/// What a run does to its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Fills them.
    Execute,
    /// Takes the fill back.
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

    /// The work of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Execute, Self::Undo].into_iter().find(|work| work.as_str() == word)
    }

    /// The other one.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Execute => Self::Undo,
            Self::Undo => Self::Execute,
        }
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A process works on it, or was killed while it did.
    Running,
    /// Somebody asked for a pause: whoever works on it pauses after the batch in hand.
    Pausing,
    /// Nothing is done until somebody lets it go on.
    Paused,
    /// Somebody asked for its end: whoever works on it stops after the batch in hand.
    Stopping,
    /// Interrupted between two batches; the next execution goes on from there.
    Stopped,
    /// Ended by an error; the next execution goes on from the last batch that is good.
    Failed,
    /// Done.
    Finished,
    /// Not to be taken up again: the opposite was begun, or a migration was reverted.
    Superseded,
}

impl RunState {
    /// All of them.
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

    /// The state of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// True once nothing more comes.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Superseded)
    }
}

/// A way from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transition {
    /// A process takes the run up, whose last one has stopped, failed or was killed.
    TakeUp,
    /// A person asks for a pause.
    AskToPause,
    /// A process that was asked to pauses.
    Pause,
    /// A person lets the run go on.
    Resume,
    /// A person asks for the end.
    AskToStop,
    /// A process that was asked to stops, or a person interrupts it.
    Stop,
    /// An error ends it.
    Fail,
    /// No unit was left.
    Finish,
    /// The opposite work begins, or a migration is reverted.
    Supersede,
}

impl Transition {
    /// All of them.
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

    /// The states that it leads from, and the one that it leads to. From any other one there is no such way.
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

    /// What the log of the ledger says of it.
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

    /// Each transition from each state: a letter where it leads, a dot where there is no such way.
    #[test]
    fn transitions() {
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
    fn what_is_over_leads_nowhere() {
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
