//! [`Palette`]: the colours of a pet's body, and the conversion of a colour to CSS.
//!
//! Colours that do not depend on the pet are constants of the modules that use them.

use crate::pets::traits::{Body, Colour};

/// The colours of the parts of a body, as CSS.
pub(super) struct Palette {
    /// The main colour of the body.
    pub(super) body: String,
    /// Parts of the body that are in shadow or naturally darker.
    pub(super) shade: String,
    /// Belly, muzzle and inner ears.
    pub(super) belly: String,
    /// Outlines.
    pub(super) ink: String,
}

impl Palette {
    pub(super) fn of(body: &Body) -> Palette {
        Palette {
            body: css(body.colour),
            shade: css(darker(body.colour, 16)),
            belly: css(body.belly),
            ink: css(Colour { h: body.colour.h, s: body.colour.s.min(45), l: 17 }),
        }
    }
}

/// Formats a colour for SVG, with commas, which all renderers support, including old ones.
pub(super) fn css(colour: Colour) -> String {
    format!("hsl({},{}%,{}%)", colour.h, colour.s, colour.l)
}

/// Returns a colour with its lightness reduced by `percents` percentage points.
pub(super) fn darker(colour: Colour, percents: u16) -> Colour {
    Colour { l: colour.l.saturating_sub(percents), ..colour }
}
