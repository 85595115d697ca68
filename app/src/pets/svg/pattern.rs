//! Draws the pattern on torso and head. The caller clips it to the body.

use super::canvas::{Canvas, HEART, STAR, circle};
use super::palette::css;
use crate::pets::traits::{Pattern, PatternKind};

/// A position for a small mark: x, y, rotation in degrees, and scale.
type Place = (f64, f64, f64, f64);

/// Positions around the belly, which covers the middle of the torso.
const ON_TORSO: [Place; 10] = [
    (80.0, 152.0, -15.0, 0.85),
    (104.0, 147.0, 10.0, 0.6),
    (158.0, 150.0, 15.0, 0.8),
    (135.0, 146.0, 0.0, 0.6),
    (72.0, 178.0, 20.0, 0.9),
    (168.0, 176.0, -10.0, 0.9),
    (80.0, 204.0, 0.0, 0.8),
    (160.0, 203.0, 20.0, 0.8),
    (87.0, 174.0, -20.0, 0.5),
    (154.0, 188.0, 0.0, 0.5),
];

/// Positions on the forehead and the temples, away from the eyes.
const ON_HEAD: [Place; 7] = [
    (120.0, 66.0, 0.0, 0.85),
    (98.0, 70.0, -15.0, 0.6),
    (142.0, 70.0, 15.0, 0.6),
    (78.0, 84.0, -20.0, 0.7),
    (162.0, 84.0, 20.0, 0.7),
    (74.0, 112.0, 10.0, 0.6),
    (166.0, 112.0, -10.0, 0.6),
];

pub(super) fn draw_on_torso(canvas: &mut Canvas, pattern: &Pattern) {
    let colour = css(pattern.colour);
    match pattern.kind {
        PatternKind::Plain => {}
        PatternKind::Spots => marks(canvas, &ON_TORSO, &circle(0.0, 0.0, 9.0), &colour),
        PatternKind::Stars => marks(canvas, &ON_TORSO, STAR, &colour),
        PatternKind::Hearts => marks(canvas, &ON_TORSO, HEART, &colour),
        PatternKind::Stripes => canvas.pair(|canvas| {
            for y in [150.0, 169.0, 188.0, 207.0] {
                canvas.flat(
                    &format!("M50 {} Q74 {} 98 {} Q74 {} 50 {}Z", y - 6.0, y - 4.0, y + 6.0, y + 5.0, y + 4.0),
                    &colour,
                );
            }
        }),
        PatternKind::Patches => {
            canvas.flat("M128 130 C150 150 140 176 160 190 C176 200 190 190 190 160 L180 126Z", &colour);
            canvas.flat("M56 190 C78 184 92 196 96 232 L54 236Z", &colour);
        }
    }
}

pub(super) fn draw_on_head(canvas: &mut Canvas, pattern: &Pattern) {
    let colour = css(pattern.colour);
    match pattern.kind {
        PatternKind::Plain => {}
        PatternKind::Spots => marks(canvas, &ON_HEAD, &circle(0.0, 0.0, 9.0), &colour),
        PatternKind::Stars => marks(canvas, &ON_HEAD, STAR, &colour),
        PatternKind::Hearts => marks(canvas, &ON_HEAD, HEART, &colour),
        PatternKind::Stripes => {
            canvas.flat("M115 50 H125 Q124 66 120 80 Q116 66 115 50Z", &colour);
            canvas.pair(|canvas| {
                canvas.flat("M92 50 H103 Q104 62 102 74 Q96 64 92 50Z", &colour);
                canvas.flat("M60 104 Q76 106 84 112 Q74 113 60 112Z", &colour);
                canvas.flat("M60 120 Q78 120 88 124 Q76 128 62 128Z", &colour);
            });
        }
        PatternKind::Patches => {
            canvas.flat("M124 48 C118 74 118 92 126 108 C138 124 160 122 180 112 L184 60 L150 40Z", &colour);
        }
    }
}

fn marks(canvas: &mut Canvas, places: &[Place], path: &str, colour: &str) {
    for &(x, y, degrees, scale) in places {
        canvas.at((x, y), degrees, scale, |canvas| canvas.flat(path, colour));
    }
}
