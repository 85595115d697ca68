//! The ids of derived rows: UUIDv5s, and therefore the same on every machine and in every run.

use uuid::Uuid;

/// The namespace of the ids of profiles, which are derived from the ids of users.
pub const PROFILE_NAMESPACE: Uuid = Uuid::from_u128(0x2f6c_0d5e_8b7a_4f43_9d1c_6a50_e3b8_7412);
/// The namespace of the ids of intents, which are derived from the ids of context profiles.
pub const INTENT_NAMESPACE: Uuid = Uuid::from_u128(0x91e4_37ab_05d2_4c68_b3f9_d87c_216e_5fa0);

/// Derives the id of a user's profile: a UUIDv5, as text.
pub fn profile_id(user_id: &str) -> String {
    Uuid::new_v5(&PROFILE_NAMESPACE, user_id.as_bytes()).to_string()
}

/// Derives the id of the intent of a context profile: a UUIDv5, as text.
pub fn intent_id(context_profile_id: &str) -> String {
    Uuid::new_v5(&INTENT_NAMESPACE, context_profile_id.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    /// Stored rows have these ids, so the namespaces must never change.
    #[test]
    fn ids_never_change() {
        assert_eq!(profile_id("user-1"), "84b7defb-ef7b-5f8f-99bd-70cf823eb227");
        assert_eq!(intent_id("user-1"), "29e45cd0-3cb2-5817-ada2-ba2403c3230c");
        assert_eq!(profile_id(""), "5e58314d-6c50-552e-9e1c-a59601632b2f");
    }
}
