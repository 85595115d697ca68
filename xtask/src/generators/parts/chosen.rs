//! The hand-written users, which come first in the fixture. Each covers one case, which its email address describes.

use super::drawn;
use super::rows::{self, End, Ends, Owner, User};
use End::{Nowhere, Of, Own};
use rehearsal::generate::Seed;

/// A hand-written user.
pub(super) struct Chosen {
    /// The case that the user covers.
    case: &'static str,
    /// JSON; `None` is NULL.
    settings: Option<&'static str>,
    parts: &'static [Part],
    sessions: &'static [Session],
    relationships: &'static [Relationship],
    /// The numbers of random parts, sessions and relationships after the hand-written ones.
    drawn: [u64; 3],
}

/// Columns and their values.
type Said = &'static [(&'static str, &'static str)];

struct Part {
    owner: Owner,
    name: Option<&'static str>,
    created: Option<&'static str>,
    said: Said,
}

struct Session {
    owner: Owner,
    start: Option<&'static str>,
    said: Said,
}

struct Relationship {
    owner: Owner,
    ends: List,
    kind: Option<&'static str>,
    created: Option<&'static str>,
}

enum List {
    Parts(&'static [End]),
    Upper(&'static [End]),
    Json(&'static str),
    Null,
}

impl Chosen {
    pub(super) fn user(&self, seed: Seed, n: u64) -> User {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let said = |said: Said| said.iter().map(|(column, value)| (*column, (*value).to_owned())).collect();
        let parts = self.parts.iter().map(|part| rows::Part {
            owner: part.owner,
            name: text(part.name),
            created: text(part.created),
            said: said(part.said),
        });
        let sessions = self.sessions.iter().map(|session| rows::Session {
            owner: session.owner,
            start: text(session.start),
            said: said(session.said),
        });
        let relationships = self.relationships.iter().map(|one| rows::Relationship {
            owner: one.owner,
            ends: match one.ends {
                List::Parts(ends) => Ends::Parts(ends.to_vec()),
                List::Upper(ends) => Ends::Upper(ends.to_vec()),
                List::Json(json) => Ends::Json(json),
                List::Null => Ends::Null,
            },
            kind: text(one.kind),
            created: text(one.created),
        });
        let [many_parts, many_sessions, many_relationships] = self.drawn;
        User {
            email: format!("{}@example.com", self.case.replace(' ', "-")),
            settings: text(self.settings),
            parts: parts.chain(drawn::parts(seed, n, many_parts)).collect(),
            sessions: sessions.chain(drawn::sessions(seed, n, many_sessions)).collect(),
            relationships: relationships.chain(drawn::relationships(seed, n, many_relationships, many_parts)).collect(),
        }
    }
}

const fn user(case: &'static str) -> Chosen {
    Chosen { case, settings: Some("{}"), parts: &[], sessions: &[], relationships: &[], drawn: [0, 0, 0] }
}

const fn part(name: &'static str) -> Part {
    Part { owner: Owner::User, name: Some(name), created: Some("2024-03-01 10:00:00+00"), said: &[] }
}

const fn said(name: &'static str, said: Said) -> Part {
    Part { said, ..part(name) }
}

const fn created(name: &'static str, created: &'static str) -> Part {
    Part { created: Some(created), ..part(name) }
}

const fn session(start: &'static str, said: Said) -> Session {
    Session { owner: Owner::User, start: Some(start), said }
}

const fn relationship(ends: List, kind: &'static str) -> Relationship {
    Relationship { owner: Owner::User, ends, kind: Some(kind), created: Some("2024-04-01 10:00:00+00") }
}

const fn between(ends: &'static [End], kind: &'static str) -> Relationship {
    relationship(List::Parts(ends), kind)
}

/// The longest name that can be unique, and a name that is one byte too long.
const LONGEST: &str = xs(&[b'x'; 2_600]);
const TOO_LONG: &str = xs(&[b'x'; 2_601]);

const fn xs(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

const POLARIZED: &str = "polarized";
const PROTECTOR: &str = "protector-exile";
const ALLIED: &str = "allied";

/// Other users refer to the second user: [`Of`] contains the index of a user.
pub(super) const CHOSEN: &[Chosen] = &[
    user("nothing at all"),
    Chosen {
        parts: &[part("Critic"), part("Guardian")],
        relationships: &[between(&[Own(0), Own(1)], ALLIED)],
        ..user("two parts that are well")
    },
    // Settings.
    Chosen {
        settings: Some(r#"{"theme": "dark", "n": 1.10, "list": [1, null], "🦙": {"deep": {"er": true}}}"#),
        parts: &[part("Critic")],
        ..user("settings of their own")
    },
    Chosen { settings: None, parts: &[part("Critic")], ..user("settings that are NULL") },
    Chosen { settings: Some("null"), parts: &[part("Critic")], ..user("settings that are null") },
    Chosen { settings: Some(r#"["prd_backfill_completed"]"#), ..user("settings that are a list") },
    Chosen { settings: Some(r#""{\"prd_backfill_completed\": true}""#), ..user("settings that are a text") },
    Chosen { settings: Some("1e400"), ..user("settings that are a number") },
    Chosen {
        settings: Some(r#"{"prd_backfill_completed": false, "a": 1}"#),
        parts: &[part("Critic")],
        ..user("a mark that is false")
    },
    Chosen {
        settings: Some(r#"{"prd_backfill_completed": "true"}"#),
        parts: &[part("Critic")],
        ..user("a mark that is a text")
    },
    Chosen { settings: Some(r#"{"nested": {"prd_backfill_completed": true}}"#), ..user("a mark that is elsewhere") },
    // Required values of a part.
    Chosen {
        parts: &[
            Part { name: None, ..part("") },
            Part { name: None, created: None, ..part("") },
            part(""),
            part(" "),
            Part { owner: Owner::Null, ..part("Orphan") },
            Part { owner: Owner::Deleted, ..part("Orphan") },
            Part { owner: Owner::Null, name: None, created: None, said: &[] },
            part(LONGEST),
            part(TOO_LONG),
        ],
        relationships: &[
            between(&[Own(0), Own(2)], ALLIED),
            between(&[Own(2), Own(3)], ALLIED),
            between(&[Own(2), Own(4)], POLARIZED),
            between(&[Own(5), Own(3)], PROTECTOR),
            between(&[Own(7), Own(2)], PROTECTOR),
            between(&[Own(7), Own(8)], PROTECTOR),
        ],
        ..user("parts that lack what they need")
    },
    Chosen {
        parts: &[part("only the name"), Part { created: None, ..part("not even a time") }],
        relationships: &[Relationship { created: None, ..between(&[Own(0), Own(1)], PROTECTOR) }],
        ..user("parts with nothing but a name")
    },
    // Optional values of a part.
    Chosen {
        parts: &[said(
            "everything",
            &[
                ("category", "exile"),
                ("status", "active"),
                ("charge", "negative"),
                ("confidence", "0.85"),
                ("evidence_count", "12"),
                ("age", "about 7"),
                ("role", "hides"),
                ("triggers", r#"["raised voices", "closed doors"]"#),
                ("emotions", r#"{"fear": 0.90, "shame": 0.4}"#),
                ("beliefs", r#"[{"text": "I'm too much", "since": null}]"#),
                ("somatic_markers", r#"[["chest", "tight"], ["hands", "cold"]]"#),
                (
                    "visualization",
                    r##"{"colour": "#336699", "shape": {"kind": "cloud", "points": [[0, 0], [1.50, 2e3]]}}"##,
                ),
                ("story", "It was there\nbefore I can remember."),
                ("first_noticed", "2024-02-01 08:00:00.123456+01"),
                ("last_active", "2024-05-01 23:59:59.999999-11"),
            ],
        )],
        ..user("every column")
    },
    Chosen {
        parts: &[
            said("NaN", &[("confidence", "NaN")]),
            said("infinite", &[("confidence", "Infinity"), ("evidence_count", "2147483647")]),
            said("negative", &[("confidence", "-Infinity"), ("evidence_count", "-2147483648")]),
            said("tiny", &[("confidence", "1e-45"), ("evidence_count", "0")]),
            said("huge", &[("confidence", "3.4028235e38")]),
            said("minus zero", &[("confidence", "-0")]),
            said("a tenth", &[("confidence", "0.1")]),
            said("a third", &[("confidence", "0.33333334")]),
        ],
        ..user("numbers of any kind")
    },
    Chosen {
        parts: &[
            said("SQL NULL", &[]),
            said("null", &[("triggers", "null"), ("emotions", "null"), ("beliefs", "null")]),
            said(
                "texts",
                &[("triggers", r#""""#), ("emotions", r#""null""#), ("beliefs", r#""\"\\' \n🦙 \ud83e\udd99""#)],
            ),
            said("numbers", &[("triggers", "1e400"), ("emotions", "9007199254740993"), ("beliefs", "1.10")]),
            said("truths", &[("triggers", "true"), ("emotions", "false"), ("beliefs", "0")]),
            said("nothing in them", &[("triggers", "[]"), ("emotions", "{}"), ("beliefs", "[{}, [], null]")]),
            said(
                "keys",
                &[
                    ("triggers", r#"{"age": 1, "": null, "a.b": {"$": "%"}, "it's \"": "\\"}"#),
                    ("visualization", r#"{"a": 1, "a": 2}"#),
                    ("somatic_markers", "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"),
                ],
            ),
            said("empty texts", &[("charge", ""), ("category", ""), ("age", ""), ("role", ""), ("story", "")]),
            said("texts that are JSON", &[("age", "7"), ("role", "null"), ("story", r#"{"a": "\u0041"}"#)]),
        ],
        ..user("JSON of any kind")
    },
    Chosen {
        parts: &[
            created("ever since", "-infinity"),
            created("not yet", "infinity"),
            created("before our era", "0044-03-15 12:00:00+00 BC"),
            created("in the year 10000", "10000-01-01 00:00:00+00"),
            said("noticed", &[("first_noticed", "-infinity"), ("last_active", "infinity")]),
        ],
        sessions: &[
            session("-infinity", &[("end_time", "infinity")]),
            session("infinity", &[]),
            session("0044-03-15 12:00:00+00 BC", &[("duration", "-5")]),
        ],
        relationships: &[Relationship { created: Some("infinity"), ..between(&[Own(0), Own(1)], POLARIZED) }],
        ..user("times of any kind")
    },
    Chosen {
        parts: &[
            part("דנה 👩‍👩‍👧‍👦"),
            part("Zoë"),
            part("Zoe\u{308}"),
            part("zoë"),
            part("'; DROP TABLE parts_v2; --"),
            part("back\\slash \"quoted\" 100 % $1 :name ?"),
            part("first line\nsecond line\ttab"),
            part("\u{202e}olleh\u{202c} "),
        ],
        relationships: &[between(&[Own(1), Own(2)], ALLIED), between(&[Own(1), Own(3)], ALLIED)],
        ..user("names that need care")
    },
    // Duplicates.
    Chosen {
        parts: &[
            created("Critic", "2024-03-02 10:00:00+00"),
            created("Critic", "2024-03-01 10:00:00+00"),
            created("Critic", "2024-03-03 10:00:00+00"),
            created("critic", "2024-01-01 10:00:00+00"),
            created("Critic ", "2024-01-01 10:00:00+00"),
            created("Guardian", "2024-03-01 10:00:00+00"),
        ],
        relationships: &[
            between(&[Own(0), Own(5)], PROTECTOR),
            between(&[Own(5), Own(2)], PROTECTOR),
            between(&[Own(0), Own(2)], POLARIZED),
            between(&[Own(0), Own(3)], ALLIED),
        ],
        ..user("three parts of one name")
    },
    Chosen {
        parts: &[part("Critic"), part("Critic"), part("Critic"), part("Guardian")],
        relationships: &[
            between(&[Own(0), Own(3)], ALLIED),
            between(&[Own(3), Own(1)], ALLIED),
            between(&[Own(1), Own(2)], ALLIED),
        ],
        ..user("duplicates made in one instant")
    },
    Chosen {
        parts: &[
            Part { created: None, ..part("Critic") },
            created("Critic", "infinity"),
            Part { created: None, ..part("Guardian") },
            Part { created: None, ..part("Guardian") },
            created("Exile", "2024-03-01 10:00:00+00"),
            created("Exile", "-infinity"),
        ],
        relationships: &[between(&[Own(0), Own(3)], PROTECTOR), between(&[Own(4), Own(2)], POLARIZED)],
        ..user("duplicates of which some have no time")
    },
    Chosen {
        parts: &[
            part("Critic"),
            Part { owner: Owner::Null, ..created("Critic", "2020-01-01 00:00:00+00") },
            Part { owner: Owner::Deleted, ..created("Critic", "2020-01-01 00:00:00+00") },
        ],
        relationships: &[between(&[Own(0), Own(1)], ALLIED)],
        ..user("a name that others have too")
    },
    Chosen {
        sessions: &[
            session("2024-03-01 10:00:00+00", &[("summary", "one")]),
            session("2024-03-01 11:00:00+01", &[("summary", "the same instant")]),
            session("2024-03-01 10:00:00.000001+00", &[("summary", "a microsecond later")]),
            session("2024-03-01 10:00:00+00", &[("summary", "a third")]),
        ],
        ..user("sessions that began at once")
    },
    // Required and optional values of a session.
    Chosen {
        sessions: &[
            Session { start: None, ..session("", &[("end_time", "2024-03-01 10:00:00+00"), ("summary", "no start")]) },
            Session { owner: Owner::Null, ..session("2024-03-01 10:00:00+00", &[]) },
            Session { owner: Owner::Deleted, ..session("2024-03-01 10:00:00+00", &[]) },
            Session { owner: Owner::Null, start: None, said: &[] },
            session("2024-03-01 10:00:00+00", &[]),
        ],
        ..user("sessions that lack what they need")
    },
    Chosen {
        sessions: &[
            session(
                "2024-03-01 10:00:00+00",
                &[
                    ("end_time", "2024-03-01 10:50:00+00"),
                    ("summary", "first line\nsecond line \\ 'quoted' 🕊️"),
                    ("breakthroughs", r#"{"it protects me","a, b","say \"no\"","",NULL,"NULL"}"#),
                    ("type", "check-in"),
                    ("duration", "50"),
                ],
            ),
            session("2024-03-02 10:00:00+00", &[("breakthroughs", "{}"), ("type", ""), ("duration", "0")]),
            session("2024-03-03 10:00:00+00", &[("breakthroughs", "{{a,b},{c,d}}"), ("duration", "2147483647")]),
            session("2024-03-04 10:00:00+00", &[("breakthroughs", "[0:1]={a,b}"), ("type", "therapy")]),
            session("2024-03-05 10:00:00+00", &[("end_time", "2024-03-04 10:00:00+00"), ("summary", "")]),
        ],
        ..user("sessions of any kind")
    },
    // Required values of a relationship.
    Chosen {
        parts: &[part("Critic"), part("Guardian"), part("Exile")],
        relationships: &[
            between(&[Own(0), Nowhere], ALLIED),
            between(&[Nowhere, Own(0)], POLARIZED),
            between(&[Own(0), Of(1, 0)], ALLIED),
            between(&[Own(1), Own(1)], POLARIZED),
            between(&[Own(0), Own(1), Own(2)], ALLIED),
            between(&[Own(0)], ALLIED),
            between(&[], ALLIED),
            relationship(List::Json("{}"), ALLIED),
            relationship(List::Json("null"), ALLIED),
            relationship(List::Json(r#""Critic""#), ALLIED),
            relationship(List::Json("[1, 2]"), ALLIED),
            relationship(List::Json("[null, null]"), ALLIED),
            relationship(List::Json(r#"["Critic", "Guardian"]"#), ALLIED),
            relationship(List::Json(r#"[["a"], {"b": "c"}]"#), ALLIED),
            relationship(List::Null, ALLIED),
            between(&[Own(0), Own(1)], "Allied"),
            between(&[Own(0), Own(1)], "supports"),
            between(&[Own(0), Own(1)], ""),
            Relationship { kind: None, ..between(&[Own(0), Own(1)], "") },
            Relationship { owner: Owner::Null, ..between(&[Own(0), Own(1)], ALLIED) },
            Relationship { owner: Owner::Deleted, ..between(&[Own(0), Own(1)], ALLIED) },
            relationship(List::Upper(&[Own(0), Own(1)]), ALLIED),
        ],
        ..user("relationships that lack what they need")
    },
    Chosen {
        parts: &[part("Critic")],
        relationships: &[between(&[Of(1, 0), Of(1, 1)], ALLIED)],
        ..user("a relationship of somebody else's parts")
    },
    // The order of a relationship's parts.
    Chosen {
        parts: &[part("Critic"), part("Guardian")],
        relationships: &[
            between(&[Own(0), Own(1)], PROTECTOR),
            between(&[Own(1), Own(0)], PROTECTOR),
            between(&[Own(0), Own(1)], POLARIZED),
            between(&[Own(1), Own(0)], POLARIZED),
            Relationship { created: Some("2024-01-01 00:00:00+00"), ..between(&[Own(1), Own(0)], ALLIED) },
            Relationship { created: None, ..between(&[Own(0), Own(1)], ALLIED) },
        ],
        ..user("relationships both ways")
    },
    Chosen { relationships: &[between(&[Nowhere, Nowhere], ALLIED)], ..user("relationships without parts") },
    Chosen { drawn: [2_000, 200, 600], ..user("two thousand parts") },
];
