//! Classifies how the values of a column changed and counts the rows by kind of change, so that a reader sees at a
//! glance whether values were set to NULL, truncated or rounded. [`Change::of`] classifies one value by the [`Form`]s
//! that the type of its column had before and after; [`Changes`] counts.

use super::form::{Form, Types, same_meaning};
use crate::plural::counted;
use rehearsal_db::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The kind of a change of a value. The order of the variants is their order in messages, and examples of earlier
/// variants take precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The value differs in a way that no other kind describes.
    Other,
    /// The value was set to NULL.
    Nulled,
    /// The text was truncated.
    Cut,
    /// The number or timestamp has fewer digits.
    Rounded,
    /// The timestamp lost its time zone.
    Unzoned,
    /// NULL was replaced by a value, so no data is lost.
    Filled,
    /// The stored value differs but means the same, because the column changed its type. No data is lost.
    Retyped,
}

impl Change {
    /// Classifies the change of a value; `None` if it is unchanged. `types` contains the forms of its column before
    /// and after.
    pub(super) fn of(before: &Value, after: &Value, types: Types) -> Option<Self> {
        let is_same = match (before, after) {
            // 0.0 and -0.0 are equal as numbers but differ as stored values.
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        };
        let forms = (types.before, types.after);
        let loses_zone = forms == (Form::ZonedMoment, Form::Moment) || forms == (Form::ZonedTime, Form::Time);
        match (before, after) {
            _ if is_same => None,
            (Value::Null, _) => Some(Self::Filled),
            (_, Value::Null) => Some(Self::Nulled),
            // Checked before `same_meaning`, which reads a timestamp without a zone as UTC and would not find the loss.
            _ if loses_zone => Some(Self::Unzoned),
            _ if same_meaning(before, after, types) => Some(Self::Retyped),
            (before, after) => Some(Self::between(&before.whole(), &after.whole(), forms)),
        }
    }

    /// Classifies the change of a value to a different one, by their texts: [`Self::Cut`], [`Self::Rounded`] or
    /// [`Self::Other`]. `from` and `to` are the forms of the column before and after.
    fn between(before: &str, after: &str, (from, to): (Form, Form)) -> Self {
        let numbers = || Some((before.parse::<f64>().ok()?, after.parse::<f64>().ok()?));
        let is_temporal =
            |form: Form| matches!(form, Form::Moment | Form::ZonedMoment | Form::Date | Form::Time | Form::ZonedTime);
        // The digits of a time zone are not part of the timestamp.
        let digits = |text: &str| {
            let zone = text.rfind(['+', 'Z']).unwrap_or(text.len());
            text[..zone].chars().filter(char::is_ascii_digit).count()
        };
        // A prefix does not mean truncation here: a date is a prefix of a timestamp, and below, an integer is often a
        // prefix of another number.
        if is_temporal(to) || is_temporal(from) {
            return if before.starts_with(after) || digits(after) < digits(before) {
                Self::Rounded
            } else {
                Self::Other
            };
        }
        // `Form::Other` can be a number, too: a domain has that form, and a SQLite column without a type.
        if let (Some((number_before, number_after)), Form::Number | Form::Other) = (numbers(), from) {
            // Rounding to an integer changes a number by at most 1. Rounding to six digits, the precision of `real`,
            // changes it by less than 1e-5 of its amount. A larger change is a different value.
            let is_near = (number_before - number_after).abs() <= 1.0_f64.max(number_before.abs() * 1e-5);
            return if is_near && digits(after) < digits(before) { Self::Rounded } else { Self::Other };
        }
        if from == Form::Text && before.starts_with(after) { Self::Cut } else { Self::Other }
    }

    /// Returns true if an existing value was replaced or removed.
    pub(super) fn is_loss(self) -> bool {
        !matches!(self, Self::Filled | Self::Retyped)
    }
}

/// Number of rows in which a column changed, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<Change, u64>);

impl Changes {
    /// Returns true if every lost value was replaced by a different one ([`Change::Other`]), as an UPDATE does on
    /// purpose.
    pub(crate) fn are_of_meaning(&self) -> bool {
        self.0.keys().all(|change| *change == Change::Other || !change.is_loss())
    }
}

impl Changes {
    /// Returns true if a value was replaced by another one, and not just by NULL.
    pub(crate) fn has_other_values(&self) -> bool {
        self.0.keys().any(|change| change.is_loss() && *change != Change::Nulled)
    }

    pub(super) fn add(&mut self, change: Change) {
        *self.0.entry(change).or_default() += 1;
    }

    /// Returns the number of rows with that change.
    #[must_use]
    pub fn of(&self, change: Change) -> u64 {
        self.0.get(&change).copied().unwrap_or_default()
    }

    /// Returns true if an existing value was replaced or removed.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.0.keys().any(|change| change.is_loss())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Corrects the count after the last row. If the column has values that changed to different ones
    /// ([`Change::Other`]), a value that seems truncated ([`Change::Cut`]) is a prefix by coincidence and counts as
    /// [`Change::Other`], too.
    pub(super) fn settle(&mut self) {
        if self.of(Change::Other) > 0
            && let Some(cut) = self.0.remove(&Change::Cut)
        {
            *self.0.entry(Change::Other).or_default() += cut;
        }
    }
}

/// Writes the end of a sentence that begins with the column.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(change, n): (&Change, &u64)| {
            let n = counted(*n, "row");
            match change {
                Change::Other => format!("has different values in {n}"),
                Change::Nulled => format!("was set to NULL in {n}"),
                Change::Cut => format!("was truncated in {n}"),
                Change::Rounded => format!("was rounded in {n}"),
                Change::Unzoned => format!("lost its time zone in {n}"),
                Change::Filled => format!("has values instead of NULL in {n}"),
                Change::Retyped => format!("changed its type in {n}"),
            }
        };
        // A harmless change of type is shown only if there is no other change.
        let is_shown = |(change, _): &(&Change, &u64)| **change != Change::Retyped || self.0.len() == 1;
        f.write_str(&self.0.iter().filter(is_shown).map(text).collect::<Vec<_>>().join(", "))
    }
}
