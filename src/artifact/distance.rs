//! How far two artifacts are apart.

use super::Folder;

/// The largest absolute difference between the numbers of two tables that otherwise say the same; nothing where one is
/// missing, their shapes differ, or a text does.
pub fn of_tables(one: &dyn Folder, other: &dyn Folder, path: &str) -> Option<f64> {
    let (one, other) = (cells(one, path)?, cells(other, path)?);
    if one.len() != other.len() {
        return None;
    }
    let mut largest = 0.0_f64;
    for (a, b) in one.iter().zip(&other) {
        if a.len() != b.len() {
            return None;
        }
        for (a, b) in a.iter().zip(b) {
            match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) if a.is_finite() && b.is_finite() => largest = largest.max((a - b).abs()),
                _ if a == b => {}
                _ => return None,
            }
        }
    }
    Some(largest)
}

fn cells(folder: &dyn Folder, path: &str) -> Option<Vec<csv::StringRecord>> {
    let text = folder.text(path).ok()?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().collect::<Result<_, _>>().ok()
}
