//! The random users: most give equal answers in each context, and most answer only the questions of the form.

use rehearsal::generate::{Cell, Draw};
use serde_json::{Map, Value, json};

const PLACES: &[&str] = &["Oslo", "Bergen", "São Paulo", "København", "Lagos", "大阪", "القاهرة", "Nuku'alofa"];
const AGES: &[&str] = &["18-24", "25-34", "35-44", "45-54", "55+"];
const NAMES: &[&str] = &["Ada", "Miles O'Brien", "Łukasz", "دنة", "李小龍", "Zoë \"Zo\"", "Kari Nordmann", "X"];
const VALUES: &[&str] = &["honesty", "humour", "loyalty", "freedom", "family", "curiosity", "修養", "fun & games"];
const CONSTRAINTS: &[&str] = &["no cats", "no smoking", "remote", "weekends", "wheelchair", "not before 10 o'clock"];

/// The keys of the shared objects, each with its possible answers as JSON.
type Keys = &'static [(&'static str, &'static [&'static str])];
const BELIEFS: Keys = &[
    ("religion", &["\"none\"", "\"Catholic\"", "\"Sunni\"", "\"it's complicated\""]),
    ("politics", &["\"green\"", "\"liberal\"", "null"]),
    ("vegetarian", &["true", "false"]),
];
const INTERACTION_STYLE: Keys =
    &[("humour", &["\"dry\"", "\"slapstick\""]), ("directness", &["1", "3", "5"]), ("pace", &["\"slow\"", "\"fast\""])];
const LIFESTYLE: Keys = &[
    ("smoking", &["true", "false"]),
    ("sleep", &["\"early\"", "\"late\""]),
    ("exercise", &["{\"perWeek\": 0}", "{\"perWeek\": 3, \"kind\": \"run\"}", "[\"swim\", \"run\"]"]),
];

/// The fields of each kind of context, in the order of the kinds.
const OWN: [&[&str]; 5] = [
    &["relationshipTimeline", "exclusivityExpectation", "familyIntentions", "attractionImportance"],
    &["friendshipDepth", "groupActivityPreference", "emotionalSupportExpectation"],
    &["partnershipType", "commitmentHorizon", "complementarySkills", "equityOrRevShare"],
    &["creativeType", "roleNeeded", "processStyle", "egoBalance", "compensationExpectation"],
    &["serviceType", "budgetRange", "timelineNeeded", "credentialsRequired"],
];
const ANSWERS: &[&str] = &["yes", "no", "open", "as soon as possible", "100 % equity", "it depends…"];
/// Keys that no context has a field for.
const UNMAPPED: &[&str] = &["favouriteColour", "shoeSize", "Location", "core_values", "🦙", "updatedBy"];

/// The usual answers of a user, as indexes into the lists above (modulo their length).
pub(super) struct Person {
    texts: [u64; 3],
    keys: u64,
}

pub(super) fn person(draw: &mut Draw) -> Person {
    Person { texts: [(); 3].map(|()| draw.below(1 << 16)), keys: draw.below(1 << 16) }
}

/// Draws the data of an old profile; `None` if the context has none.
pub(super) fn old(draw: &mut Draw, person: &Person, kind: usize) -> Option<Cell> {
    match draw.below(120) {
        0..8 => None,
        8..11 => Some(None::<&str>.into()),
        11..14 => Some("null".into()),
        14 => Some("\"see my other profile\"".into()),
        15 => Some(r#"[{"location": "Oslo"}]"#.into()),
        16..18 => Some("{}".into()),
        _ => Some(object(draw, person, kind).to_string().into()),
    }
}

fn object(draw: &mut Draw, person: &Person, kind: usize) -> Value {
    let mut data = Map::new();
    for ((name, all), usual) in
        [("location", PLACES), ("ageRange", AGES), ("name", NAMES)].into_iter().zip(person.texts)
    {
        let at = if draw.once_in(6) { draw.below(all.len() as u64) } else { usual % all.len() as u64 };
        put(draw, &mut data, name, json!(all[at as usize]));
    }
    for (name, all) in [("coreValues", VALUES), ("constraints", CONSTRAINTS)] {
        let count = draw.below(5) as usize;
        let some: Vec<&str> = draw.several(count, all.len() as u64).into_iter().map(|n| all[n as usize]).collect();
        put(draw, &mut data, name, json!(some));
    }
    for (name, keys) in [("beliefs", BELIEFS), ("interactionStyle", INTERACTION_STYLE), ("lifestyle", LIFESTYLE)] {
        let answers = answers(draw, person, keys);
        put(draw, &mut data, name, answers);
    }
    for name in OWN[kind] {
        let answer = json!(draw.one_of(ANSWERS));
        let answer = if *name == "complementarySkills" { json!([answer, "law"]) } else { answer };
        put(draw, &mut data, name, answer);
    }
    if draw.once_in(5) {
        let (key, answer) = (draw.one_of(UNMAPPED), draw.one_of(ANSWERS));
        data.insert(key.to_owned(), json!(answer));
    }
    if draw.once_in(8) {
        let other = OWN[(kind + 1 + draw.below(4) as usize) % OWN.len()];
        data.insert(draw.one_of(other).to_owned(), json!("of another context"));
    }
    if draw.once_in(12) {
        let key = draw.one_of(&["location", "coreValues", "beliefs", "lifestyle", OWN[kind][0]]);
        data.insert(key.to_owned(), json!(draw.below(100)));
    }
    Value::Object(data)
}

/// Adds a field: most fields have a value, some are null, empty or missing.
fn put(draw: &mut Draw, data: &mut Map<String, Value>, name: &str, value: Value) {
    let nothing = match &value {
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        _ => json!(""),
    };
    match draw.below(20) {
        0..6 => {}
        6 => drop(data.insert(name.to_owned(), Value::Null)),
        7 => drop(data.insert(name.to_owned(), nothing)),
        _ => drop(data.insert(name.to_owned(), value)),
    }
}

/// Draws an object with most of these keys, mostly with the user's usual answers.
fn answers(draw: &mut Draw, person: &Person, keys: Keys) -> Value {
    let mut answers = Map::new();
    for (key, all) in keys {
        let at = if draw.once_in(8) { draw.below(all.len() as u64) } else { person.keys % all.len() as u64 };
        // All answers are valid JSON.
        let value = serde_json::from_str(all[at as usize]).unwrap_or(Value::Null);
        if !draw.once_in(4) {
            answers.insert((*key).to_owned(), value);
        }
    }
    Value::Object(answers)
}
