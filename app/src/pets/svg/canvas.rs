//! [`Canvas`]: writes the few kinds of shapes that a drawing consists of as SVG elements, independent of pets.
//!
//! All text comes from constants and numbers of this crate, so that nothing is escaped.

use std::fmt::Write as _;

use super::{HEIGHT, WIDTH};

/// The width of an outline, in user units.
const OUTLINE: f64 = 3.0;

/// An unfinished drawing. Each shape covers the earlier ones.
pub(super) struct Canvas {
    xml: String,
    ink: String,
}

impl Canvas {
    /// Creates an empty drawing. `ink` is the colour of all outlines.
    pub(super) fn new(ink: &str) -> Canvas {
        let mut canvas = Canvas { xml: String::with_capacity(8 * 1024), ink: ink.to_owned() };
        canvas.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">"
        ));
        canvas
    }

    pub(super) fn title(&mut self, text: &str) {
        self.push(format_args!("<title>{text}</title>"));
    }

    /// Draws an area with an outline.
    pub(super) fn area(&mut self, path: &str, fill: &str) {
        let ink = self.ink.clone();
        self.push(format_args!(
            r#"<path d="{path}" fill="{fill}" stroke="{ink}" stroke-width="{OUTLINE}" stroke-linejoin="round"/>"#
        ));
    }

    /// Draws an area without an outline.
    pub(super) fn flat(&mut self, path: &str, fill: &str) {
        self.push(format_args!(r#"<path d="{path}" fill="{fill}"/>"#));
    }

    /// Draws a line in the colour of the outlines.
    pub(super) fn line(&mut self, path: &str) {
        let ink = self.ink.clone();
        self.stroke(path, &ink, OUTLINE);
    }

    /// Draws a line of any colour and width, with round ends.
    pub(super) fn stroke(&mut self, path: &str, colour: &str, width: f64) {
        self.push(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        ));
    }

    /// Draws a thick line with an outline, such as a tail.
    pub(super) fn limb(&mut self, path: &str, colour: &str, width: f64) {
        let ink = self.ink.clone();
        self.stroke(path, &ink, width + 2.0 * OUTLINE);
        self.stroke(path, colour, width);
    }

    /// Calls `draw` twice: for the left side, and mirrored for the right side.
    pub(super) fn pair(&mut self, draw: impl Fn(&mut Canvas)) {
        draw(self);
        self.push(format_args!(r#"<g transform="translate({WIDTH} 0) scale(-1 1)">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// Calls `draw` in a coordinate system that is scaled, then rotated, then moved to a position.
    pub(super) fn at(&mut self, (x, y): (f64, f64), degrees: f64, scale: f64, draw: impl FnOnce(&mut Canvas)) {
        self.push(format_args!(r#"<g transform="translate({x} {y}) rotate({degrees}) scale({scale})">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// Calls `draw` and clips the result to an area.
    ///
    /// The name must identify the area uniquely across all drawings: in a page with several drawings, a name
    /// refers to the first element with that name in any of them.
    pub(super) fn within(&mut self, name: &str, area: &str, draw: impl FnOnce(&mut Canvas)) {
        self.push(format_args!(r#"<clipPath id="{name}"><path d="{area}"/></clipPath><g clip-path="url(#{name})">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// Returns the drawing as an SVG document.
    pub(super) fn finish(mut self) -> String {
        self.push(format_args!("</svg>"));
        self.xml
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.xml, "{element}");
    }
}

/// Returns the outline of an ellipse with the centre (`x`, `y`).
pub(super) fn ellipse(x: f64, y: f64, rx: f64, ry: f64) -> String {
    format!("M{} {y}a{rx} {ry} 0 1 0 {} 0a{rx} {ry} 0 1 0 {} 0Z", x - rx, 2.0 * rx, -2.0 * rx)
}

/// Returns the outline of a circle with the centre (`x`, `y`).
pub(super) fn circle(x: f64, y: f64, r: f64) -> String {
    ellipse(x, y, r, r)
}

/// The outline of a five-pointed star around the origin, with a radius of 10.
pub(super) const STAR: &str = "M0 -10 L2.9 -4 9.5 -3.1 4.8 1.5 5.9 8.1 0 5 -5.9 8.1 -4.8 1.5 -9.5 -3.1 -2.9 -4Z";

/// The outline of a heart around the origin, 18 wide.
pub(super) const HEART: &str = "M0 8 C-12 0 -10 -9 -4.5 -9 C-1.5 -9 0 -6.5 0 -5 C0 -6.5 1.5 -9 4.5 -9 C10 -9 12 0 0 8Z";
