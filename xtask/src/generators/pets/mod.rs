//! The generator of `pets`: pets in families of five generations, and their owners, as before pets had visual traits.

mod names;

use names::{CHOSEN, FIRST_NAMES, LAST_NAMES, NAMES, PERSONALITY, SKILL, USERS, VISUAL};
use rehearsal::generate::{About, Cell, Draw, Generator, Script, Seed, Size};
use std::io;

/// The generator of `pets`.
pub(crate) struct Pets;

/// The index in a family at which each generation starts, then the size of the family: ten founders, six children, four
/// grandchildren, two pets of the fourth generation and one of the fifth.
const GENERATIONS: [u64; 6] = [0, 10, 16, 20, 22, 23];
const FAMILY: u64 = GENERATIONS[5];
/// The indexes of pets with one parent.
const WITHOUT_SECOND: u64 = 12;
const WITHOUT_FIRST: u64 = 17;

/// Every fourth user owns pets.
const KEEPERS: u64 = 4;
/// The number of pets, from the first one on, that share an owner.
const OF_ONE_OWNER: u64 = 5;

/// 2024-01-01, in milliseconds since 1970.
const START: u64 = 1_704_067_200_000;
const DAY: u64 = 86_400_000;
/// The number of days over which users register, before the first pets are born.
const USERS_COME: u64 = 300;
/// The number of days over which each generation is born.
const GENERATION: u64 = 60;

