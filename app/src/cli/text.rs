//! Formats pets as aligned text for the terminal; see [`list`] and [`pet`]. Names are escaped, so that a name
//! cannot disturb the terminal.
//!
//! Pure functions: they read no database and write to no stream.

use std::fmt::Write as _;

use app::pets::traits::Colour;
use app::pets::{Pet, PetSummary};

/// One line per pet, plus a note if there are more than `limit` pets.
pub(super) fn list(pets: &[PetSummary], limit: usize) -> String {
    if pets.is_empty() {
        return "There are no pets.\n".to_owned();
    }
    let mut text = String::new();
    for pet in pets.iter().take(limit) {
        let rarity = match &pet.traits {
            None => "no traits",
            Some(Err(_)) => "invalid",
            Some(Ok(traits)) => traits.rarity.as_str(),
        };
        let _ = writeln!(text, "{:<36}  {rarity:<9}  {}", pet.id, name(&pet.name));
    }
    if pets.len() > limit {
        let _ = writeln!(text, "There are more than {limit} pets: use --limit N to list them.");
    }
    text
}

/// A pet, one line per property.
pub(super) fn pet(pet: &Pet) -> String {
    let traits = &pet.traits;
    let temperament = &pet.temperament;
    let parents: Vec<String> = pet.parents.iter().flatten().map(|id| id.to_string()).collect();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let lines = [
        ("id", pet.id.to_string()),
        ("user", name(&pet.user_id)),
        ("generation", pet.generation.to_string()),
        ("parents", or_none(parents.join("  "))),
        ("created", name(&pet.created_at)),
        ("updated", name(&pet.updated_at)),
        ("", String::new()),
        ("rarity", format!("{} ({} of 100 pets)", traits.rarity, traits.rarity.percent())),
        (
            "body",
            format!("{:<9}  {}, belly {}", traits.body.shape, colour(traits.body.colour), colour(traits.body.belly)),
        ),
        ("pattern", format!("{:<9}  {}", traits.pattern.kind, colour(traits.pattern.colour))),
        ("eyes", format!("{:<9}  {}", traits.eyes.shape, colour(traits.eyes.colour))),
        (
            "accessory",
            traits.accessory.map_or_else(|| "none".to_owned(), |it| format!("{:<9}  {}", it.kind, colour(it.colour))),
        ),
        ("", String::new()),
        ("friendliness", temperament.friendliness.to_string()),
        ("energy", temperament.energy.to_string()),
        ("curiosity", temperament.curiosity.to_string()),
        ("patience", temperament.patience.to_string()),
        ("playfulness", temperament.playfulness.to_string()),
        ("genes", or_none(name(&pet.genetic_traits.join(", ")))),
    ];
    let mut text = format!("{}\n\n", name(&pet.name));
    for (label, value) in lines {
        let _ = writeln!(text, "{}", format!("  {label:<12}  {value}").trim_end());
    }
    text
}

fn colour(colour: Colour) -> String {
    format!("hsl({} {}% {}%)", colour.h, colour.s, colour.l)
}

/// Escapes control characters and marks of writing direction, both of which can disturb a terminal. A blank text
/// is quoted, so that it is visible.
fn name(text: &str) -> String {
    if text.trim().is_empty() {
        return format!("{text:?}");
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        let sets_direction =
            matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if char.is_control() || sets_direction {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use app::pets::Temperament;
    use app::pets::traits::{PetTraits, generate};
    use pretty_assertions::assert_eq;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn names_cannot_disturb_a_terminal() {
        let check = |text: &str, expected: &str| assert_eq!(name(text), expected);
        check("Rex", "Rex");
        check("O'Malley \"Duke\" \\", "O'Malley \"Duke\" \\");
        check("👩\u{200d}👧 קטן é", "👩\u{200d}👧 קטן é");
        check("Two\nLines\t", "Two\\nLines\\t");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("\u{202e}olleh", "\\u{202e}olleh");
        check("", "\"\"");
        check(" \n", "\" \\n\"");
    }

    #[test]
    fn a_list_marks_missing_and_invalid_traits_and_mentions_further_pets() {
        let row = |name: &str, traits| PetSummary { id: Uuid::nil().to_string(), name: name.to_owned(), traits };
        let pets = [
            row("Ada", Some(Ok(generate(Uuid::nil())))),
            row("", None),
            row("Rex", Some(PetTraits::from_json("{}"))),
            row("Zoe", None),
        ];
        assert_eq!(
            list(&pets, 3),
            "00000000-0000-0000-0000-000000000000  common     Ada\n\
             00000000-0000-0000-0000-000000000000  no traits  \"\"\n\
             00000000-0000-0000-0000-000000000000  invalid    Rex\n\
             There are more than 3 pets: use --limit N to list them.\n"
        );
        assert_eq!(list(&[], 3), "There are no pets.\n");
    }

    #[test]
    fn the_lines_of_a_pet_are_aligned() {
        let shown = pet(&Pet {
            id: Uuid::nil(),
            name: "Ada".to_owned(),
            user_id: "u1".to_owned(),
            generation: 1,
            temperament: Temperament { friendliness: 1, energy: 2, curiosity: 3, patience: 4, playfulness: 100 },
            parents: [None, None],
            traits: generate(Uuid::nil()),
            genetic_traits: vec!["bold".to_owned(), "calm".to_owned()],
            created_at: "2025-09-01T09:00:00.000Z".to_owned(),
            updated_at: "2025-09-01T09:00:00.000Z".to_owned(),
        });
        assert_eq!(
            shown,
            "Ada

  id            00000000-0000-0000-0000-000000000000
  user          u1
  generation    1
  parents       none
  created       2025-09-01T09:00:00.000Z
  updated       2025-09-01T09:00:00.000Z

  rarity        common (60 of 100 pets)
  body          owl        hsl(275 80% 49%), belly hsl(292 52% 88%)
  pattern       spots      hsl(9 52% 35%)
  eyes          sparkling  hsl(57 55% 37%)
  accessory     none

  friendliness  1
  energy        2
  curiosity     3
  patience      4
  playfulness   100
  genes         bold, calm
"
        );
    }
}
