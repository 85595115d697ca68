//! [`Figure`] draws the animals: outlines, ears, tails, wings and faces.
//!
//! Eyes, patterns and accessories are the same for all animals and are in their own modules.

use super::canvas::{Canvas, circle, ellipse};
use super::palette::Palette;
use crate::pets::traits::BodyShape;

const PINK: &str = "hsl(350,75%,76%)";
const BLUSH: &str = "hsla(350,85%,65%,0.35)";
const ORANGE: &str = "hsl(36,92%,58%)";
const HORN: &str = "hsl(45,45%,84%)";
const NOSE: &str = "hsl(345,25%,22%)";
const WHITE: &str = "#fff";

/// An animal, with the outlines of the two parts that have a pattern.
pub(super) struct Figure {
    shape: BodyShape,
    torso: String,
    head: String,
}

impl Figure {
    pub(super) fn of(shape: BodyShape) -> Figure {
        let torso = match shape {
            BodyShape::Bear => ellipse(120.0, 178.0, 66.0, 52.0),
            BodyShape::Owl => ellipse(120.0, 168.0, 62.0, 60.0),
            BodyShape::Rabbit => ellipse(120.0, 182.0, 48.0, 46.0),
            _ => ellipse(120.0, 179.0, 54.0, 49.0),
        };
        let head = match shape {
            // The cheeks end in points.
            BodyShape::Fox => "M120 149 C104 147 94 139 82 134 Q66 132 54 120 Q62 118 62 110 \
                               C58 70 86 54 120 54 C154 54 182 70 178 110 Q178 118 186 120 Q174 132 158 134 \
                               C146 139 136 147 120 149Z"
                .to_owned(),
            BodyShape::Rabbit => ellipse(120.0, 101.0, 54.0, 46.0),
            BodyShape::Bear => ellipse(120.0, 100.0, 58.0, 49.0),
            BodyShape::Owl => ellipse(120.0, 101.0, 60.0, 50.0),
            _ => ellipse(120.0, 100.0, 56.0, 47.0),
        };
        Figure { shape, torso, head }
    }

    /// Draws the parts behind the body: tail, wings, spines, ears.
    pub(super) fn draw_behind(&self, canvas: &mut Canvas, palette: &Palette) {
        match self.shape {
            BodyShape::Cat => {
                canvas.limb("M160 214 C206 218 214 176 196 160 C186 150 176 160 184 168", &palette.body, 11.0);
                canvas.pair(|canvas| {
                    canvas.area("M68 96 L68 34 Q94 44 112 64Z", &palette.body);
                    canvas.flat("M76 76 L76 48 Q90 54 98 64Z", PINK);
                });
            }
            BodyShape::Dog => canvas.limb("M164 206 Q194 200 198 170", &palette.body, 12.0),
            BodyShape::Rabbit => {
                canvas.area(&circle(170.0, 206.0, 15.0), &palette.belly);
                canvas.pair(|canvas| {
                    canvas.area("M86 76 C66 50 66 12 82 10 C100 8 110 40 112 66Z", &palette.body);
                    canvas.flat("M92 66 C78 48 76 22 84 20 C94 20 100 44 103 62Z", PINK);
                });
            }
            BodyShape::Bear => canvas.pair(|canvas| {
                canvas.area(&circle(76.0, 62.0, 20.0), &palette.body);
                canvas.flat(&circle(77.0, 63.0, 11.0), &palette.belly);
            }),
            BodyShape::Fox => {
                canvas.area("M150 222 C196 228 226 196 214 140 C206 160 176 160 160 196Z", &palette.body);
                canvas.area(
                    "M214 140 C219 162 217 182 208 197 Q204 186 196 188 Q194 178 184 178 C196 164 210 158 214 140Z",
                    &palette.belly,
                );
                canvas.pair(|canvas| {
                    canvas.area("M64 100 C54 74 52 44 56 22 Q90 36 108 64Z", &palette.body);
                    canvas.flat("M57 24 Q70 30 81 38 Q66 42 56 52 Q55 36 57 24Z", &palette.ink);
                    canvas.flat("M70 80 Q64 64 64 52 Q82 54 92 66Z", &palette.belly);
                });
            }
            BodyShape::Owl => canvas.pair(|canvas| {
                canvas.area("M64 96 Q58 62 66 40 Q84 54 106 60Z", &palette.shade);
            }),
            BodyShape::Hedgehog => {
                spines(canvas, palette);
                canvas.pair(|canvas| {
                    canvas.area(&circle(74.0, 68.0, 13.0), &palette.body);
                    canvas.flat(&circle(75.0, 69.0, 7.0), PINK);
                });
            }
            BodyShape::Dragon => {
                canvas.limb("M156 216 C190 226 208 214 206 194", &palette.body, 12.0);
                canvas.area("M206 174 L222 198 Q206 192 191 200Z", &palette.shade);
                canvas.pair(|canvas| {
                    canvas.area(
                        "M84 168 C62 128 40 116 18 118 Q28 130 26 146 Q36 144 40 160 Q50 156 56 172 Q66 168 84 184Z",
                        &palette.shade,
                    );
                    canvas.line("M78 168 Q50 138 26 126 M70 168 Q56 156 40 152");
                    canvas.area("M84 74 C72 62 66 46 70 28 C80 42 94 50 104 60Z", HORN);
                });
                canvas.area("M104 60 L112 38 L120 54 L128 38 L136 60Z", &palette.shade);
            }
        }
    }

