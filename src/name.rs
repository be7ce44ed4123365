//! Names people type: the nearest right one, and settings chosen by name.

pub(crate) mod choice;

/// The name nearest to `wrong`, if any is near enough to be meant.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + wrong.len().max(name.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Names in quotes with commas between them, for a remedy.
pub fn quoted<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_finds_typos_and_nothing_else() {
        assert_eq!(nearest("agregate", ["aggregate", "evaluate"]), Some("aggregate"));
        assert_eq!(nearest("xyz", ["aggregate", "evaluate"]), None);
    }
}
