//! [`Field`]: a name, which is both a key of the old data and a column of the new tables, and a type.
//!
//! Add a field that all contexts share to [`SHARED`]; a context's own fields are in
//! [`Context::fields`](super::Context::fields).

/// A key of the old data that has a column in the new tables.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name of the key and of the column.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
}

/// The type of a field. A value of another JSON type is unmapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A list of strings: the union of the lists of all contexts.
    Texts,
    /// An object: the objects of all contexts, merged key by key.
    Object,
    /// A list of any values, copied unchanged.
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

/// The shared field with this name, if there is one.
pub(super) fn shared(name: &str) -> Option<&'static Field> {
    SHARED.iter().find(|field| field.name == name)
}
