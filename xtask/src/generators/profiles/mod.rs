//! Users, their contexts, and what they said in each, as it was before profiles were unified.

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
/// The user who says most, and how many messages in each context: the one with a context that has nothing else.
const TALKATIVE: u64 = 1;
const MOST: u64 = 200;

/// The columns of the old profile that count, in the order of the new table.
const SHARED: &[&str] =
    &["coreValues", "beliefs", "interactionStyle", "lifestyle", "constraints", "location", "ageRange"];

/// 2024-01-01, in microseconds since 1970.
const START: u64 = 1_704_067_200_000_000;
const MINUTE: u64 = 60_000_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// The days on which users come.
const DAYS: u64 = 400;

impl Generator for Profiles {
    fn about(&self) -> About {
        About { database: "profiles", unit: "user", at: 20_251_103_100_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        script.comment(&format!(
            "{units} users with none to five contexts each, as they were before profiles were unified. The first {} users were \
             chosen by hand, and the name of each says for what: contradictions, unknown keys, values of the wrong type, data \
             that no form would have produced. The others say mostly the same in each context, and mostly what a form asks.",
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

/// When a user came.
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

/// The completeness is what the old code once thought, and follows from nothing.
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

/// Microseconds since 1970, as PostgreSQL reads a time.
fn time(microseconds: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(microseconds as i64).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Whatever the seed.
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
