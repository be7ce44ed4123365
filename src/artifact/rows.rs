//! Rows of the tables inside artifacts: written with one convention, read back by column name.

use rayon::prelude::*;

use super::{ArtifactError, Folder};
use crate::table::{self, Mapping, Table, Wanted};

/// Rows that a thread writes at once.
const AT_ONCE: usize = 1 << 11;

/// Writes rows as comma-separated text with `\n` line ends, numbers in their shortest form that reads back exactly.
#[derive(Debug)]
pub struct Writer {
    inner: csv::Writer<Vec<u8>>,
}

impl Writer {
    /// A table with these columns.
    pub fn new<T: AsRef<str>>(columns: impl IntoIterator<Item = T>) -> Self {
        let mut writer = Self::empty();
        writer.row(columns);
        writer
    }

    fn empty() -> Self {
        Self { inner: csv::WriterBuilder::new().flexible(true).from_writer(Vec::new()) }
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) {
        values.into_iter().for_each(|value| self.value(value.as_ref()));
        self.end();
    }

    /// Adds a value to the row that is being written.
    pub fn value(&mut self, value: &str) {
        self.inner.write_field(value).expect("writing to memory does not fail");
    }

    /// Adds a number to it, as [`number`] writes it.
    pub fn number(&mut self, value: f64) {
        shortest(value, |text| self.value(text));
    }

    /// Ends the row.
    pub fn end(&mut self) {
        self.inner.write_record(None::<&[u8]>).expect("writing to memory does not fail");
    }

    /// The text.
    pub fn finish(self) -> Vec<u8> {
        self.inner.into_inner().expect("writing to memory does not fail")
    }
}

/// A table with these columns and a row for each of `all`, made by several threads where there are many.
pub fn written<T: Sync, C: AsRef<str>>(
    columns: impl IntoIterator<Item = C>,
    all: &[T],
    row: impl Fn(&T, &mut Writer) + Sync,
) -> Vec<u8> {
    let mut text = Writer::new(columns).finish();
    let part = |part: &[T]| {
        let mut writer = Writer::empty();
        part.iter().for_each(|one| row(one, &mut writer));
        writer.finish()
    };
    let parts: Vec<Vec<u8>> = all.par_chunks(AT_ONCE).map(part).collect();
    text.reserve_exact(parts.iter().map(Vec::len).sum());
    parts.into_iter().for_each(|part| text.extend_from_slice(&part));
    text
}

/// A number as written to a table; nothing where it is not defined.
pub fn number(value: f64) -> String {
    shortest(value, str::to_owned)
}

/// The text of a number is what the standard library displays: the fewest digits that read back as it, mostly found in a
/// third of the time.
fn shortest<T>(value: f64, of: impl FnOnce(&str) -> T) -> T {
    // Two texts of fewest digits may be as near. That needs a number of d + 1 decimals, a multiple of 2⁻⁽ᵈ⁺¹⁾, of which d
    // digits say enough; d is 23 at most. Which of the two it is goes by the standard library.
    const FINEST: f64 = 16_777_216.0;
    if !value.is_finite() {
        return of("");
    }
    let mut buffer = zmij::Buffer::new();
    if (value * FINEST).fract() != 0.0
        && let text = buffer.format_finite(value)
        && !text.contains('e')
    {
        return of(text);
    }
    of(&value.to_string())
}

/// A number that may be missing.
pub fn maybe(value: Option<f64>) -> String {
    value.map_or(String::new(), number)
}

/// Reads columns of a table inside an artifact.
///
/// # Errors
/// A missing or damaged file, a missing column.
pub fn read(folder: &dyn Folder, path: &str, wanted: &[Wanted]) -> Result<Table, ArtifactError> {
    let bytes = folder.open(path)?;
    table::read(&bytes[..], path, wanted, &Mapping::default())
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })
}

/// Reads a number of a row; blank is NaN.
///
/// # Errors
/// A text that is no number.
pub fn parse(table: &Table, column: &str, row: usize) -> Result<f64, ArtifactError> {
    match table.column(column).map_or("", |c| c.get(row)) {
        "" => Ok(f64::NAN),
        text => text.parse().map_err(|_| ArtifactError::Malformed {
            path: table.file.clone(),
            message: format!("line {}: `{text}` in `{column}` is not a number", table.line(row)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    #[test]
    fn numbers_are_displayed_as_ever() {
        let mut stream = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let any: Vec<f64> = (0..300_000).map(|_| f64::from_bits(stream.random())).collect();
        let shares = (0..400_u32).flat_map(|of| (0..=of).map(move |part| f64::from(part) / f64::from(of)));
        let edges =
            [0.0, -0.0, 1e15, 1e16, 1e17, 123_456_789_012_345_680.0, 1e-4, 1e-5, 1.5e-7, 5e-324, 2e-44, f64::MAX];
        // Where two texts are as near: odd multiples of powers of 2, of few bits.
        let mut odd = (0..400_000).map(|_| f64::from(stream.random::<u32>() >> stream.random_range(8..32) | 1));
        let halves: Vec<f64> = (0..400_000).map(|at| odd.next().unwrap_or(1.0) / (1_u64 << (at % 40)) as f64).collect();
        for value in any.into_iter().chain(shares).chain(edges).chain(halves) {
            let expected = if value.is_finite() { value.to_string() } else { String::new() };
            assert_eq!(number(value), expected);
            assert!(value.is_nan() || expected.is_empty() || expected.parse() == Ok(value));
        }
    }
}
