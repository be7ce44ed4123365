//! Names fit for files and for `id` attributes.

use std::collections::BTreeSet;

const LONGEST: usize = 60;

/// Lower-case letters, digits and single hyphens; at most 60 of them, at least one.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        let character = character.to_ascii_lowercase();
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == LONGEST {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x".to_owned() } else { slug.to_owned() }
}

/// Hands out names that are all different, by numbering those that would repeat.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// `wanted`, or `wanted-2`, `wanted-3` … where it is taken.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_hold_nothing_a_file_name_may_not() {
        assert_eq!(slug("arm=same · Fold 0"), "arm-same-fold-0");
        assert_eq!(slug("<script>../x"), "script-x");
        assert_eq!(slug("été"), "t");
        assert_eq!(slug("日本"), "x");
        assert!(slug(&"a".repeat(500)).len() <= LONGEST);
    }

    #[test]
    fn names_never_repeat() {
        let mut names = Names::default();
        assert_eq!([names.take("a"), names.take("a-2"), names.take("a")], ["a", "a-2", "a-3"]);
    }
}
