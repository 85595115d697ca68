//! [`generate`] derives the visual traits from a pet's id and nothing else.
//!
//! An id has the same traits on every machine, forever: the generator uses no clock, no source of randomness and
//! nothing that depends on the platform. The golden file `app/tests/golden/pet_traits.json` contains the traits of
//! 20 ids. All of the following is part of this contract:
//!
//! - The seed is the UUIDv5 of the id's 16 bytes under [`NAMESPACE`], read as a big-endian number; the generator is
//!   PCG XSL RR 128/64 (LCG) on the stream [`STREAM`].
//! - A number below `n` is the high 64 bits of `n` × a raw 64-bit draw. Its bias is less than `n` / 2⁶⁴, too small
//!   to measure, and unlike the distributions of a library this method does not change between releases.
//! - A label is one such draw over its variants, in the order of declaration.
//! - The order of the draws is fixed, and each draw is made even if its result is not used, so that no trait
//!   shifts another: rarity; body shape; body h, s, l; belly h, s, l; pattern kind; pattern h, s, l; eye shape;
//!   eyes h, s, l; accessory worn or not; accessory kind; accessory h, s, l.

use std::ops::RangeInclusive;

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;
use uuid::{Uuid, uuid};

use super::label::Label;
use super::{Accessory, Body, Colour, Eyes, Pattern, PetTraits, Rarity, VERSION};

/// The namespace of the seeds of visual traits.
pub const NAMESPACE: Uuid = uuid!("6f0e4c1a-52b7-4d0e-9a57-3f1d8c2b7e90");

/// The stream of the generator: an arbitrary constant that must never change.
const STREAM: u128 = 1;

/// Derives the visual traits of the pet with this id.
pub fn generate(pet_id: Uuid) -> PetTraits {
    let mut draws = Draws::keyed_by(pet_id);

    let rarity = draws.rarity();
    let shape = draws.label();
    let colour = draws.colour(0..=359, 38..=82, 48..=70);
    // The belly has a paler colour with a hue near that of the body, and the pattern a darker colour that may
    // differ more; arbitrary combinations would make most pets ugly.
    let belly = draws.colour(near(colour, 20), 25..=60, 84..=93);
    let body = Body { shape, colour, belly };
    let kind = draws.label();
    let pattern = Pattern { kind, colour: draws.colour(near(colour, 140), 35..=75, 24..=40) };
    let shape = draws.label();
    let eyes = Eyes { shape, colour: draws.colour(0..=359, 45..=90, 32..=52) };
    let worn = draws.below(100) < accessory_percent(rarity);
    let kind = draws.label();
    let colour = draws.colour(0..=359, 60..=90, 42..=62);
    let accessory = worn.then_some(Accessory { kind, colour });

    PetTraits { version: VERSION, rarity, body, pattern, eyes, accessory }
}

/// The share of pets of this rarity that wear an accessory, in percent.
fn accessory_percent(rarity: Rarity) -> u64 {
    match rarity {
        Rarity::Common => 30,
        Rarity::Uncommon => 50,
        Rarity::Rare => 70,
        Rarity::Epic => 90,
        Rarity::Legendary => 100,
    }
}

/// Returns the hues at most `degrees` away from that of a colour. The range may exceed 359; [`Draws::colour`]
/// wraps around.
fn near(colour: Colour, degrees: u16) -> RangeInclusive<u16> {
    let middle = colour.h + 360;
    middle - degrees..=middle + degrees
}

/// The random draws for one pet.
struct Draws(Pcg64);

impl Draws {
    fn keyed_by(pet_id: Uuid) -> Draws {
        Draws(Pcg64::new(Uuid::new_v5(&NAMESPACE, pet_id.as_bytes()).as_u128(), STREAM))
    }

    /// Draws a number from 0 to `n` - 1.
    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    fn within(&mut self, range: RangeInclusive<u16>) -> u16 {
        // The sum is at most the end of the range and therefore fits.
        range.start() + self.below(u64::from(range.end() - range.start()) + 1) as u16
    }

    fn colour(&mut self, h: RangeInclusive<u16>, s: RangeInclusive<u16>, l: RangeInclusive<u16>) -> Colour {
        let h = self.within(h) % (Colour::MAX_H + 1);
        let s = self.within(s);
        let l = self.within(l);
        Colour { h, s, l }
    }

    fn label<T: Label>(&mut self) -> T {
        T::VALUES[self.below(T::VALUES.len() as u64) as usize]
    }

    fn rarity(&mut self) -> Rarity {
        let mut percent = self.below(100);
        for rarity in Rarity::ALL {
            if percent < rarity.percent() {
                return *rarity;
            }
            percent -= rarity.percent();
        }
        // Unreachable as long as the shares add up to 100.
        Rarity::Common
    }
}
