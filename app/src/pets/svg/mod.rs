//! Draws a pet as SVG, so that a person can see how two pets differ; see [`render`].
//!
//! Pure functions from traits to text: no files, no fonts, no randomness. Equal traits give equal text. [`render`]
//! draws the layers from back to front; each layer has its own module. All coordinates refer to a sheet of
//! [`WIDTH`] × [`HEIGHT`]. Every animal has its head around (120, 100) and its body around (120, 176), so that
//! eyes, patterns and accessories fit all animals.

mod accessory;
mod backdrop;
mod canvas;
mod eyes;
mod figure;
mod palette;
mod pattern;

use self::canvas::Canvas;
use self::figure::Figure;
use self::palette::Palette;
use super::traits::{PatternKind, PetTraits};

/// The width of a drawing, in user units.
pub const WIDTH: u32 = 240;
/// The height of a drawing, in user units.
pub const HEIGHT: u32 = 270;

/// Draws a pet as a complete, well-formed SVG document.
pub fn render(traits: &PetTraits) -> String {
    let palette = Palette::of(&traits.body);
    let figure = Figure::of(traits.body.shape);
    let mut canvas = Canvas::new(&palette.ink);

    canvas.title(&title(traits));
    backdrop::draw(&mut canvas, traits.rarity);
    figure.draw_behind(&mut canvas, &palette);
    figure.draw_torso(&mut canvas, &palette, |canvas| pattern::draw_on_torso(canvas, &traits.pattern));
    figure.draw_head(&mut canvas, &palette, |canvas| pattern::draw_on_head(canvas, &traits.pattern));
    eyes::draw(&mut canvas, &traits.eyes, &palette);
    if let Some(accessory) = &traits.accessory {
        accessory::draw(&mut canvas, accessory);
    }
    canvas.finish()
}

/// Describes the pet in a few words, for screen readers and as a tooltip.
fn title(traits: &PetTraits) -> String {
    let mut text = format!("{} {}", traits.rarity, traits.body.shape);
    if traits.pattern.kind != PatternKind::Plain {
        text.push_str(&format!(" with {}", traits.pattern.kind));
    }
    if let Some(accessory) = traits.accessory {
        text.push_str(&format!(", wearing: {}", accessory.kind));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use pretty_assertions::assert_eq;
    use uuid::Uuid;

    use super::super::traits::{
        Accessory, AccessoryKind, Body, BodyShape, Colour, EyeShape, Eyes, Pattern, Rarity, generate,
    };
    use super::*;

    /// One pet per combination of labels, all in the same colours.
    fn all_pets() -> Vec<PetTraits> {
        let colour = Colour { h: 30, s: 60, l: 55 };
        let mut pets = vec![generate(Uuid::nil())];
        vary(&mut pets, BodyShape::ALL, |pet, shape| pet.body = Body { shape, colour, belly: colour });
        vary(&mut pets, PatternKind::ALL, |pet, kind| pet.pattern = Pattern { kind, colour });
        vary(&mut pets, EyeShape::ALL, |pet, shape| pet.eyes = Eyes { shape, colour });
        vary(&mut pets, Rarity::ALL, |pet, rarity| pet.rarity = rarity);
        let accessories: Vec<Option<AccessoryKind>> =
            AccessoryKind::ALL.iter().copied().map(Some).chain([None]).collect();
        vary(&mut pets, &accessories, |pet, kind| pet.accessory = kind.map(|kind| Accessory { kind, colour }));
        pets
    }

    /// Replaces each pet by one pet per label.
    fn vary<T: Copy>(pets: &mut Vec<PetTraits>, labels: &[T], set: impl Fn(&mut PetTraits, T)) {
        let varied = |pet: &PetTraits, label: &T| {
            let mut pet = pet.clone();
            set(&mut pet, *label);
            pet
        };
        *pets = pets.iter().flat_map(|pet| labels.iter().map(move |label| varied(pet, label))).collect();
    }

    #[test]
    fn every_label_is_visible() {
        let pets = all_pets();
        // Titles always differ and are therefore excluded. Digests save memory: all drawings take many megabytes.
        let digest =
            |pet: &PetTraits| Uuid::new_v5(&Uuid::nil(), render(pet).split_once("</title>").unwrap().1.as_bytes());
        let distinct: HashSet<Uuid> = pets.iter().map(digest).collect();
        assert_eq!(distinct.len(), pets.len());
    }

    #[test]
    fn drawings_are_well_formed() {
        for traits in all_pets() {
            check_well_formed(&render(&traits));
        }
    }

    #[test]
    fn equal_traits_give_equal_drawings() {
        let traits = generate(Uuid::nil());
        assert_eq!(render(&traits), render(&traits.clone()));
    }

    /// Checks the subset of XML that a drawing uses: nested elements, attributes in double quotes, no text except
    /// the title.
    fn check_well_formed(xml: &str) {
        let mut open = Vec::new();
        for tag in xml.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').unwrap_or_else(|| panic!("an open tag: {tag}"));
            assert!(text.trim().is_empty() || open.is_empty() || tag == "title", "text after {tag}: {text}");
            assert!(!text.contains(['&', '"']), "unescaped: {text}");
            assert_eq!(tag.matches('"').count() % 2, 0, "quotes: {tag}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "closed too early in {xml}");
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}
