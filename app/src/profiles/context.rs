//! [`Context`]: the contexts in which a user looks for other people, and the fields of each.
//!
//! Add a context's own fields here; the fields that all contexts share are in [`SHARED`](super::SHARED).

use std::fmt;

use super::field::{Field, Kind};

/// A context: the enum `"RelationshipContextType"` of the database. Contexts compare in the order of that enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Looking for a partner.
    Romantic,
    /// Looking for friends.
    Friendship,
    /// Looking for people to found or run a business with.
    Professional,
    /// Looking for people to create something with.
    Creative,
    /// Looking for a person to do a job.
    Service,
}

const ROMANTIC: &[Field] = &[
    Field::text("relationshipTimeline"),
    Field::text("exclusivityExpectation"),
    Field::text("familyIntentions"),
    Field::text("attractionImportance"),
];
const FRIENDSHIP: &[Field] = &[
    Field::text("friendshipDepth"),
    Field::text("groupActivityPreference"),
    Field::text("emotionalSupportExpectation"),
];
const PROFESSIONAL: &[Field] = &[
    Field::text("partnershipType"),
    Field::text("commitmentHorizon"),
    Field { name: "complementarySkills", kind: Kind::List },
    Field::text("equityOrRevShare"),
];
const CREATIVE: &[Field] = &[
    Field::text("creativeType"),
    Field::text("roleNeeded"),
    Field::text("processStyle"),
    Field::text("egoBalance"),
    Field::text("compensationExpectation"),
];
const SERVICE: &[Field] = &[
    Field::text("serviceType"),
    Field::text("budgetRange"),
    Field::text("timelineNeeded"),
    Field::text("credentialsRequired"),
];

impl Context {
    /// Every context, in the order of the database's enum.
    pub const ALL: &'static [Context] =
        &[Context::Romantic, Context::Friendship, Context::Professional, Context::Creative, Context::Service];

    /// The label stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Context::Romantic => "romantic",
            Context::Friendship => "friendship",
            Context::Professional => "professional",
            Context::Creative => "creative",
            Context::Service => "service",
        }
    }

    /// The context with this label, if there is one.
    pub fn from_label(label: &str) -> Option<Context> {
        Context::ALL.iter().copied().find(|context| context.as_str() == label)
    }

    /// The context's own fields: columns of `"ContextIntent"`, in the table's order. No field belongs to two
    /// contexts.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Context::Romantic => ROMANTIC,
            Context::Friendship => FRIENDSHIP,
            Context::Professional => PROFESSIONAL,
            Context::Creative => CREATIVE,
            Context::Service => SERVICE,
        }
    }

    /// The context's own field with this name, if there is one.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl serde::Serialize for Context {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
