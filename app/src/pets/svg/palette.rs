//! The colours of one pet's body, and how a colour is written in SVG.
//!
//! Colours that do not depend on the pet stand where they are used.

use crate::pets::traits::{Body, Colour};

/// The colours that the parts of a body are painted in.
pub(super) struct Palette {
    /// Nearly all of the body.
    pub(super) body: String,
    /// Parts of the body that lie in shadow or are darker by nature.
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

/// The colour as SVG writes it, with commas, which renderers of every age read.
pub(super) fn css(colour: Colour) -> String {
    format!("hsl({},{}%,{}%)", colour.h, colour.s, colour.l)
}

/// The same colour with its lightness lowered by so many percents.
pub(super) fn darker(colour: Colour, percents: u16) -> Colour {
    Colour { l: colour.l.saturating_sub(percents), ..colour }
}
