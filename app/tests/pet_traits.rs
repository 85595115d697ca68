//! The contract of the visual traits: the traits of given ids, the shares of the rarities, and the errors of the
//! parser.

#![expect(clippy::unwrap_used, reason = "clippy allows unwrap in test functions, but not in their helpers")]

use std::path::Path;

use app::pets::traits::{Colour, NAMESPACE, PetTraits, Rarity, VERSION, generate};
use pretty_assertions::assert_eq;
use proptest::prelude::{any, proptest};
use serde_json::Value;
use uuid::Uuid;

/// The smallest and the largest id, two ids that differ in one bit, and pets of the fixture, with every rarity.
const GOLDEN_IDS: [&str; 20] = [
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-000000000001",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "25e66579-de98-4ee6-a604-5e922b9fd7ed",
    "49341a2f-d03f-40ae-be80-eb0c5620d5cd",
    "4fd80334-c841-4687-8d45-f3f21d5a44a9",
    "608c9fad-2336-4bb8-97b2-99bf7be469b1",
    "70d7a551-0dd7-4d4d-a371-20001e6006e6",
    "760af7d1-47c3-4ce8-b470-ff4ad35b60b2",
    "7e33836c-957b-4d1a-bd44-724193f3c6a6",
    "a04330cc-d501-4a1b-ab31-842d8f507146",
    "a52ca846-80bf-4bd1-9ddf-c5a3c9992aac",
    "ad6757b7-3e79-4a48-8d0c-1bbe69ce2821",
    "b67d7101-e7b9-473f-9b51-4042474024aa",
    "ba01d16f-65e9-4a7a-878d-de5da9fef660",
    "e01b3e99-de0c-42d8-a90b-7a71867f40a5",
    "e7ac13d4-264c-473b-87e6-b2128d3e5396",
    "ef792c72-1259-4828-8ab2-4d49c2f68fc3",
    "f653a515-b20f-4fa6-9b04-73b341a59dc6",
    "fb9c4d46-d94c-4147-9792-2c36321c9677",
];

/// `UPDATE_GOLDEN=1` rewrites the golden file. The file may change only together with [`VERSION`].
#[test]
fn traits_of_twenty_ids_never_change() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pet_traits.json");
    let line = |id: &str| format!("  \"{id}\": {}", generate(Uuid::try_parse(id).unwrap()).to_json());
    let lines = GOLDEN_IDS.map(line);
    let actual = format!("{{\n{}\n}}\n", lines.join(",\n"));
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, &actual).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(golden, actual, "the traits of an id are a contract; see this test's comment");
}

#[test]
fn rarities_have_the_declared_shares() {
    let ids = 100_000_u32;
    let mut counts = [0_u32; 5];
    for n in 0..ids {
        let id = Uuid::new_v5(&NAMESPACE, &n.to_be_bytes());
        counts[generate(id).rarity as usize] += 1;
    }
    assert_eq!(Rarity::ALL.iter().map(|rarity| rarity.percent()).sum::<u64>(), 100);
    for rarity in Rarity::ALL {
        let share = rarity.percent() as f64 / 100.0;
        let expected = f64::from(ids) * share;
        // Five standard deviations. The ids are fixed, so that the test is deterministic: it bounds the quality of
        // the generator.
        let tolerance = 5.0 * (expected * (1.0 - share)).sqrt();
        let count = f64::from(counts[*rarity as usize]);
        assert!(
            (count - expected).abs() < tolerance,
            "{rarity}: {count} of {ids}, expected {expected} ± {tolerance:.0}"
        );
    }
}

proptest! {
    #[test]
    fn generated_traits_round_trip_through_json(id in any::<u128>()) {
        let traits = generate(Uuid::from_u128(id));
        assert_eq!(traits.validate(), Ok(()));
        assert_eq!(PetTraits::from_json(&traits.to_json()), Ok(traits));
    }

    #[test]
    fn json_is_small(id in any::<u128>()) {
        let length = generate(Uuid::from_u128(id)).to_json().len();
        assert!((220..=350).contains(&length), "{length} bytes");
    }

    #[test]
    fn parsing_never_panics(text in ".{0,200}") {
        let _ = PetTraits::from_json(&text);
    }
}

/// A valid value with all optional fields.
fn full() -> Value {
    serde_json::from_str(
        r#"{"version":1,"rarity":"rare",
            "body":{"shape":"fox","colour":{"h":24,"s":71,"l":60},"belly":{"h":30,"s":48,"l":88}},
            "pattern":{"kind":"stripes","colour":{"h":12,"s":55,"l":30}},
            "eyes":{"shape":"round","colour":{"h":130,"s":60,"l":40}},
            "accessory":{"kind":"bow","colour":{"h":0,"s":100,"l":50}}}"#,
    )
    .unwrap()
}

