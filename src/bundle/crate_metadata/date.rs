//! The day on which something was published.

use std::{fmt, str::FromStr};

/// A day, as people write it down; it is not read from a clock. Written `2026-03-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicationDate {
    year: u16,
    month: u8,
    day: u8,
}

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day: expected one such as 2026-03-31")]
pub struct PublicationDateError(String);

impl FromStr for PublicationDate {
    type Err = PublicationDateError;

    fn from_str(text: &str) -> Result<Self, PublicationDateError> {
        parse(text).ok_or_else(|| PublicationDateError(text.to_owned()))
    }
}

impl fmt::Display for PublicationDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn parse(text: &str) -> Option<PublicationDate> {
    let digits = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<u16>().ok()
    };
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u16::from(leap),
        _ => return None,
    };
    (1..=days).contains(&day).then_some(PublicationDate { year, month: month as u8, day: day as u8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar_are_read_and_written() {
        for text in ["2026-03-31", "2024-02-29", "2000-02-29", "0999-12-01"] {
            assert_eq!(text.parse::<PublicationDate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026",
            "2026-3-31",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "+026-01-01",
        ] {
            assert!(text.parse::<PublicationDate>().is_err(), "{text}");
        }
        assert!("2026-01-01T00:00:00Z".parse::<PublicationDate>().is_err());
        assert!("２０26-01".parse::<PublicationDate>().is_err());
    }
}
