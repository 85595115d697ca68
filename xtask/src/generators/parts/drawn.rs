//! The random users: most rows are as a form would produce them, a few are not.

use super::rows::{End, Ends, Owner, Part, Relationship, Said, Session, User};
use rehearsal::generate::{Draw, Seed};

const NAMES: &[&str] = &[
    "Inner Critic",
    "The Protector",
    "Little One",
    "Perfectionist",
    "Der Wächter",
    "小さい私",
    "الناقد",
    "The \"Fixer\"",
    "Mom's Voice",
    "🔥 Firefighter",
    "100 % in_control",
    "back\\slash",
    "Procrastinator",
    "Pleaser",
];
const CATEGORIES: &[&str] = &["manager", "firefighter", "exile", "unknown"];
const STATUSES: &[&str] = &["emerging", "acknowledged", "active", "integrated"];
const CHARGES: &[&str] = &["positive", "negative", "neutral"];
const ROLES: &[&str] = &["keeps me safe", "makes me work", "hides", "says no; always"];
const JSON: &[&str] = &[
    "[]",
    "{}",
    r#"["criticism", "deadlines"]"#,
    r#"{"weight": 0.70, "since": "2019"}"#,
    r#"["tight chest", null, {"side": "left"}]"#,
    r#""one word""#,
    "null",
];
const SETTINGS: &[&str] =
    &["{}", "{}", r#"{"theme": "dark"}"#, r#"{"locale": "nb-NO", "beta": {"on": true, "since": 1.0}}"#];
const SUMMARIES: &[&str] = &["met the Critic", "it's \"fine\"", "first line\nsecond line", "", "🕊️ מנוחה"];
const BREAKTHROUGHS: &[&str] = &["{}", "{\"it protects me\"}", "{\"a, b\",\"say \\\"no\\\"\",NULL}"];
const TYPES: &[&str] = &["check-in", "therapy", "journaling"];
const KINDS: &[&str] = &["polarized", "protector-exile", "allied"];

/// 2023-01-01, in microseconds since 1970.
const START: u64 = 1_672_531_200_000_000;
const MINUTE: u64 = 60_000_000;
const DAY: u64 = 24 * 60 * MINUTE;

pub(super) fn user(seed: Seed, n: u64) -> User {
    let mut draw = seed.draw("users", n);
    let settings = (!draw.once_in(40)).then(|| draw.one_of(SETTINGS).to_owned());
    let mut count = |average: u64| if draw.once_in(15) { 0 } else { draw.below(2 * average + 2) };
    let counts = [count(11), count(11), count(16)];
    let [parts, sessions, relationships] = counts;
    User {
        email: format!("user{n}@example.com"),
        settings,
        parts: self::parts(seed, n, parts),
        sessions: self::sessions(seed, n, sessions),
        relationships: self::relationships(seed, n, relationships, parts),
    }
}

/// Draws `count` parts of user `n`. Some have equal names.
pub(super) fn parts(seed: Seed, n: u64, count: u64) -> Vec<Part> {
    let mut draw = seed.draw("parts", n);
    let start = START + draw.below(365 * DAY);
    let at_once = draw.once_in(8);
    let mut part = |_| {
        let created = start + if at_once { 0 } else { draw.below(400 * DAY) };
        let first = created - draw.below(DAY);
        let (name, number) = (draw.one_of(NAMES), draw.below(count / 2 + 4));
        let name = if number == 0 { name.to_owned() } else { format!("{name} {number}") };
        Part {
            owner: owner(&mut draw),
            name: (!draw.once_in(60)).then_some(name),
            created: (!draw.once_in(30)).then(|| time(created)),
            said: said(&mut draw, created, first),
        }
    };
    (0..count).map(&mut part).collect()
}

fn said(draw: &mut Draw, created: u64, first: u64) -> Said {
    let mut said = Said::new();
    let mut say = |draw: &mut Draw, one_in: u64, column, value: String| {
        if draw.once_in(one_in) {
            said.push((column, value));
        }
    };
    let (hundredths, count, age) = (draw.below(101), draw.below(30), draw.below(60));
    let text = |draw: &mut Draw, all: &[&str]| draw.one_of(all).to_owned();
    let (category, status, charge) = (text(draw, CATEGORIES), text(draw, STATUSES), text(draw, CHARGES));
    say(draw, 1, "category", category);
    say(draw, 1, "status", status);
    say(draw, 2, "charge", charge);
    say(draw, 1, "confidence", format!("{}.{:02}", hundredths / 100, hundredths % 100));
    say(draw, 1, "evidence_count", count.to_string());
    say(draw, 4, "age", age.to_string());
    let role = text(draw, ROLES);
    say(draw, 3, "role", role);
    for column in ["triggers", "emotions", "beliefs", "somatic_markers", "visualization"] {
        let json = text(draw, JSON);
        say(draw, 5, column, json);
    }
    say(draw, 12, "story", "It was there before I can remember.".to_owned());
    say(draw, 2, "first_noticed", time(first));
    let active = created + draw.below(100 * DAY);
    say(draw, 2, "last_active", time(active));
    said
}

/// Draws `count` sessions of user `n`. Some start at the same time.
pub(super) fn sessions(seed: Seed, n: u64, count: u64) -> Vec<Session> {
    let mut draw = seed.draw("sessions", n);
    let mut start = START + draw.below(365 * DAY);
    let mut session = |_| {
        start += if draw.once_in(20) { 0 } else { DAY + draw.below(7 * DAY) };
        let minutes = draw.below(90);
        let mut said = Said::new();
        if !draw.once_in(5) {
            said.push(("end_time", time(start + minutes * MINUTE)));
            said.push(("duration", minutes.to_string()));
        }
        if !draw.once_in(4) {
            said.push(("summary", draw.one_of(SUMMARIES).to_owned()));
        }
        if draw.once_in(2) {
            said.push(("breakthroughs", draw.one_of(BREAKTHROUGHS).to_owned()));
        }
        if draw.once_in(2) {
            said.push(("type", draw.one_of(TYPES).to_owned()));
        }
        Session { owner: owner(&mut draw), start: (!draw.once_in(40)).then(|| time(start)), said }
    };
    (0..count).map(&mut session).collect()
}

/// Draws `count` relationships among the parts of user `n`; none if there are fewer than two parts. Some are
/// duplicates.
pub(super) fn relationships(seed: Seed, n: u64, count: u64, parts: u64) -> Vec<Relationship> {
    let mut draw = seed.draw("part_relationships", n);
    let start = START + draw.below(365 * DAY);
    let mut relationship = |_| {
        let first = draw.below(parts);
        let second = if draw.once_in(50) { first } else { (first + 1 + draw.below(parts - 1)) % parts };
        let end = |draw: &mut Draw, part| if draw.once_in(60) { End::Nowhere } else { End::Own(part) };
        Relationship {
            owner: owner(&mut draw),
            ends: Ends::Parts(vec![end(&mut draw, first), end(&mut draw, second)]),
            kind: (!draw.once_in(60)).then(|| draw.one_of(KINDS).to_owned()),
            created: (!draw.once_in(30)).then(|| time(start + draw.below(400 * DAY))),
        }
    };
    if parts < 2 { Vec::new() } else { (0..count).map(&mut relationship).collect() }
}

fn owner(draw: &mut Draw) -> Owner {
    match draw.below(400) {
        0 => Owner::Null,
        1 => Owner::Deleted,
        _ => Owner::User,
    }
}

/// Formats microseconds since 1970 for PostgreSQL.
fn time(microseconds: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(microseconds as i64).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()
}
