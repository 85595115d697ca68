//! The generator of `profiles`: users, their contexts, and their answers in each, as before profiles were unified.
//! [`CHOSEN`] contains the hand-written users; `drawn.rs` makes the random ones.

mod case;
mod chosen;
mod context;
mod drawn;

use case::KINDS;
use chosen::CHOSEN;
use context::{Context, contexts};
use rehearsal::generate::{About, Cell, Generator, Script, Seed, Size};
use std::io;

/// The generator of `profiles`.
pub(crate) struct Profiles;

const NAMES: &[&str] = &[
    "Amina Rossi",
    "Miles O'Brien",
    "Ann \"Annie\" Smith",
    "",
    "דנה לוי",
    "مريم حداد",
    "李小龍",
    "👩‍🚀 Sally",
    "Robert'); DROP TABLE \"User\";--",
    "back\\slash",
    "Zoë Müller",
    "100 % real_name",
];
const TONES: &[&str] = &["warm", "direct", "playful", "", "it's \"complicated\""];
const MESSAGES: &[&str] = &[
    "Hello!",
    "What are you looking for?",
    "Somebody who doesn't mind cats; or dogs.",
    "",
    "first line\nsecond line\ttab",
    "C:\\temp\\new",
    "'; DROP TABLE \"ChatMessage\"; --",
    "👩‍👩‍👧‍👦 and 🦙",
    "‏שלום, \u{202e}olleh\u{202c}",
    "{\"location\": \"Oslo\"}",
    "100 %, $1, :name, ?",
];
/// The user with the most messages, whose context has no other data, and the number of messages in it.
const TALKATIVE: u64 = 1;
const MOST: u64 = 200;

/// The columns that count towards completeness, in the order of the new table.
const SHARED: &[&str] =
    &["coreValues", "beliefs", "interactionStyle", "lifestyle", "constraints", "location", "ageRange"];

/// 2024-01-01, in microseconds since 1970.
const START: u64 = 1_704_067_200_000_000;
const MINUTE: u64 = 60_000_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// The number of days over which users register.
const DAYS: u64 = 400;

impl Generator for Profiles {
    fn about(&self) -> About {
        About { database: "profiles", unit: "user", at: 20_251_103_100_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        script.comment(&format!(
            "{units} users with zero to five contexts each, as before profiles were unified. The first {} users were written by \
             hand, and the name of each describes its case: conflicts, unknown keys, values of the wrong type, data that no \
             form produces. Of the others, most give equal answers in each context, and only to the questions of the form.",
            units.min(CHOSEN.len() as u64)
        ))?;
        script.insert("User", ["id", "name", "email", "createdAt"], (0..units).map(|n| user(seed, n)))?;
        let all = || (0..units).flat_map(move |n| contexts(seed, n).into_iter().map(move |context| (n, context)));
        script.insert(
            "ContextProfile",
            ["id", "userId", "contextType", "tonePreference", "createdAt"],
            all().map(|(n, context)| context_profile(seed, n, &context)),
        )?;
        script.insert(
            "Profile",
            ["id", "contextProfileId", "data", "completeness", "missing", "createdAt", "updatedAt"],
            all().filter_map(|(n, context)| profile(seed, n, context)),
        )?;
        script.insert(
            "ChatMessage",
            ["id", "contextProfileId", "role", "content", "createdAt"],
            all().flat_map(|(n, context)| messages(seed, n, &context)),
        )
    }
}

/// The time of a user's registration, in microseconds since 1970.
fn came(seed: Seed, n: u64) -> u64 {
    START + seed.draw("User", n).below(DAYS * DAY)
}

fn user_id(seed: Seed, n: u64) -> String {
    seed.id("User", n) + CHOSEN.get(n as usize).map_or("", |chosen| chosen.end_of_id)
}

fn user(seed: Seed, n: u64) -> [Cell; 4] {
    let mut draw = seed.draw("name", n);
    let name = CHOSEN.get(n as usize).map_or_else(|| draw.one_of(NAMES), |chosen| chosen.name);
    let email = match n % 50 {
        7 => format!("User+{n}@Example.com"),
        8 => format!("bjørn.o'{n}@exämple.com"),
        _ => format!("user{n}@example.com"),
    };
    [user_id(seed, n).into(), name.into(), email.into(), time(came(seed, n)).into()]
}

fn context_profile(seed: Seed, n: u64, context: &Context) -> [Cell; 5] {
    let mut draw = seed.draw("ContextProfile", context.number);
    let tone = (!draw.once_in(4)).then(|| draw.one_of(TONES));
    [
        seed.id("ContextProfile", context.number).into(),
        user_id(seed, n).into(),
        KINDS[context.kind].into(),
        tone.into(),
        context.at.map_or_else(|| time(came(seed, n) + context.after), str::to_owned).into(),
    ]
}

/// The row of an old profile. Its completeness is random, because the old code's value does not match the data either.
fn profile(seed: Seed, n: u64, context: Context) -> Option<[Cell; 7]> {
    let mut draw = seed.draw("Profile", context.number);
    let count = draw.below(SHARED.len() as u64 + 1) as usize;
    let missing: Vec<&str> = draw.several(count, SHARED.len() as u64).into_iter().map(|n| SHARED[n as usize]).collect();
    let created = came(seed, n) + context.after + draw.below(60) * MINUTE;
    let updated = if draw.once_in(2) { created + draw.below(90 * DAY) } else { created };
    Some([
        seed.id("Profile", context.number).into(),
        seed.id("ContextProfile", context.number).into(),
        context.old?,
        (draw.below(101) as i64).into(),
        format!("{{{}}}", missing.join(",")).into(),
        time(created).into(),
        time(updated).into(),
    ])
}

fn messages(seed: Seed, n: u64, context: &Context) -> impl Iterator<Item = [Cell; 5]> + use<> {
    let count = if n == TALKATIVE { MOST } else { seed.draw("ChatMessage", context.number).below(3) };
    let start = came(seed, n) + context.after;
    let number = context.number;
    (0..count).map(move |message| {
        [
            seed.id("ChatMessage", number * MOST + message).into(),
            seed.id("ContextProfile", number).into(),
            if message % 2 == 0 { "assistant" } else { "user" }.into(),
            MESSAGES[((number + message) % MESSAGES.len() as u64) as usize].into(),
            time(start + message * MINUTE).into(),
        ]
    })
}

/// Formats microseconds since 1970 for PostgreSQL.
fn time(microseconds: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(microseconds as i64).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Holds for every seed.
    #[test]
    fn contexts_are_of_different_kinds() {
        for seed in 0..10 {
            for n in 0..200 {
                let contexts = contexts(Seed(seed), n);
                let kinds: BTreeSet<usize> = contexts.iter().map(|context| context.kind).collect();
                assert_eq!(kinds.len(), contexts.len(), "user {n} of seed {seed}");
            }
        }
    }
}
