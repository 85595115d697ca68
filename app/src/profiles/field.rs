//! Fields: their names, which are the same as keys of the old data and as columns of the new tables, and their types.
//!
//! The one table of the fields that all contexts share. Those of a context are in [`Context::fields`](super::Context::fields).

/// A key of the old data that has a column in the new tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The key, and the column.
    pub name: &'static str,
    /// What it must hold.
    pub kind: Kind,
}

/// What a field must hold. A value of another JSON type is unmapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A list of texts, of which each context adds its own.
    Texts,
    /// An object, of which each context adds its own keys.
    Object,
    /// A list of anything, carried as it is.
    List,
}

impl Field {
    pub(super) const fn text(name: &'static str) -> Field {
        Field { name, kind: Kind::Text }
    }
}

/// The fields that all contexts share: columns of `"UnifiedProfile"`, in the table's order.
pub const SHARED: &[Field] = &[
    Field { name: "coreValues", kind: Kind::Texts },
    Field { name: "beliefs", kind: Kind::Object },
    Field { name: "interactionStyle", kind: Kind::Object },
    Field { name: "lifestyle", kind: Kind::Object },
    Field { name: "constraints", kind: Kind::Texts },
    Field::text("location"),
    Field::text("ageRange"),
    Field::text("name"),
];

/// The shared field of this name, if there is one.
pub(super) fn shared(name: &str) -> Option<&'static Field> {
    SHARED.iter().find(|field| field.name == name)
}
