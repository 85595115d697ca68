//! Colour, where there is any: on a terminal, unless `NO_COLOR` is set.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// With ANSI escapes.
    Colour,
    /// Without.
    Plain,
}

impl Paint {
    fn apply(self, style: Style, text: impl Display) -> String {
        match self {
            Self::Colour => format!("{style}{text}{style:#}"),
            Self::Plain => text.to_string(),
        }
    }

    /// All is well.
    #[must_use]
    pub fn good(self, text: impl Display) -> String {
        self.apply(AnsiColor::Green.on_default(), text)
    }

    /// Something failed.
    #[must_use]
    pub fn bad(self, text: impl Display) -> String {
        self.apply(AnsiColor::Red.on_default().bold(), text)
    }

    /// Something to look at.
    #[must_use]
    pub fn odd(self, text: impl Display) -> String {
        self.apply(AnsiColor::Yellow.on_default(), text)
    }

    /// A heading.
    #[must_use]
    pub fn strong(self, text: impl Display) -> String {
        self.apply(Style::new().bold(), text)
    }

    /// What is only there for completeness.
    #[must_use]
    pub fn faint(self, text: impl Display) -> String {
        self.apply(Style::new().dimmed(), text)
    }
}
