//! Book numbers: an old one has ten digits, a new one thirteen.

/// Converts an old number to a new one. `None` if it is not a valid old number.
#[must_use]
pub fn isbn13(isbn10: &str) -> Option<String> {
    let digits: Vec<u32> = isbn10
        .chars()
        .enumerate()
        .map(|(at, c)| if at == 9 && c == 'X' { Some(10) } else { c.to_digit(10) })
        .collect::<Option<_>>()?;
    let sum: u32 = digits.iter().rev().zip(1..).map(|(digit, weight)| digit * weight).sum();
    if digits.len() != 10 || sum % 11 != 0 {
        return None;
    }
    let body = format!("978{}", &isbn10[..9]);
    let weighted = body.chars().filter_map(|c| c.to_digit(10)).zip([1, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| digit * weight).sum();
    Some(format!("{body}{}", (10 - sum % 10) % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts() {
        let check = |isbn10: &str, expect: Option<&str>| assert_eq!(isbn13(isbn10).as_deref(), expect, "{isbn10}");
        check("0306406152", Some("9780306406157"));
        check("080442957X", Some("9780804429573"));
        check("0306406153", None);
        check("030640615", None);
        check("X306406152", None);
        check("", None);
    }
}
