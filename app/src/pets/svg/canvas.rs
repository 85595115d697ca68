//! The pen: the few kinds of marks that a drawing is made of, written as SVG elements.
//!
//! Knows nothing of pets. Text that reaches it comes from this crate's constants and numbers only, so that nothing
//! needs escaping.

use std::fmt::Write as _;

use super::{HEIGHT, WIDTH};

/// Width of an outline.
const OUTLINE: f64 = 3.0;

/// A drawing in the making. Marks lie over the marks made before them.
pub(super) struct Canvas {
    xml: String,
    ink: String,
}

impl Canvas {
    /// An empty sheet, with the colour of all outlines.
    pub(super) fn new(ink: &str) -> Canvas {
        let mut canvas = Canvas { xml: String::with_capacity(8 * 1024), ink: ink.to_owned() };
        canvas.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">"
        ));
        canvas
    }

    pub(super) fn title(&mut self, words: &str) {
        self.push(format_args!("<title>{words}</title>"));
    }

    /// An area with an outline.
    pub(super) fn area(&mut self, path: &str, fill: &str) {
        let ink = self.ink.clone();
        self.push(format_args!(
            r#"<path d="{path}" fill="{fill}" stroke="{ink}" stroke-width="{OUTLINE}" stroke-linejoin="round"/>"#
        ));
    }

    /// An area without an outline.
    pub(super) fn flat(&mut self, path: &str, fill: &str) {
        self.push(format_args!(r#"<path d="{path}" fill="{fill}"/>"#));
    }

    /// A line in the colour of the outlines.
    pub(super) fn line(&mut self, path: &str) {
        let ink = self.ink.clone();
        self.stroke(path, &ink, OUTLINE);
    }

    /// A line of any colour and width, with round ends.
    pub(super) fn stroke(&mut self, path: &str, colour: &str, width: f64) {
        self.push(format_args!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linecap=\"round\" stroke-linejoin=\"round\"/>"
        ));
    }

    /// A thick line with an outline, such as a tail.
    pub(super) fn limb(&mut self, path: &str, colour: &str, width: f64) {
        let ink = self.ink.clone();
        self.stroke(path, &ink, width + 2.0 * OUTLINE);
        self.stroke(path, colour, width);
    }

    /// Draws something on the left, and its mirror image on the right.
    pub(super) fn pair(&mut self, draw: impl Fn(&mut Canvas)) {
        draw(self);
        self.push(format_args!(r#"<g transform="translate({WIDTH} 0) scale(-1 1)">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// Draws something moved to a place, turned by degrees and scaled, in this order.
    pub(super) fn at(&mut self, (x, y): (f64, f64), degrees: f64, scale: f64, draw: impl FnOnce(&mut Canvas)) {
        self.push(format_args!(r#"<g transform="translate({x} {y}) rotate({degrees}) scale({scale})">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// Draws something of which only what lies within an area is seen.
    ///
    /// The name must belong to one area only: a page may hold many drawings, where names are looked up in all of them.
    pub(super) fn within(&mut self, name: &str, area: &str, draw: impl FnOnce(&mut Canvas)) {
        self.push(format_args!(r#"<clipPath id="{name}"><path d="{area}"/></clipPath><g clip-path="url(#{name})">"#));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// The drawing as a document.
    pub(super) fn finish(mut self) -> String {
        self.push(format_args!("</svg>"));
        self.xml
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.xml, "{element}");
    }
}

/// The outline of an ellipse with this centre and these radii.
pub(super) fn ellipse(x: f64, y: f64, rx: f64, ry: f64) -> String {
    format!("M{} {y}a{rx} {ry} 0 1 0 {} 0a{rx} {ry} 0 1 0 {} 0Z", x - rx, 2.0 * rx, -2.0 * rx)
}

/// The outline of a circle.
pub(super) fn circle(x: f64, y: f64, r: f64) -> String {
    ellipse(x, y, r, r)
}

/// A five-pointed star around the origin, 10 from centre to point.
pub(super) const STAR: &str = "M0 -10 L2.9 -4 9.5 -3.1 4.8 1.5 5.9 8.1 0 5 -5.9 8.1 -4.8 1.5 -9.5 -3.1 -2.9 -4Z";

/// A heart around the origin, 18 wide.
pub(super) const HEART: &str = "M0 8 C-12 0 -10 -9 -4.5 -9 C-1.5 -9 0 -6.5 0 -5 C0 -6.5 1.5 -9 4.5 -9 C10 -9 12 0 0 8Z";
