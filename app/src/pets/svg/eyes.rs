//! Draws the eyes, which have the same position in every head.

use super::canvas::{Canvas, circle, ellipse};
use super::palette::{Palette, css, darker};
use crate::pets::traits::{EyeShape, Eyes};

const WHITE: &str = "#fff";
const PUPIL: &str = "hsl(230,25%,12%)";

/// The centre of the left eye; the right one is its mirror image.
pub(super) const CENTRE: (f64, f64) = (97.0, 100.0);

pub(super) fn draw(canvas: &mut Canvas, eyes: &Eyes, palette: &Palette) {
    canvas.at(CENTRE, 0.0, 1.0, |canvas| one(canvas, eyes, palette));
    canvas.at((240.0 - CENTRE.0, CENTRE.1), 0.0, 1.0, |canvas| one(canvas, eyes, palette));
}

/// Draws one eye around the origin. The highlight is on the same side of both eyes, because there is one light.
fn one(canvas: &mut Canvas, eyes: &Eyes, palette: &Palette) {
    let iris = css(eyes.colour);
    match eyes.shape {
        EyeShape::Round => {
            canvas.area(&ellipse(0.0, 0.0, 12.0, 13.0), WHITE);
            canvas.flat(&circle(0.0, 1.0, 9.0), &iris);
            canvas.flat(&circle(0.0, 1.0, 5.0), PUPIL);
            canvas.flat(&circle(3.0, -3.0, 3.0), WHITE);
        }
        EyeShape::Almond => {
            canvas.area("M-16 3 Q-6 -13 4 -10 Q12 -8 16 -3 Q8 10 -2 10 Q-10 10 -16 3Z", WHITE);
            canvas.flat(&ellipse(0.0, 0.0, 9.0, 9.5), &iris);
            canvas.flat(&ellipse(0.0, 0.0, 2.6, 8.5), PUPIL);
            canvas.flat(&circle(3.5, -3.5, 2.2), WHITE);
        }
        EyeShape::Sleepy => {
            canvas.area(&ellipse(0.0, 1.0, 13.0, 12.0), WHITE);
            canvas.flat(&circle(0.0, 4.0, 8.0), &iris);
            canvas.flat(&circle(0.0, 4.0, 4.5), PUPIL);
            canvas.area("M-13 1 A13 12 0 0 1 13 1 Q0 5 -13 1Z", &palette.shade);
            canvas.line("M-13 1 L-17 4 M13 1 L17 4");
        }
        EyeShape::Wide => {
            canvas.area(&circle(0.0, 0.0, 18.0), WHITE);
            canvas.flat(&circle(0.0, 0.0, 12.0), &iris);
            canvas.flat(&circle(0.0, 0.0, 7.0), PUPIL);
            canvas.flat(&circle(4.0, -4.5, 4.0), WHITE);
        }
        EyeShape::Sparkling => {
            canvas.area(&ellipse(0.0, 0.0, 14.0, 16.0), &css(darker(eyes.colour, 18)));
            canvas.flat(&ellipse(0.0, 5.0, 10.0, 9.0), &iris);
            canvas.flat(&circle(0.0, 0.0, 6.0), PUPIL);
            canvas.flat("M4 -14 L6.2 -8.2 12 -6 6.2 -3.8 4 2 1.8 -3.8 -4 -6 1.8 -8.2Z", WHITE);
            canvas.flat(&circle(-5.0, 5.0, 2.8), WHITE);
            canvas.flat(&circle(4.0, 9.0, 1.8), WHITE);
        }
    }
}