    /// Draws torso, belly and limbs; `paint` draws the pattern.
    pub(super) fn draw_torso(&self, canvas: &mut Canvas, palette: &Palette, paint: impl FnOnce(&mut Canvas)) {
        if self.shape != BodyShape::Owl {
            canvas.pair(|canvas| canvas.area(&ellipse(90.0, 223.0, 22.0, 11.0), &palette.body));
        }
        self.painted(canvas, "torso", &self.torso, &palette.body, paint);
        match self.shape {
            BodyShape::Owl => {
                canvas.flat(&ellipse(120.0, 182.0, 36.0, 42.0), &palette.belly);
                for (y, xs) in [(172.0, &[100.0, 120.0, 140.0][..]), (188.0, &[110.0, 130.0]), (204.0, &[120.0])] {
                    for x in xs {
                        canvas.stroke(&format!("M{} {y} q7 8 14 0", x - 7.0), &palette.body, 3.0);
                    }
                }
                canvas.pair(|canvas| {
                    canvas.area("M66 138 C40 160 42 204 66 218 C84 200 84 160 66 138Z", &palette.shade);
                    canvas.area("M94 226 q5 -8 10 0 q5 -8 10 0 q-2 8 -10 8 q-8 0 -10 -8Z", ORANGE);
                });
            }
            BodyShape::Dragon => {
                canvas.area("M100 142 C84 166 84 200 102 226 H138 C156 200 156 166 140 142Z", &palette.belly);
                canvas.line("M91 166 Q120 174 149 166 M89 186 Q120 194 151 186 M93 206 Q120 214 147 206");
                self.arms(canvas, palette);
            }
            _ => {
                canvas.flat(&ellipse(120.0, 192.0, 30.0, 30.0), &palette.belly);
                self.arms(canvas, palette);
            }
        }
    }

    fn arms(&self, canvas: &mut Canvas, palette: &Palette) {
        canvas.pair(|canvas| {
            canvas.at((92.0, 178.0), 24.0, 1.0, |canvas| canvas.area(&ellipse(0.0, 0.0, 10.0, 20.0), &palette.body));
        });
    }

