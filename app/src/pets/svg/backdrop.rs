//! Draws the card behind the pet. Its colour and the number of stars show the pet's rarity.

use super::canvas::{Canvas, STAR, circle, ellipse};
use super::{HEIGHT, WIDTH};
use crate::pets::traits::Rarity;

pub(super) fn draw(canvas: &mut Canvas, rarity: Rarity) {
    let (paper, frame, stars) = match rarity {
        Rarity::Common => ("hsl(40,30%,95%)", "hsl(40,12%,72%)", 1),
        Rarity::Uncommon => ("hsl(120,35%,93%)", "hsl(125,38%,52%)", 2),
        Rarity::Rare => ("hsl(205,65%,93%)", "hsl(210,70%,56%)", 3),
        Rarity::Epic => ("hsl(275,60%,94%)", "hsl(275,58%,60%)", 4),
        Rarity::Legendary => ("hsl(46,90%,90%)", "hsl(42,92%,50%)", 5),
    };
    canvas.flat(&rounded(2.0, 22.0), frame);
    canvas.flat(&rounded(7.0, 18.0), paper);
    if rarity >= Rarity::Epic {
        rays(canvas, frame, if rarity == Rarity::Legendary { 0.0 } else { 9.0 });
    }
    canvas.flat(&ellipse(120.0, 230.0, 74.0, 9.0), "rgba(0,0,0,0.12)");
    for n in 0..stars {
        let x = 120.0 + (f64::from(n) - f64::from(stars - 1) / 2.0) * 20.0;
        canvas.at((x, 252.0), 0.0, 0.8, |canvas| canvas.flat(STAR, frame));
    }
}

/// Returns the outline of a rectangle with round corners, `margin` away from the edges of the sheet.
fn rounded(margin: f64, corner: f64) -> String {
    let right = f64::from(WIDTH) - margin;
    let bottom = f64::from(HEIGHT) - margin;
    let far = margin + corner;
    format!(
        "M{far} {margin} H{} Q{right} {margin} {right} {far} V{} Q{right} {bottom} {} {bottom} \
         H{far} Q{margin} {bottom} {margin} {} V{far} Q{margin} {margin} {far} {margin}Z",
        right - corner,
        bottom - corner,
        right - corner,
        bottom - corner
    )
}

/// Draws rays around the pet, with a glow in the middle. A larger `thinner` makes the outer ends of the rays
/// narrower.
fn rays(canvas: &mut Canvas, colour: &str, thinner: f64) {
    let half = 13.0 - thinner;
    let ray = format!("M-3 -50 L{} -108 H{half} L3 -50Z", -half);
    let colour = colour.replacen("hsl(", "hsla(", 1).replacen(')', ",0.28)", 1);
    for n in 0..12 {
        canvas.at((120.0, 126.0), f64::from(n) * 30.0 + 15.0, 1.0, |canvas| canvas.flat(&ray, &colour));
    }
    canvas.flat(&circle(120.0, 126.0, 84.0), &colour);
}
