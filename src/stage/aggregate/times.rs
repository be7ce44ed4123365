//! When opinions were given, which says in what order they are screened.

use std::cmp::Ordering;

use crate::{stage::StageError, table::Table};

/// A point in time, as one of three ways of writing it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    /// A number in any unit.
    Number(f64),
    /// ISO 8601 with an offset from UTC: nanoseconds since 1970.
    Instant(i128),
    /// ISO 8601 without one: as if it were UTC.
    Local(i128),
}

impl Moment {
    fn read(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(Self::Number(number));
        }
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self::Instant(instant.as_nanosecond()));
        }
        let local = text.parse::<jiff::civil::DateTime>().ok()?;
        Some(Self::Local(jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?.as_nanosecond()))
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Instant(_) => "ISO 8601 with an offset",
            Self::Local(_) => "ISO 8601 without an offset",
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Instant(a), Self::Instant(b)) | (Self::Local(a), Self::Local(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

/// The rows of a table in order of its column `time`, rows of the same time in order of their lines; nothing where it has no
/// such column.
///
/// # Errors
/// A time that is none, and times that are not all written the same way.
pub(super) fn order(table: &Table) -> Result<Option<Vec<u32>>, StageError> {
    let Some(column) = table.column("time").filter(|_| !table.is_empty()) else { return Ok(None) };
    let row_of =
        |symbol: usize| (0..table.len()).find(|row| column.symbol(*row) as usize == symbol).unwrap_or_default();
    let mut moments = Vec::with_capacity(column.symbols().len());
    for (symbol, text) in column.symbols().iter().enumerate() {
        let Some(moment) = Moment::read(text) else {
            let message = if text.is_empty() { "the time is blank".to_owned() } else { format!("`{text}` is no time") };
            let remedy = "give a number, or ISO 8601 such as 2024-05-17T09:30:00Z, or take the column out and the \
                          order of lines counts";
            return Err(table.error(row_of(symbol), message, remedy).into());
        };
        moments.push(moment);
    }
    // The first distinct value stands in the first row.
    let first = moments[0].kind();
    if let Some(other) = moments.iter().position(|moment| moment.kind() != first) {
        let text = &column.symbols()[other];
        let message = format!("time `{text}` is {}, that of line {} is {first}", moments[other].kind(), table.line(0));
        return Err(table.error(row_of(other), message, "write all times the same way").into());
    }
    let mut by_time: Vec<usize> = (0..moments.len()).collect();
    by_time.sort_by(|a, b| moments[*a].compare(&moments[*b]));
    let mut rank = vec![0_u32; moments.len()];
    for pair in by_time.windows(2) {
        let later = moments[pair[0]].compare(&moments[pair[1]]) == Ordering::Less;
        rank[pair[1]] = rank[pair[0]] + u32::from(later);
    }
    let mut rows: Vec<u32> = (0..table.len() as u32).collect();
    rows.sort_by_key(|row| rank[column.symbol(*row as usize) as usize]);
    Ok(Some(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Mapping, Wanted, read};

    fn of(times: &[&str]) -> Result<Vec<u32>, String> {
        let text = format!("time\n{}\n", times.join("\n"));
        let table = read(text.as_bytes(), "t.csv", &[Wanted::optional("time")], &Mapping::default()).unwrap();
        order(&table).map(Option::unwrap_or_default).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_and_dates_are_sorted_and_lines_settle_ties() {
        assert_eq!(of(&["10", "9", "1e1", "-2.5"]).unwrap(), [3, 1, 0, 2]);
        assert_eq!(of(&["2024-03-01", "2024-02-29T23:59:59", "2024-03-01 00:00"]).unwrap(), [1, 0, 2]);
        // 10:00 in Paris is before 9:30 in London.
        assert_eq!(of(&["2024-05-17T09:30:00+01:00", "2024-05-17T10:00:00+02:00"]).unwrap(), [1, 0]);
        assert_eq!(of(&["2024-05-17T08:30:00Z", "2024-05-17T09:30:00+01:00"]).unwrap(), [0, 1]);
    }

    #[test]
    fn what_is_no_time_is_named() {
        let said = |times: &[&str]| of(times).unwrap_err();
        assert!(said(&["1", "noon"]).starts_with("t.csv:3: `noon` is no time; give a number"));
        assert!(said(&["1", "nan"]).starts_with("t.csv:3: `nan` is no time"));
        let mixed = said(&["1", "2024-03-01"]);
        assert!(
            mixed.starts_with("t.csv:3: time `2024-03-01` is ISO 8601 without an offset, that of line 2 is a number")
        );
        assert!(said(&["2024-03-01T00:00", "2024-03-01T00:00Z"]).contains("with an offset, that of line 2"));
    }
}
