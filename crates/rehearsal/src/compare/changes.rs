//! What became of the values of a column: counted by kind, so that a person knows at once whether they were nulled, cut or
//! rounded.

use super::counted::rows;
use super::form::{Form, Types, same_meaning};
use rehearsal_db::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is another, in a way that no other kind describes.
    Other,
    /// It is NULL now.
    Nulled,
    /// Only its beginning is left.
    Cut,
    /// It is a number or a moment of fewer digits.
    Rounded,
    /// It is a moment of which nobody knows the time zone any more.
    Unzoned,
    /// It was NULL and has a value now: nothing that was there is lost.
    Filled,
    /// Its column has another type, in which it means the same: nothing is lost.
    Retyped,
}

impl Change {
    /// What became of a value; none where it is the same. `types` are those of the column.
    pub(super) fn of(before: &Value, after: &Value, types: Types) -> Option<Self> {
        let is_same = match (before, after) {
            // As numbers, 0.0 and -0.0 would be the same.
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        };
        let forms = (types.before, types.after);
        let loses_zone = forms == (Form::ZonedMoment, Form::Moment) || forms == (Form::ZonedTime, Form::Time);
        match (before, after) {
            _ if is_same => None,
            (Value::Null, _) => Some(Self::Filled),
            (_, Value::Null) => Some(Self::Nulled),
            _ if loses_zone => Some(Self::Unzoned),
            _ if same_meaning(before, after, types) => Some(Self::Retyped),
            (before, after) => Some(Self::between(&before.whole(), &after.whole(), forms)),
        }
    }

    fn between(before: &str, after: &str, forms: (Form, Form)) -> Self {
        let numbers = || Some((before.parse::<f64>().ok()?, after.parse::<f64>().ok()?));
        // A date is the beginning of a moment, and a whole number often that of another.
        let moments =
            |form: Form| matches!(form, Form::Moment | Form::ZonedMoment | Form::Date | Form::Time | Form::ZonedTime);
        // Those of a time zone are no part of the moment.
        let digits = |text: &str| {
            let zone = text.rfind(['+', 'Z']).unwrap_or(text.len());
            text[..zone].chars().filter(char::is_ascii_digit).count()
        };
        if moments(forms.1) || moments(forms.0) {
            return if before.starts_with(after) || digits(after) < digits(before) {
                Self::Rounded
            } else {
                Self::Other
            };
        }
        if let (Some((old, new)), Form::Number | Form::Other) = (numbers(), forms.0) {
            let is_near = (old - new).abs() <= 1.0_f64.max(old.abs() * 1e-5);
            return if is_near && digits(after) < digits(before) { Self::Rounded } else { Self::Other };
        }
        if forms.0 == Form::Text && before.starts_with(after) { Self::Cut } else { Self::Other }
    }

    pub(super) fn is_loss(self) -> bool {
        !matches!(self, Self::Filled | Self::Retyped)
    }
}

/// In how many rows a column changed, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(BTreeMap<Change, u64>);

impl Changes {
    /// True where values are others, and none was nulled, cut, rounded or left without its time zone.
    pub(crate) fn are_of_meaning(&self) -> bool {
        self.0.keys().all(|change| *change == Change::Other || !change.is_loss())
    }
}

impl Changes {
    pub(super) fn add(&mut self, change: Change) {
        *self.0.entry(change).or_default() += 1;
    }

    /// In how many rows there was that change.
    #[must_use]
    pub fn of(&self, change: Change) -> u64 {
        self.0.get(&change).copied().unwrap_or_default()
    }

    /// True where a value that was there is another now, or none.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.0.keys().any(|change| change.is_loss())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Once all are counted: where other values came, too, one that is the beginning of what it was is so by chance.
    pub(super) fn settle(&mut self) {
        if self.of(Change::Other) > 0
            && let Some(cut) = self.0.remove(&Change::Cut)
        {
            *self.0.entry(Change::Other).or_default() += cut;
        }
    }
}

/// As the end of a sentence that begins with the column.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |(change, n): (&Change, &u64)| {
            let n = rows(*n);
            match change {
                Change::Other => format!("holds other values in {n}"),
                Change::Nulled => format!("was set to NULL in {n}"),
                Change::Cut => format!("was cut short in {n}"),
                Change::Rounded => format!("was rounded in {n}"),
                Change::Unzoned => format!("lost its time zone in {n}"),
                Change::Filled => format!("has values instead of NULL in {n}"),
                Change::Retyped => format!("is of another type in {n}"),
            }
        };
        // What is kept in another form is not worth a word beside what is not.
        let is_told = |(change, _): &(&Change, &u64)| **change != Change::Retyped || self.0.len() == 1;
        f.write_str(&self.0.iter().filter(is_told).map(told).collect::<Vec<_>>().join(", "))
    }
}
