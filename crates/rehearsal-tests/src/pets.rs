//! The app of the workspace of this crate: visual traits that follow from a pet's id, and nothing else.

use uuid::Uuid;

/// The visual traits of a pet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// How rare they are.
    pub rarity: &'static str,
    /// The traits as the column `traits` contains them.
    pub json: String,
}

/// Returns the traits of the pet with this id.
#[must_use]
pub fn traits(id: Uuid) -> Traits {
    let (_, low) = id.as_u64_pair();
    let rarity = match low % 100 {
        0..60 => "common",
        60..85 => "uncommon",
        85..95 => "rare",
        95..99 => "epic",
        _ => "legendary",
    };
    let [h, s, l] = [(8, 360), (24, 101), (40, 101)].map(|(bits, below)| (low >> bits) % below);
    Traits { rarity, json: format!(r#"{{"rarity":"{rarity}","body":{{"colour":{{"h":{h},"s":{s},"l":{l}}}}}}}"#) }
}