/// Sets `pointer` of a valid value to `value` (JSON; an empty text removes the field), and asserts the result of
/// parsing.
fn check(pointer: &str, value: &str, expected: &str) {
    let mut json = full();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_empty() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), serde_json::from_str(value).unwrap());
    }
    check_text(&json.to_string(), expected);
}

fn check_text(text: &str, expected: &str) {
    let outcome = PetTraits::from_json(text).map_or_else(|error| error.to_string(), |_| "valid".to_owned());
    assert_eq!(outcome, expected, "{text}");
}

#[test]
fn errors_name_the_invalid_field() {
    check("/version", "1", "valid");
    check("/accessory", "null", "valid");
    check("/body/colour/h", "0", "valid");
    check("/body/colour/h", "359", "valid");
    check("/eyes/colour/l", "100", "valid");

    check("/version", "2", "`version` is 2: this app reads version 1 only");
    check("/version", r#""1""#, r#"`version` is "1": expected a whole number"#);
    check("/version", "", "`version` is missing");
    check("/rarity", "", "`rarity` is missing");
    check("/accessory", "", "`accessory` is missing");
    check("/eyes", "", "`eyes` is missing");
    check("/eyes", "null", "`eyes` is null: expected an object");
    check("/eyes", "[1]", "`eyes` is [1]: expected an object");
    check("/eyes/colour", r#""red""#, r#"`eyes.colour` is "red": expected an object"#);
    check("/eyes/colour/h", "", "`eyes.colour.h` is missing");
    check("/eyes/colour/h", "null", "`eyes.colour.h` is null: expected a whole number");
    check("/eyes/colour/h", "12.0", "`eyes.colour.h` is 12.0: expected a whole number");
    check("/eyes/colour/h", "360", "`eyes.colour.h` is 360: expected 0 to 359");
    check("/eyes/colour/h", "-1", "`eyes.colour.h` is -1: expected 0 to 359");
    check("/eyes/colour/h", "65536", "`eyes.colour.h` is 65536: expected 0 to 359");
    check("/eyes/colour/h", "1e3", "`eyes.colour.h` is 1000.0: expected a whole number");
    check("/body/belly/s", "101", "`body.belly.s` is 101: expected 0 to 100");
    check("/accessory/colour/l", "101", "`accessory.colour.l` is 101: expected 0 to 100");
    check("/eyes/colour/h", "1e300", "`eyes.colour.h` is 1e+300: expected a whole number");
    check("/rarity", r#""mythic""#, r#"`rarity` is "mythic": expected one of common, uncommon, rare, epic, legendary"#);
    check("/rarity", r#""Rare""#, r#"`rarity` is "Rare": expected one of common, uncommon, rare, epic, legendary"#);
    check("/rarity", "1", "`rarity` is 1: expected a string");
    check(
        "/pattern/kind",
        r#""a label that is a great deal longer than any label""#,
        "`pattern.kind` is \"a label that is a great deal longer tha…: \
         expected one of plain, spots, stripes, patches, stars, hearts",
    );
    check("/eyes/lashes", "1", "`eyes.lashes` is not a known field: expected shape, colour");
    check("/body/colour/a", "1", "`body.colour.a` is not a known field: expected h, s, l");
    check("/eyes/a b", "1", r#"`eyes."a b"` is not a known field: expected shape, colour"#);
    check("/tail", "1", "`tail` is not a known field: expected version, rarity, body, pattern, eyes, accessory");
}

#[test]
fn texts_other_than_objects_are_rejected() {
    check_text("", "not valid JSON: EOF while parsing a value at line 1 column 0");
    check_text("{", "not valid JSON: EOF while parsing an object at line 1 column 1");
    check_text("null", "`(root)` is null: expected an object");
    check_text("[]", "`(root)` is []: expected an object");
    check_text("{}", "`version` is missing");
}

#[test]
fn values_in_memory_are_validated() {
    let mut traits = generate(Uuid::nil());
    traits.eyes.colour = Colour { h: 360, ..traits.eyes.colour };
    let error = traits.validate().unwrap_err();
    assert_eq!(error.to_string(), "`eyes.colour.h` is 360: expected 0 to 359");

    let traits = PetTraits { version: VERSION + 1, ..generate(Uuid::nil()) };
    assert_eq!(traits.validate().unwrap_err().to_string(), "`version` is 2: this app reads version 1 only");
}
