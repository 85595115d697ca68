//! The ids of derived rows: UUIDv5s, and therefore the same on every machine and in every run.

use uuid::Uuid;

/// The namespace of the ids of parts, which are derived from the ids of legacy parts.
pub const PART_NAMESPACE: Uuid = Uuid::from_u128(0x6d1f_92c4_3e58_4b07_a6c9_0f7d_52e8_b31a);
/// The namespace of the ids of sessions, which are derived from the ids of legacy sessions.
pub const SESSION_NAMESPACE: Uuid = Uuid::from_u128(0xc07a_5b36_91de_4f82_8e14_d3b6_6f90_2ca5);
/// The namespace of the ids of relationships, which are derived from the ids of legacy relationships.
pub const RELATIONSHIP_NAMESPACE: Uuid = Uuid::from_u128(0x38e5_c1fd_7a04_4962_b5d7_9e2c_84f3_601b);

/// Derives the id of a migrated part: a UUIDv5 of the legacy id as text, in lower case with hyphens.
pub fn part_id(legacy: Uuid) -> Uuid {
    derived(&PART_NAMESPACE, legacy)
}

/// Derives the id of a migrated session: a UUIDv5 of the legacy id as text, in lower case with hyphens.
pub fn session_id(legacy: Uuid) -> Uuid {
    derived(&SESSION_NAMESPACE, legacy)
}

/// Derives the id of a migrated relationship: a UUIDv5 of the legacy id as text, in lower case with hyphens.
pub fn relationship_id(legacy: Uuid) -> Uuid {
    derived(&RELATIONSHIP_NAMESPACE, legacy)
}

fn derived(namespace: &Uuid, legacy: Uuid) -> Uuid {
    Uuid::new_v5(namespace, legacy.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// Stored rows have these ids, so the namespaces must never change.
    #[test]
    fn ids_never_change() {
        let check = |id: Uuid, expected: &str| assert_eq!(id.to_string(), expected);
        check(part_id(Uuid::nil()), "29945761-35cd-587f-b741-e65afee12882");
        check(session_id(Uuid::nil()), "59f217ec-acbd-5753-b3c3-383abafdd597");
        check(relationship_id(Uuid::nil()), "025daca4-a2f1-5ac3-ab48-7419b5092555");
        check(part_id(Uuid::max()), "04e82abe-9890-5c3c-add8-cb58a9a62e61");
    }
}
