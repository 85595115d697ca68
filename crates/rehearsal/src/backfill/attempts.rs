//! Several attempts at one pass, which look like one to whoever listens: what was told is not told again.

use crate::event::{Event, Events, Resumed};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the attempts so far have told. Each goes through the same findings and lines from the first, in the same order.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    found: Told,
    noticed: Told,
    lines: Told,
    /// Where the first one began, once it did.
    begun: Mutex<Option<Option<Resumed>>>,
}

/// How many of a kind of events were told by all of them, and how many this one has come to.
#[derive(Debug, Default)]
struct Told {
    told: AtomicU64,
    come_to: AtomicU64,
}

impl Told {
    fn begin(&self) {
        self.come_to.store(0, Ordering::Relaxed);
    }

    fn is_new(&self) -> bool {
        let come_to = self.come_to.fetch_add(1, Ordering::Relaxed) + 1;
        self.told.fetch_max(come_to, Ordering::Relaxed) < come_to
    }
}

impl Attempts {
    /// Another one begins.
    pub(super) fn begin(&self) {
        [&self.found, &self.noticed, &self.lines].into_iter().for_each(Told::begin);
    }

    /// Passes on what is new.
    pub(super) fn tell(&self, event: Event, events: Events<'_>) {
        let is_new = match &event {
            Event::Found(_) => self.found.is_new(),
            Event::Noticed(_) => self.noticed.is_new(),
            Event::Unit { .. } => self.lines.is_new(),
            Event::BackfillStarted { resumed, .. } => {
                let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
                let is_first = begun.is_none();
                begun.get_or_insert_with(|| resumed.clone());
                is_first
            }
            _ => true,
        };
        if is_new {
            events(event);
        }
    }

    /// True once the database was reached and the units were counted: what goes wrong before that is not likely to pass.
    pub(super) fn is_under_way(&self) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where an earlier process had stopped.
    pub(super) fn resumed(self) -> Option<Resumed> {
        self.begun.into_inner().unwrap_or_else(PoisonError::into_inner).flatten()
    }
}
