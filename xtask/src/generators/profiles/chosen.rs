//! The hand-written users, which come first in the fixture. Each covers one case, which its name describes.

use super::case::Old::{Json, Missing, Null, Sql};
use super::case::{Began, CREATIVE, Chosen, FRIENDSHIP, Old, PROFESSIONAL, ROMANTIC, SERVICE};

const fn user(name: &'static str, contexts: &'static [(usize, Old)]) -> Chosen {
    Chosen { name, end_of_id: "", began: Began::InTurn, contexts }
}

pub(super) const CHOSEN: &[Chosen] = &[
    // Nothing to merge.
    user("no contexts", &[]),
    user("a context without a profile", &[(ROMANTIC, Missing)]),
    user(
        "all contexts, none with a profile",
        &[(SERVICE, Missing), (CREATIVE, Missing), (PROFESSIONAL, Missing), (FRIENDSHIP, Missing), (ROMANTIC, Missing)],
    ),
    user("data that is NULL", &[(FRIENDSHIP, Null)]),
    user("data that is null", &[(FRIENDSHIP, Json("null")), (SERVICE, Json(r#"{"location": "Oslo"}"#))]),
    user("data without keys", &[(CREATIVE, Json("{}"))]),
    // Data that is not an object.
    user("data that is a text", &[(ROMANTIC, Json(r#""{\"location\": \"Oslo\"}""#)), (SERVICE, Json(r#""""#))]),
    user("data that is a list", &[(ROMANTIC, Json(r#"[{"location": "Oslo"}, null, 1]"#)), (CREATIVE, Json("[]"))]),
    user(
        "data that is a number or a truth",
        &[
            (ROMANTIC, Json("1e400")),
            (FRIENDSHIP, Json("true")),
            (SERVICE, Json("false")),
            (CREATIVE, Json("0")),
            (PROFESSIONAL, Json(r#"{"location": "Oslo"}"#)),
        ],
    ),
    // Present and missing fields.
    user(
        "all fields of all contexts",
        &[
            (
                ROMANTIC,
                Json(
                    r#"{"coreValues": ["honesty", "humour"], "beliefs": {"religion": "none"}, "interactionStyle": {"pace": "slow"},
                    "lifestyle": {"smoking": false}, "constraints": ["no cats"], "location": "Oslo", "ageRange": "30-39",
                    "name": "Kari", "relationshipTimeline": "years", "exclusivityExpectation": "exclusive",
                    "familyIntentions": "children", "attractionImportance": "some"}"#,
                ),
            ),
            (
                FRIENDSHIP,
                Json(
                    r#"{"coreValues": ["humour", "loyalty"], "beliefs": {"politics": "green"}, "location": "Oslo",
                    "friendshipDepth": "deep", "groupActivityPreference": "small groups",
                    "emotionalSupportExpectation": "mutual"}"#,
                ),
            ),
            (
                PROFESSIONAL,
                Json(
                    r#"{"constraints": ["no cats", "remote"], "ageRange": "30-39", "partnershipType": "founder",
                    "commitmentHorizon": "2 years", "complementarySkills": ["sales", "law"], "equityOrRevShare": "equity"}"#,
                ),
            ),
            (
                CREATIVE,
                Json(
                    r#"{"name": "Kari", "creativeType": "music", "roleNeeded": "drummer", "processStyle": "jam",
                    "egoBalance": "low", "compensationExpectation": "none"}"#,
                ),
            ),
            (
                SERVICE,
                Json(
                    r#"{"lifestyle": {"sleep": "early"}, "serviceType": "plumber", "budgetRange": "100-200",
                    "timelineNeeded": "a week", "credentialsRequired": "licence"}"#,
                ),
            ),
        ],
    ),
    user(
        "three of seven",
        &[(
            SERVICE,
            Json(r#"{"location": "Rome", "coreValues": ["calm"], "lifestyle": {"pets": 2}, "serviceType": "cook"}"#),
        )],
    ),
    user("a name, and nothing that counts", &[(FRIENDSHIP, Json(r#"{"name": "Mo"}"#))]),
    user(
        "only empty values",
        &[(
            PROFESSIONAL,
            Json(
                r#"{"coreValues": [], "beliefs": {}, "interactionStyle": {"a": null}, "lifestyle": {}, "constraints": [],
                "location": "", "ageRange": "", "name": "", "partnershipType": "", "commitmentHorizon": "",
                "complementarySkills": [], "equityOrRevShare": ""}"#,
            ),
        )],
    ),
    user(
        "only nulls",
        &[(
            FRIENDSHIP,
            Json(
                r#"{"coreValues": null, "beliefs": null, "interactionStyle": null, "lifestyle": null, "constraints": null,
                "location": null, "ageRange": null, "name": null, "friendshipDepth": null,
                "groupActivityPreference": null, "emotionalSupportExpectation": null}"#,
            ),
        )],
    ),
    // Conflicts, and values that only look like conflicts.
    user(
        "places in conflict",
        &[
            (ROMANTIC, Json(r#"{"location": "Oslo", "ageRange": "20-29", "name": "Al"}"#)),
            (FRIENDSHIP, Json(r#"{"location": "Bergen", "ageRange": "20-29", "name": "Al "}"#)),
            (SERVICE, Json(r#"{"location": "Rome", "ageRange": "30-39", "name": "al"}"#)),
            (CREATIVE, Json(r#"{"location": "Oslo"}"#)),
        ],
    ),
    user(
        "null first, then a value",
        &[
            (
                SERVICE,
                Json(r#"{"ageRange": null, "beliefs": {"a": null, "b": 1}, "coreValues": null, "serviceType": null}"#),
            ),
            (CREATIVE, Json(r#"{"ageRange": "30-39", "beliefs": {"a": false, "b": null}, "coreValues": [null, "x"]}"#)),
        ],
    ),
    user(
        "an empty text first, then a value",
        &[(CREATIVE, Json(r#"{"location": "", "roleNeeded": ""}"#)), (SERVICE, Json(r#"{"location": "Oslo"}"#))],
    ),
    user(
        "texts that look the same",
        &[
            (ROMANTIC, Json(r#"{"location": "Oslo"}"#)),
            (FRIENDSHIP, Json(r#"{"location": "oslo"}"#)),
            (SERVICE, Json(r#"{"location": "Oslo "}"#)),
            (CREATIVE, Json("{\"location\": \"\u{41e}slo\"}")),
            (PROFESSIONAL, Json("{\"location\": \"Oslo\u{200b}\"}")),
        ],
    ),
    user(
        "beliefs in conflict",
        &[
            (FRIENDSHIP, Json(r#"{"beliefs": {"religion": "none", "politics": null, "diet": ["vegan"]}}"#)),
            (ROMANTIC, Json(r#"{"beliefs": {"religion": "Catholic", "politics": "green", "diet": {"a": 1}}}"#)),
            (CREATIVE, Json(r#"{"beliefs": {"religion": null, "Religion": "none", "diet": ["vegan", "any"]}}"#)),
        ],
    ),
    user(
        "the same said twice",
        &[
            (ROMANTIC, Json(r#"{"location": "Oslo", "coreValues": ["a", "b"], "beliefs": {"x": {"a": 1, "b": [2]}}}"#)),
            (
                FRIENDSHIP,
                Json(
                    r#"{"location": "\u004fslo", "coreValues": ["b", "a", "b"], "beliefs": {"x": {"b": [2], "a": 1}}}"#,
                ),
            ),
            (PROFESSIONAL, Json(r#"{"location": "Oslo", "beliefs": {"x": {"b": [2.0], "a": 1e0}}}"#)),
        ],
    ),
    user(
        "numbers that no double holds",
        &[
            (
                PROFESSIONAL,
                Json(
                    r#"{"beliefs": {"a": 9007199254740993, "b": 1e400, "c": 0.1000000000000000055511151231257827, "d": -1e-400},
                    "complementarySkills": [9007199254740993, 12345678901234567890123456789.5],
                    "n": 123456789012345678901234567890}"#,
                ),
            ),
            (CREATIVE, Json(r#"{"beliefs": {"a": 9007199254740992, "b": 1e401, "c": 0.1, "d": 0}}"#)),
        ],
    ),
    user(
        "numbers that are equal",
        &[
            (PROFESSIONAL, Json(r#"{"lifestyle": {"a": 1, "b": 1.10, "c": 0, "d": [1.0, {"e": 2}], "f": 1}}"#)),
            (CREATIVE, Json(r#"{"lifestyle": {"a": 1.0, "b": 1.1, "c": -0.0, "d": [1, {"e": 2.00}], "f": "1"}}"#)),
        ],
    ),
    // The order of contexts.
    Chosen {
        began: Began::AtOnce,
        ..user(
            "contexts of the same moment",
            &[
                (SERVICE, Json(r#"{"location": "Oslo", "beliefs": {"religion": "none"}}"#)),
                (CREATIVE, Json(r#"{"location": "Bergen", "beliefs": {"religion": "Catholic"}}"#)),
                (PROFESSIONAL, Json(r#"{"location": "Molde"}"#)),
                (FRIENDSHIP, Missing),
                (ROMANTIC, Json(r#"{"location": "Bodø"}"#)),
            ],
        )
    },
    Chosen {
        began: Began::At(&[
            "2025-01-01 10:00:00.000001+00",
            "2025-01-01 10:00:00.00001+00",
            "2025-01-01 12:00:00.000002+02",
        ]),
        ..user(
            "contexts of nearly the same moment",
            &[
                (SERVICE, Json(r#"{"location": "first", "coreValues": ["a"]}"#)),
                (ROMANTIC, Json(r#"{"location": "third", "coreValues": ["b"]}"#)),
                (CREATIVE, Json(r#"{"location": "second", "coreValues": ["c"]}"#)),
            ],
        )
    },
    Chosen {
        began: Began::At(&["-infinity", "0044-03-15 12:00:00+00 BC", "12025-01-01 00:00:00.5+00"]),
        ..user(
            "times of long ago and of never",
            &[
                (ROMANTIC, Json(r#"{"location": "first"}"#)),
                (SERVICE, Json(r#"{"location": "second"}"#)),
                (CREATIVE, Json(r#"{"location": "third"}"#)),
            ],
        )
    },
    // Lists.
    user(
        "lists with duplicates",
        &[
            (ROMANTIC, Json(r#"{"coreValues": ["humour", "honesty", "humour"], "constraints": ["", " "]}"#)),
            (SERVICE, Json(r#"{"coreValues": ["honesty", "Humour", "humour ", "loyalty"], "constraints": [" ", ""]}"#)),
            (CREATIVE, Json("{\"coreValues\": [\"café\", \"cafe\u{301}\", \"cafe\", \"ｃafé\", \"\u{441}afé\"]}")),
        ],
    ),
    user(
        "200 values",
        &[
            (
                FRIENDSHIP,
                Sql(
                    "(SELECT jsonb_build_object('coreValues', jsonb_agg('value ' || n), 'beliefs', jsonb_object_agg('key ' || n, n)) \
                     FROM generate_series(1, 200) AS n)",
                ),
            ),
            (
                ROMANTIC,
                Sql(
                    "(SELECT jsonb_build_object('coreValues', jsonb_agg('value ' || n), 'beliefs', jsonb_object_agg('key ' || n, -n)) \
                     || jsonb_object_agg('unheard of ' || n, n) FROM generate_series(101, 300) AS n)",
                ),
            ),
        ],
    ),
    // Values of the wrong type, whole and in part.
    user(
        "fields of the wrong type",
        &[
            (
                PROFESSIONAL,
                Json(
                    r#"{"coreValues": "honesty", "beliefs": ["none"], "interactionStyle": true, "lifestyle": 7,
                    "constraints": {"cats": false}, "location": 59.9, "ageRange": [30, 39], "name": {"first": "Kari"},
                    "partnershipType": 1, "commitmentHorizon": ["2 years"], "complementarySkills": "sales",
                    "equityOrRevShare": {"equity": 10}}"#,
                ),
            ),
            (SERVICE, Json(r#"{"location": "Oslo", "beliefs": "b", "serviceType": false, "constraints": 0}"#)),
        ],
    ),
    user(
        "lists of anything",
        &[
            (
                CREATIVE,
                Json(r#"{"coreValues": ["a", 1, null, {"b": 1}, ["c"], true, "", 1.0], "constraints": [null]}"#),
            ),
            (
                PROFESSIONAL,
                Json(r#"{"complementarySkills": ["sales", null, 1, {"law": ["EU"]}, ["tax"], "sales", ""]}"#),
            ),
            (SERVICE, Json(r#"{"coreValues": [1, "a"], "constraints": []}"#)),
        ],
    ),
    // Unknown keys.
    user(
        "fields of another context",
        &[
            (ROMANTIC, Json(r#"{"serviceType": "plumber", "complementarySkills": ["law"], "budgetRange": null}"#)),
            (PROFESSIONAL, Json(r#"{"familyIntentions": "none", "friendshipDepth": ["x"]}"#)),
        ],
    ),
    user(
        "fields of none",
        &[(
            CREATIVE,
            Json(
                r#"{"favouriteColour": "red", "pets": ["dog", "cat"], "nested": {"a": {"b": null}}, "off": false, "nothing": null,
                "": "a key of no letters", " ": "a space", "__proto__": {}, "$ne": null, "it's \"quoted\" \\": "so",
                "line\nbreak": "\t"}"#,
            ),
        )],
    ),
    user(
        "keys that look the same",
        &[
            (
                FRIENDSHIP,
                Json(
                    "{\"location\": \"Oslo\", \"Location\": \"Bergen\", \"location \": \"Molde\", \"l\u{43e}cation\": \"Bodø\", \
                     \"beliefs\": {\"a\": 1, \"A\": 2, \"a \": 3, \"é\": 4, \"e\u{301}\": 5}}",
                ),
            ),
            (
                SERVICE,
                Json(
                    "{\"corevalues\": [\"a\"], \"core_values\": [\"b\"], \"coreValues\u{200b}\": [\"c\"], \"age_range\": \"20\"}",
                ),
            ),
            (ROMANTIC, Json("{\"beliefs\": {\"é\": 6, \"a\": 1}, \"location\": \"Bonn\", \"location\": \"Oslo\"}")),
        ],
    ),
    user(
        "keys with dots",
        &[
            (ROMANTIC, Json(r#"{"beliefs": {"a.b": 1, "a": {"b": 2}, ".": 3, "": 4}, "beliefs.a": 5}"#)),
            (SERVICE, Json(r#"{"beliefs": {"a.b": 6, "a": {"b": 7}, ".": 8, "": 9}, "beliefs.a": 10}"#)),
        ],
    ),
    user(
        "keys named as those of legacyData",
        &[
            (ROMANTIC, Json(r#"{"conflicts": {"location": []}, "romantic": "a", "service": {"b": 1}}"#)),
            (SERVICE, Json(r#"{"conflicts": [1], "data": null, "legacyData": {}, "romantic": "c"}"#)),
        ],
    ),
    // Deep nesting, long texts, and characters that need escaping.
    user(
        "nested 2,000 deep",
        &[
            (
                CREATIVE,
                Sql(
                    "('{\"beliefs\": {\"deep\": ' || repeat('[', 2000) || '\"end\"' || repeat(']', 2000) || '}, \"deep\": ' \
                     || repeat('{\"a\": ', 2000) || '1.10' || repeat('}', 2000) || '}')::jsonb",
                ),
            ),
            (
                SERVICE,
                Sql(
                    "('{\"beliefs\": {\"deep\": ' || repeat('[', 2000) || '\"End\"' || repeat(']', 2000) || '}, \"location\": ' \
                     || repeat('[', 2000) || repeat(']', 2000) || '}')::jsonb",
                ),
            ),
        ],
    ),
    user(
        "a text of 300,000 characters",
        &[
            (CREATIVE, Sql("jsonb_build_object('location', repeat('Oslo ', 60000), 'long', repeat('🦙', 300000))")),
            (SERVICE, Sql("jsonb_build_object('location', repeat('Oslo ', 59999) || 'Rome')")),
        ],
    ),
    user(
        "quotes and backslashes",
        &[
            (
                ROMANTIC,
                Json(
                    r#"{"location": "\"\\\" ' \\u0000 \n\t\u0001 $1 %s", "it's \"": "\\", "beliefs": {"\\": "\\\\", "\n": "/"}}"#,
                ),
            ),
            (
                SERVICE,
                Json(
                    r#"{"location": "\"\\\" ' \\\u005cu0000 \n\t\u0001 $1 %s", "beliefs": {"\\": "\\", "\u000a": "\/"}}"#,
                ),
            ),
            (
                CREATIVE,
                Json(
                    r#"{"location": "Robert'); DROP TABLE \"User\";--", "name": "null", "ageRange": "{}", "coreValues": ["[]", "%",
                    "_", "\\", "'", "$1", ":name", "\"quoted\""]}"#,
                ),
            ),
        ],
    ),
    user(
        "other scripts",
        &[
            (
                ROMANTIC,
                Json(
                    "{\"location\": \"東京\", \"name\": \"דנה לוי\", \"coreValues\": [\"честность\", \"🦙\", \"\\ud83e\\udd99\", \
                     \"👩‍👩‍👧‍👦\", \"Z͑̐͊a̗̣l̓̄g͓͙o\"], \"beliefs\": {\"κλειδί\": \"لاما\"}}",
                ),
            ),
            (
                FRIENDSHIP,
                Json(
                    "{\"location\": \"\\u6771\\u4eac\", \"name\": \"דנה\", \"beliefs\": {\"κλειδί\": \"לאמה\", \
                     \"🦙\": \"\u{202e}olleh\u{202c}\"}, \"ключ\": \"значение\"}",
                ),
            ),
        ],
    ),
    Chosen {
        end_of_id: " '\"%_\\ 🐶 קטן",
        ..user("an id that needs care", &[(FRIENDSHIP, Json(r#"{"friendshipDepth": "deep"}"#))])
    },
];