    /// Draws head and face without the eyes; `paint` draws the pattern.
    pub(super) fn draw_head(&self, canvas: &mut Canvas, palette: &Palette, paint: impl FnOnce(&mut Canvas)) {
        self.painted(canvas, "head", &self.head, &palette.body, paint);
        match self.shape {
            BodyShape::Cat => {
                muzzle(canvas, palette, 22.0, 14.0);
                canvas.area("M114 114 H126 L120 121Z", PINK);
                smile(canvas);
                canvas.pair(|canvas| canvas.line("M84 122 L52 116 M84 129 L54 134"));
            }
            BodyShape::Dog => {
                muzzle(canvas, palette, 27.0, 19.0);
                canvas.area("M113 130 V138 Q120 150 127 138 V130Z", PINK);
                canvas.area(&ellipse(120.0, 115.0, 9.0, 6.5), NOSE);
                smile(canvas);
                canvas.pair(|canvas| {
                    canvas.area("M84 60 C56 52 42 74 46 114 C50 136 70 134 74 114 Q76 88 84 60Z", &palette.shade);
                });
            }
            BodyShape::Rabbit => {
                muzzle(canvas, palette, 21.0, 14.0);
                canvas.area("M114 113 H126 L120 120Z", PINK);
                smile(canvas);
                canvas.area("M114 131 H126 V139 Q120 142 114 139Z", WHITE);
                canvas.line("M120 132 V139");
            }
            BodyShape::Bear => {
                muzzle(canvas, palette, 27.0, 20.0);
                canvas.area(&ellipse(120.0, 116.0, 10.0, 7.0), NOSE);
                smile(canvas);
            }
            BodyShape::Fox => {
                canvas.pair(|canvas| {
                    canvas.flat(
                        "M120 147 C104 145 94 137 82 132 Q68 130 58 120 Q92 112 104 112 Q114 114 120 122Z",
                        &palette.belly,
                    );
                });
                canvas.area(&ellipse(120.0, 122.0, 8.0, 6.0), NOSE);
                canvas.line("M120 128 V133 Q114 140 107 136 M120 133 Q126 140 133 136");
            }
            BodyShape::Owl => {
                canvas.pair(|canvas| canvas.flat(&circle(97.0, 100.0, 27.0), &palette.belly));
                canvas.area("M120 108 L130 117 Q126 130 120 135 Q114 130 110 117Z", ORANGE);
            }
            BodyShape::Hedgehog => {
                muzzle(canvas, palette, 25.0, 17.0);
                canvas.area(&circle(120.0, 114.0, 8.0), NOSE);
                smile(canvas);
            }
            BodyShape::Dragon => {
                canvas.flat(&ellipse(120.0, 126.0, 34.0, 18.0), &palette.belly);
                canvas.pair(|canvas| canvas.flat(&ellipse(110.0, 119.0, 3.0, 4.0), NOSE));
                canvas.line("M98 129 Q120 144 142 129");
                canvas.area("M103 133 L107 142 L112 136Z", WHITE);
                canvas.area("M137 133 L133 142 L128 136Z", WHITE);
            }
        }
        if self.shape != BodyShape::Owl {
            canvas.pair(|canvas| canvas.flat(&ellipse(79.0, 120.0, 9.0, 6.0), BLUSH));
        }
    }

    /// Draws a part, its pattern, and the outline on top of both.
    fn painted(&self, canvas: &mut Canvas, part: &str, path: &str, fill: &str, paint: impl FnOnce(&mut Canvas)) {
        canvas.flat(path, fill);
        canvas.within(&format!("{}-{part}", self.shape), path, paint);
        canvas.area(path, "none");
    }
}

fn muzzle(canvas: &mut Canvas, palette: &Palette, rx: f64, ry: f64) {
    canvas.flat(&ellipse(120.0, 124.0, rx, ry), &palette.belly);
}

fn smile(canvas: &mut Canvas) {
    canvas.line("M120 121 V127 Q114 134 107 129 M120 127 Q126 134 133 129");
}

/// Draws a ring of spines around head and torso.
fn spines(canvas: &mut Canvas, palette: &Palette) {
    let centre = (120.0, 138.0);
    // The lowest spines are omitted, because they would stick into the ground.
    for n in (0..24).filter(|n| !(10..=14).contains(n)) {
        canvas.at(centre, f64::from(n) * 15.0, 1.0, |canvas| canvas.area("M-13 -74 L0 -98 L13 -74Z", &palette.shade));
    }
    canvas.flat(&circle(centre.0, centre.1, 78.0), &palette.shade);
}