impl Generator for Pets {
    fn about(&self) -> About {
        About { database: "pets", unit: "pet", at: 20_250_901_090_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        let users = users(units);
        script.comment(&format!(
            "{users} users and {units} pets of up to five generations, as before pets had visual traits. Most users have no pet, \
             some have several. Many names need escaping or normalisation: quotes, backslashes, emoji, right-to-left text, \
             combining marks, line breaks, SQL."
        ))?;
        script.insert("User", ["id", "name", "createdAt"], (0..users).map(|n| user(seed, n)))?;
        let kinds = [("visual", VISUAL), ("personality", PERSONALITY), ("skill", SKILL)];
        let traits = kinds.into_iter().flat_map(|(kind, names)| {
            names.iter().zip(0..).map(move |(name, n)| [seed.id(kind, n).into(), (*name).into(), kind.into()])
        });
        script.insert("Trait", ["id", "name", "kind"], traits)?;
        script.comment("Parents come before their children, because foreign keys are checked row by row.")?;
        let columns = [
            "id",
            "name",
            "userId",
            "generation",
            "friendliness",
            "energyTrait",
            "curiosity",
            "patience",
            "playfulness",
            "parent1Id",
            "parent2Id",
            "createdAt",
            "updatedAt",
        ];
        script.insert("Pet", columns, (0..units).map(|n| pet(seed, n)))?;
        script.comment("Every pet has four visual and three personality traits; no pet has learnt a skill yet.")?;
        script.insert("PetTrait", ["petId", "traitId"], (0..units).flat_map(|n| genetic_traits(seed, n)))
    }
}

/// The number of users: 170 for 92 pets.
fn users(pets: u64) -> u64 {
    (pets * 85).div_ceil(46)
}

fn user(seed: Seed, n: u64) -> [Cell; 3] {
    let mut draw = seed.draw("User", n);
    let created = START + draw.below(USERS_COME * DAY);
    let name = match USERS.get(n as usize) {
        Some(name) => (*name).to_owned(),
        None => format!("{} {}", draw.one_of(FIRST_NAMES), draw.one_of(LAST_NAMES)),
    };
    [seed.id("User", n).into(), name.into(), time(created).into()]
}

fn pet(seed: Seed, n: u64) -> [Cell; 13] {
    let mut draw = seed.draw("Pet", n);
    let generation = generation(n);
    let [first, second] = parents(n, &mut draw).map(|parent| parent.map(|n| seed.id("Pet", n)).into());
    let born = START + (USERS_COME + (generation - 1) * GENERATION) * DAY + draw.below(GENERATION * DAY);
    let end = START + (USERS_COME + 5 * GENERATION) * DAY;
    let updated = if draw.once_in(3) { born + draw.below(end - born) } else { born };
    let name = match CHOSEN.get(n as usize) {
        Some(name) => name,
        None if draw.once_in(5) => draw.one_of(CHOSEN),
        None => draw.one_of(NAMES),
    };
    let owner = seed.id("User", owner(n, &mut draw));
    let mut temperament = || (temperament(n, &mut draw) as i64).into();
    [
        seed.id("Pet", n).into(),
        name.into(),
        owner.into(),
        (generation as i64).into(),
        temperament(),
        temperament(),
        temperament(),
        temperament(),
        temperament(),
        first,
        second,
        time(born).into(),
        time(updated).into(),
    ]
}

/// 1 for a founder; for other pets, one more than the highest generation of the parents.
fn generation(n: u64) -> u64 {
    GENERATIONS.iter().filter(|start| **start <= n % FAMILY).count() as u64
}

/// Draws the parents of a pet: one from the previous generation of the same family, the other from any earlier
/// generation of the same or the previous family.
fn parents(n: u64, draw: &mut Draw) -> [Option<u64>; 2] {
    let (family, place) = (n / FAMILY, n % FAMILY);
    let generation = generation(n) as usize;
    if generation == 1 {
        return [None, None];
    }
    let (from, to) = (GENERATIONS[generation - 2], GENERATIONS[generation - 1]);
    let first = family * FAMILY + from + draw.below(to - from);
    let home = family.saturating_sub(draw.below(2)) * FAMILY;
    let at = draw.below(to);
    let second = if home + at == first { home + (at + 1) % to } else { home + at };
    match place {
        WITHOUT_SECOND => [Some(first), None],
        WITHOUT_FIRST => [None, Some(first)],
        _ => [Some(first), Some(second)],
    }
}

/// Draws one of the last six owners of a fixture that ends with this pet.
fn owner(n: u64, draw: &mut Draw) -> u64 {
    if n < OF_ONE_OWNER {
        return 0;
    }
    let keepers = users(n + 1).div_ceil(KEEPERS);
    (keepers - 1).saturating_sub(draw.below(6)) * KEEPERS
}

/// Draws a value from 0 to 100, with 0 and 100 more frequent than others. The first pet has only 0, the second only
/// 100.
fn temperament(n: u64, draw: &mut Draw) -> u64 {
    let (end, anything) = (draw.below(20), draw.below(101));
    match (n, end) {
        (0, _) => 0,
        (1, _) => 100,
        (_, 0) => 0,
        (_, 1) => 100,
        _ => anything,
    }
}

fn genetic_traits(seed: Seed, n: u64) -> impl Iterator<Item = [Cell; 2]> {
    let mut draw = seed.draw("PetTrait", n);
    let visual = draw.several(4, VISUAL.len() as u64).into_iter().map(|n| ("visual", n));
    let personality = draw.several(3, PERSONALITY.len() as u64).into_iter().map(|n| ("personality", n));
    visual.chain(personality).map(move |(kind, of)| [seed.id("Pet", n).into(), seed.id(kind, of).into()])
}

/// Formats milliseconds since 1970 as the app does.
fn time(milliseconds: u64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds as i64).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn proportions() {
        assert_eq!([1, 7, 92, 184].map(users), [2, 13, 170, 340]);
        let mut counts = [0; 5];
        (0..92).for_each(|n| counts[generation(n) as usize - 1] += 1);
        assert_eq!(counts, [40, 24, 16, 8, 4]);
    }

    /// Holds for every seed.
    #[test]
    fn parents_precede_their_children() {
        for seed in 0..50 {
            for n in 0..200 {
                let mut draw = Seed(seed).draw("Pet", n);
                let parents = parents(n, &mut draw);
                let oldest = parents.iter().flatten().map(|parent| generation(*parent)).max();
                assert_eq!(generation(n), oldest.unwrap_or_default() + 1, "pet {n} of seed {seed}: {parents:?}");
                assert!(parents.iter().flatten().all(|parent| *parent < n), "pet {n} of seed {seed}: {parents:?}");
                assert!(parents == [None, None] || parents[0] != parents[1], "pet {n} of seed {seed}: {parents:?}");
                assert!(owner(n, &mut draw) < users(n + 1), "pet {n} of seed {seed} has an owner");
            }
        }
    }
}
