//! The visual traits of a pet: their types, their limits and their JSON form. No database and no drawing.
//!
//! [`generate`](generate()) derives the traits from the pet's id alone; [`PetTraits::from_json`] parses them
//! strictly. The JSON is compact, its keys are always in the order of the fields below, and no key is ever
//! omitted. With added line breaks:
//!
//! ```json
//! {"version":1,"rarity":"uncommon",
//!  "body":{"shape":"fox","colour":{"h":24,"s":71,"l":60},"belly":{"h":30,"s":48,"l":88}},
//!  "pattern":{"kind":"stripes","colour":{"h":12,"s":55,"l":30}},
//!  "eyes":{"shape":"round","colour":{"h":130,"s":60,"l":40}},
//!  "accessory":null}
//! ```

mod error;
mod generate;
mod label;
mod parse;

use serde::Serialize;

pub use self::error::{FieldFault, TraitsError};
pub use self::generate::{NAMESPACE, generate};
use self::label::labels;

/// The version of the JSON form that this app writes, and the only one that it reads.
pub const VERSION: u32 = 1;

/// The visual traits of a pet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PetTraits {
    /// Always [`VERSION`].
    pub version: u32,
    /// How rare the pet is.
    pub rarity: Rarity,
    /// The body.
    pub body: Body,
    /// The pattern on the body.
    pub pattern: Pattern,
    /// The eyes, which are identical.
    pub eyes: Eyes,
    /// The accessory that the pet wears, if any.
    pub accessory: Option<Accessory>,
}

/// The body: its outline and its two colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Body {
    /// The outline.
    pub shape: BodyShape,
    /// The main colour.
    pub colour: Colour,
    /// The colour of the belly, the muzzle and the inner ears.
    pub belly: Colour,
}

/// The pattern on the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pattern {
    /// The kind of pattern.
    pub kind: PatternKind,
    /// The colour of the pattern, without effect for [`PatternKind::Plain`].
    pub colour: Colour,
}

/// The eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Eyes {
    /// The outline.
    pub shape: EyeShape,
    /// The colour of the iris.
    pub colour: Colour,
}

/// An accessory that a pet wears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Accessory {
    /// The kind of accessory.
    pub kind: AccessoryKind,
    /// The main colour.
    pub colour: Colour,
}

/// A colour in HSL, as whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Colour {
    /// Hue in degrees, 0 to [`Colour::MAX_H`].
    pub h: u16,
    /// Saturation in percent, 0 to [`Colour::MAX_S`].
    pub s: u16,
    /// Lightness in percent, 0 to [`Colour::MAX_L`].
    pub l: u16,
}

labels! {
    /// How rare a pet is. The shares are percentages of all pets and add up to 100.
    pub enum Rarity {
        /// 60 %.
        Common = "common",
        /// 25 %.
        Uncommon = "uncommon",
        /// 10 %.
        Rare = "rare",
        /// 4 %.
        Epic = "epic",
        /// 1 %.
        Legendary = "legendary",
    }
}

labels! {
    /// The outline of a body.
    pub enum BodyShape {
        /// Pointed ears, whiskers and a curled tail.
        Cat = "cat",
        /// Hanging ears and a tongue.
        Dog = "dog",
        /// Ears as long as the head, and a tuft for a tail.
        Rabbit = "rabbit",
        /// Round ears on a broad body.
        Bear = "bear",
        /// Large pointed ears and a bushy tail.
        Fox = "fox",
        /// Ear tufts, wings and a beak.
        Owl = "owl",
        /// A mane of spines.
        Hedgehog = "hedgehog",
        /// Horns, wings and a tail that ends in an arrow.
        Dragon = "dragon",
    }
}

labels! {
    /// A pattern on a body.
    pub enum PatternKind {
        /// No pattern.
        Plain = "plain",
        /// Round spots of several sizes.
        Spots = "spots",
        /// Curved bands across the body.
        Stripes = "stripes",
        /// A few large patches.
        Patches = "patches",
        /// Small stars.
        Stars = "stars",
        /// Small hearts.
        Hearts = "hearts",
    }
}

labels! {
    /// The outline of the eyes.
    pub enum EyeShape {
        /// Round, of ordinary size.
        Round = "round",
        /// Pointed at both ends, with a slit for a pupil.
        Almond = "almond",
        /// Half closed.
        Sleepy = "sleepy",
        /// Very large.
        Wide = "wide",
        /// With many highlights.
        Sparkling = "sparkling",
    }
}

labels! {
    /// An accessory that a pet can wear.
    pub enum AccessoryKind {
        /// A bow at the side of the head.
        Bow = "bow",
        /// A scarf around the neck.
        Scarf = "scarf",
        /// A pair of glasses.
        Glasses = "glasses",
        /// A top hat.
        Hat = "hat",
        /// A flower at the side of the head.
        Flower = "flower",
        /// A collar with a bell.
        Collar = "collar",
        /// A crown.
        Crown = "crown",
    }
}

impl Rarity {
    /// The share of all pets that have this rarity, in percent.
    pub const fn percent(self) -> u64 {
        match self {
            Rarity::Common => 60,
            Rarity::Uncommon => 25,
            Rarity::Rare => 10,
            Rarity::Epic => 4,
            Rarity::Legendary => 1,
        }
    }
}

impl Colour {
    /// The largest hue, in degrees: 360 would equal 0.
    pub const MAX_H: u16 = 359;
    /// The largest saturation, in percent.
    pub const MAX_S: u16 = 100;
    /// The largest lightness, in percent.
    pub const MAX_L: u16 = 100;
}

impl PetTraits {
    /// Parses traits from JSON. Rejects missing fields, unknown fields and values out of range.
    ///
    /// # Errors
    ///
    /// [`TraitsError::NotJson`] if the text is not JSON; [`TraitsError::Field`] with the path of the first invalid
    /// field, such as `eyes.colour.h`.
    pub fn from_json(text: &str) -> Result<PetTraits, TraitsError> {
        parse::traits(text)
    }

    /// Checks the version and the range of every colour. The types rule out all other invalid values.
    ///
    /// # Errors
    ///
    /// [`TraitsError::Field`] with the path of the first invalid field, such as `eyes.colour.h`.
    pub fn validate(&self) -> Result<(), TraitsError> {
        parse::check_version("version", self.version.into())?;
        for (path, colour) in self.colours() {
            for (channel, value, max) in colour.channels() {
                parse::check_range(|| format!("{path}.{channel}"), value.into(), max)?;
            }
        }
        Ok(())
    }

    /// Serialises the traits as compact JSON of about 300 bytes. Equal traits have equal texts.
    pub fn to_json(&self) -> String {
        // Serialising structs of numbers and labels to a string cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns every colour with its path, in the order of the JSON.
    fn colours(&self) -> impl Iterator<Item = (&'static str, Colour)> {
        [
            ("body.colour", self.body.colour),
            ("body.belly", self.body.belly),
            ("pattern.colour", self.pattern.colour),
            ("eyes.colour", self.eyes.colour),
        ]
        .into_iter()
        .chain(self.accessory.map(|accessory| ("accessory.colour", accessory.colour)))
    }
}

impl Colour {
    fn channels(self) -> [(&'static str, u16, u16); 3] {
        [("h", self.h, Colour::MAX_H), ("s", self.s, Colour::MAX_S), ("l", self.l, Colour::MAX_L)]
    }
}
