//! For whom a command prints what it has found.

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// For a person.
    Text,
    /// For a script.
    Json,
}

impl Output {
    /// As `--json` says.
    pub(super) fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}
