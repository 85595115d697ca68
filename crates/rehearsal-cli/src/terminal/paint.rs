//! Colours: used on a terminal unless `NO_COLOR` is set.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Coloured with ANSI escapes.
    Colour,
    /// Not coloured.
    Plain,
}

impl Paint {
    fn apply(self, style: Style, text: impl Display) -> String {
        match self {
            Self::Colour => format!("{style}{text}{style:#}"),
            Self::Plain => text.to_string(),
        }
    }

    /// Paints a success green.
    #[must_use]
    pub fn good(self, text: impl Display) -> String {
        self.apply(AnsiColor::Green.on_default(), text)
    }

    /// Paints a failure red.
    #[must_use]
    pub fn bad(self, text: impl Display) -> String {
        self.apply(AnsiColor::Red.on_default().bold(), text)
    }

    /// Paints a warning yellow.
    #[must_use]
    pub fn warning(self, text: impl Display) -> String {
        self.apply(AnsiColor::Yellow.on_default(), text)
    }

    /// Makes a heading bold.
    #[must_use]
    pub fn strong(self, text: impl Display) -> String {
        self.apply(Style::new().bold(), text)
    }

    /// Dims a detail.
    #[must_use]
    pub fn faint(self, text: impl Display) -> String {
        self.apply(Style::new().dimmed(), text)
    }
}
