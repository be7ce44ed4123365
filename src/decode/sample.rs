//! Which frames of a clip are taken.

use serde::{Deserialize, Serialize};

use super::DecodeError;

/// What to do with a clip that has fewer frames than asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Short {
    /// It can't be decoded.
    #[default]
    Error,
    /// It is played again from its beginning.
    Repeat,
}

/// The source frame of each wanted frame. Of `n` wanted, frame `i` is the middle of the `i`-th of `n` equal parts of the
/// clip: `floor((i + 1/2) · source / n)`.
pub(super) fn indices(source: usize, wanted: Option<u32>, short: Short) -> Result<Vec<usize>, DecodeError> {
    let wanted = wanted.map_or(source, |wanted| wanted as usize);
    if wanted <= source {
        return Ok((0..wanted).map(|i| (2 * i + 1) * source / (2 * wanted)).collect());
    }
    match short {
        Short::Error => Err(DecodeError::TooShort { has: source, asked: wanted }),
        Short::Repeat => Ok((0..wanted).map(|i| i % source).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenly_over_the_clip() {
        assert_eq!(indices(10, Some(5), Short::Error).unwrap(), [1, 3, 5, 7, 9]);
        assert_eq!(indices(5, Some(2), Short::Error).unwrap(), [1, 3]);
        assert_eq!(indices(4, None, Short::Error).unwrap(), [0, 1, 2, 3]);
        assert_eq!(indices(4, Some(4), Short::Error).unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn short_clips_are_handled_as_declared() {
        assert_eq!(indices(3, Some(7), Short::Repeat).unwrap(), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(indices(3, Some(7), Short::Error), Err(DecodeError::TooShort { has: 3, asked: 7 }));
    }
}
