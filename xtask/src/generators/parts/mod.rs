//! The generator of `parts`: users with their parts, sessions and relationships, as old code wrote them. [`CHOSEN`]
//! contains the hand-written users; `drawn.rs` makes the random ones.

mod chosen;
mod drawn;
mod rows;

use chosen::CHOSEN;
use rehearsal::generate::{About, Cell, Generator, Script, Seed, Size};
use rows::{Owner, Part, Relationship, Session, User};
use std::io;

/// The generator of `parts`.
pub(crate) struct Parts;

impl Generator for Parts {
    fn about(&self) -> About {
        About { database: "parts", unit: "user", at: 20_260_105_100_000 }
    }

    fn write(&self, Size { units, seed }: Size, script: &mut Script<'_>) -> io::Result<()> {
        script.comment(&format!(
            "{units} users with their parts, sessions and relationships, as old code wrote them. The first {} users were written \
             by hand, and the email address of each describes its case: rows without required values, duplicates, relationships \
             to missing parts, settings that are not an object. Of the others, most rows are as a form would produce them.",
            CHOSEN.len()
        ))?;
        let all = || (0..units).map(move |n| (n, user(seed, n)));
        script.insert("users", ["id", "email", "settings"], all().map(|(n, user)| user_row(seed, n, user)))?;
        script.insert(
            "parts",
            [
                "id",
                "user_id",
                "name",
                "category",
                "status",
                "charge",
                "confidence",
                "evidence_count",
                "age",
                "role",
                "triggers",
                "emotions",
                "beliefs",
                "somatic_markers",
                "visualization",
                "story",
                "first_noticed",
                "last_active",
                "created_at",
            ],
            all().flat_map(|(n, user)| numbered(user.parts).map(move |(at, part)| part_row(seed, n, at, part))),
        )?;
        script.insert(
            "sessions",
            ["id", "user_id", "start_time", "end_time", "summary", "breakthroughs", "type", "duration"],
            all().flat_map(|(n, user)| {
                numbered(user.sessions).map(move |(at, session)| session_row(seed, n, at, session))
            }),
        )?;
        script.insert(
            "part_relationships",
            ["id", "user_id", "parts", "type", "created_at"],
            all().flat_map(|(n, user)| {
                numbered(user.relationships).map(move |(at, one)| relationship_row(seed, n, at, one))
            }),
        )
    }
}

/// Returns the rows of user `n`.
fn user(seed: Seed, n: u64) -> User {
    CHOSEN.get(n as usize).map_or_else(|| drawn::user(seed, n), |chosen| chosen.user(seed, n))
}

/// An upper limit for a user's rows in one table.
const MOST: u64 = 10_000;

fn numbered<T>(rows: Vec<T>) -> impl Iterator<Item = (u64, T)> {
    (0..).zip(rows)
}

fn id(seed: Seed, table: &str, n: u64, at: u64) -> String {
    seed.id(table, n * MOST + at)
}

fn owner(seed: Seed, n: u64, owner: Owner) -> Cell {
    match owner {
        Owner::User => seed.id("users", n).into(),
        Owner::Null => None::<&str>.into(),
        Owner::Deleted => seed.id("users who are gone", n).into(),
    }
}

fn user_row(seed: Seed, n: u64, user: User) -> [Cell; 3] {
    [seed.id("users", n).into(), user.email.into(), user.settings.into()]
}

fn part_row(seed: Seed, n: u64, at: u64, part: Part) -> [Cell; 19] {
    let cell = |column: &str| -> Cell {
        let said = part.said.iter().find(|(name, _)| *name == column);
        said.map(|(_, value)| value.clone()).into()
    };
    [
        id(seed, "parts", n, at).into(),
        owner(seed, n, part.owner),
        part.name.clone().into(),
        cell("category"),
        cell("status"),
        cell("charge"),
        cell("confidence"),
        cell("evidence_count"),
        cell("age"),
        cell("role"),
        cell("triggers"),
        cell("emotions"),
        cell("beliefs"),
        cell("somatic_markers"),
        cell("visualization"),
        cell("story"),
        cell("first_noticed"),
        cell("last_active"),
        part.created.clone().into(),
    ]
}

fn session_row(seed: Seed, n: u64, at: u64, session: Session) -> [Cell; 8] {
    let cell = |column: &str| -> Cell {
        let said = session.said.iter().find(|(name, _)| *name == column);
        said.map(|(_, value)| value.clone()).into()
    };
    [
        id(seed, "sessions", n, at).into(),
        owner(seed, n, session.owner),
        session.start.clone().into(),
        cell("end_time"),
        cell("summary"),
        cell("breakthroughs"),
        cell("type"),
        cell("duration"),
    ]
}

fn relationship_row(seed: Seed, n: u64, at: u64, one: Relationship) -> [Cell; 5] {
    [
        id(seed, "part_relationships", n, at).into(),
        owner(seed, n, one.owner),
        one.ends.json(|user, part| id(seed, "parts", user, part), n).into(),
        one.kind.into(),
        one.created.into(),
    ]
}
