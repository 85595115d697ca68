//! Draws the accessory of a pet, on top of everything else. Golden details have the same colour on every pet.

use super::canvas::{Canvas, circle, ellipse};
use super::eyes;
use super::palette::{css, darker};
use crate::pets::traits::{Accessory, AccessoryKind};

const GOLD: &str = "hsl(46,92%,58%)";

pub(super) fn draw(canvas: &mut Canvas, accessory: &Accessory) {
    let colour = css(accessory.colour);
    let dark = css(darker(accessory.colour, 14));
    match accessory.kind {
        AccessoryKind::Bow => canvas.at((154.0, 60.0), 18.0, 1.0, |canvas| {
            canvas.area("M0 0 C-10 -16 -26 -18 -28 -12 Q-31 0 -28 12 C-26 18 -10 16 0 0Z", &colour);
            canvas.area("M0 0 C10 -16 26 -18 28 -12 Q31 0 28 12 C26 18 10 16 0 0Z", &colour);
            canvas.line("M-10 -3 L-20 -5 M-10 3 L-20 5 M10 -3 L20 -5 M10 3 L20 5");
            canvas.area(&ellipse(0.0, 0.0, 7.0, 8.0), &dark);
        }),
        AccessoryKind::Scarf => {
            canvas.area("M138 150 L164 148 L170 194 Q158 199 146 195Z", &dark);
            canvas.line("M152 196 L152 189 M161 195 L160 188");
            canvas.area("M72 132 Q120 158 168 132 Q178 144 168 154 Q120 180 72 154 Q62 144 72 132Z", &colour);
            canvas.line("M92 144 L88 158 M120 150 L120 164 M148 144 L152 158");
        }
        AccessoryKind::Glasses => {
            let (x, y) = eyes::CENTRE;
            canvas.pair(|canvas| {
                canvas.flat(&circle(x, y, 20.0), "rgba(255,255,255,0.18)");
                canvas.stroke(&circle(x, y, 20.0), &dark, 7.0);
                canvas.stroke(&circle(x, y, 20.0), &colour, 4.0);
                canvas.stroke("M77 97 L66 92", &colour, 4.0);
            });
            canvas.stroke("M116 97 Q120 92 124 97", &colour, 5.0);
        }
        AccessoryKind::Hat => {
            canvas.area("M94 58 L90 16 Q120 8 150 16 L146 58Z", &colour);
            canvas.flat("M94 45 Q120 52 146 45 L147 57 H93Z", &dark);
            canvas.area("M72 60 Q120 44 168 60 Q172 70 160 70 Q120 58 80 70 Q68 70 72 60Z", &colour);
        }
        AccessoryKind::Flower => canvas.at((82.0, 64.0), -10.0, 1.0, |canvas| {
            for n in 0..5 {
                canvas.at((0.0, 0.0), f64::from(n) * 72.0, 1.0, |canvas| {
                    canvas.area(&ellipse(0.0, -13.0, 8.5, 10.0), &colour);
                });
            }
            canvas.area(&circle(0.0, 0.0, 7.0), GOLD);
        }),
        AccessoryKind::Collar => {
            canvas.area("M76 138 Q120 162 164 138 L167 148 Q120 174 73 148Z", &colour);
            canvas.area(&circle(120.0, 166.0, 10.0), GOLD);
            canvas.line("M111 164 H129 M120 169 V174");
        }
        AccessoryKind::Crown => {
            canvas.area("M84 66 L78 26 L100 46 L120 18 L140 46 L162 26 L156 66 Q120 54 84 66Z", &colour);
            for (x, y) in [(78.0, 24.0), (120.0, 16.0), (162.0, 24.0)] {
                canvas.area(&circle(x, y, 5.0), GOLD);
            }
            canvas.flat("M120 42 L126 50 L120 58 L114 50Z", GOLD);
        }
    }
}
