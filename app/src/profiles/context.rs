//! The contexts in which a person looks for somebody, and what each of them asks.
//!
//! The one table of a context's own fields. What is shared by all contexts is in [`SHARED`](super::SHARED).

use std::fmt;

use super::field::{Field, Kind};

/// A context: the enum `"RelationshipContextType"` of the database. They compare in the enum's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// A partner.
    Romantic,
    /// Friends.
    Friendship,
    /// People to found or run a business with.
    Professional,
    /// People to make something with.
    Creative,
    /// Somebody who does a job.
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

    /// The label, as it stands in the database.
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

    /// The context's own fields: columns of `"ContextIntent"`, in the table's order. No two contexts share one.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Context::Romantic => ROMANTIC,
            Context::Friendship => FRIENDSHIP,
            Context::Professional => PROFESSIONAL,
            Context::Creative => CREATIVE,
            Context::Service => SERVICE,
        }
    }

    /// The context's own field of this name, if it has one.
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
