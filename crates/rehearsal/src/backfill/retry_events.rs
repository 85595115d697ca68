//! Reports several attempts at a pass as one pass: [`RetryEvents::tell`] drops events that an earlier attempt has
//! reported.

use crate::event::{Event, Events, ResumePoint};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The events that earlier attempts have reported. Every attempt repeats the same findings and lines from the start,
/// in the same order.
#[derive(Debug, Default)]
pub(super) struct RetryEvents {
    found: Reported,
    committed: Reported,
    lines: Reported,
    /// Where the first attempt started; `None` before it has.
    begun: Mutex<Option<Option<ResumePoint>>>,
}

/// Events of one kind: how many all attempts have reported, and how many the current attempt has produced.
#[derive(Debug, Default)]
struct Reported {
    reported: AtomicU64,
    produced: AtomicU64,
}

impl Reported {
    fn begin(&self) {
        self.produced.store(0, Ordering::Relaxed);
    }

    fn is_new(&self) -> bool {
        let produced = self.produced.fetch_add(1, Ordering::Relaxed) + 1;
        self.reported.fetch_max(produced, Ordering::Relaxed) < produced
    }
}

impl RetryEvents {
    /// Starts an attempt.
    pub(super) fn begin(&self) {
        [&self.found, &self.committed, &self.lines].into_iter().for_each(Reported::begin);
    }

    /// Passes on an event unless an earlier attempt reported it.
    pub(super) fn tell(&self, event: Event, events: Events<'_>) {
        let is_new = match &event {
            Event::FindingReported(_) => self.found.is_new(),
            Event::FindingCommitted(_) => self.committed.is_new(),
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

    /// True once the database was reached and the units were counted. Earlier errors are unlikely to be transient.
    pub(super) fn is_under_way(&self) -> bool {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where an earlier process stopped; `None` if the pass is new.
    pub(super) fn resumed(self) -> Option<ResumePoint> {
        self.begun.into_inner().unwrap_or_else(PoisonError::into_inner).flatten()
    }
}
