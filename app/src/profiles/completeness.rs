//! [`Completeness`]: the share of the fields of a profile or an intent that are filled.
//!
//! A field is filled if it is present, not null, and not an empty string, list or object.

/// The percentage of filled fields, and the fields that are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// 0 to 100, rounded half up; 0 if there are no fields.
    pub percent: u8,
    /// The fields that are not filled, in the order of the table's columns.
    pub missing: Vec<String>,
}

impl Completeness {
    /// Computes the completeness of fields, each given with whether it is filled.
    pub(super) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, bool)>) -> Completeness {
        let (mut all, mut missing) = (0, Vec::new());
        for (field, is_filled) in fields {
            all += 1;
            if !is_filled {
                missing.push(field.to_owned());
            }
        }
        Completeness { percent: percent(all - missing.len(), all), missing }
    }
}

/// Returns `part` of `whole` as a percentage, rounded half up.
fn percent(part: usize, whole: usize) -> u8 {
    match whole {
        0 => 0,
        // At most 100, because `part` is at most `whole`.
        _ => u8::try_from((200 * part + whole) / (2 * whole)).unwrap_or(100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;

    #[test]
    fn percentages_are_rounded_half_up() {
        let check = |part, whole, expected| assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        let of_seven = [0, 14, 29, 43, 57, 71, 86, 100];
        (0..=7).zip(of_seven).for_each(|(part, expected)| check(part, 7, expected));
        check(1, 3, 33);
        check(2, 3, 67);
        check(1, 8, 13);
        check(1, 200, 1);
        check(0, 0, 0);
    }
}
