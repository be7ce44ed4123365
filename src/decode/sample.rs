//! Which frames of a clip are kept.

use super::{Short, error::DecodeError};

/// Source frames to keep, in order: frame `i` of `n` is source frame `floor((i + 0.5) * source / n)`, the middle of the
/// `i`-th of `n` equal parts of the clip. `None` keeps all.
///
/// # Errors
/// [`DecodeError::NoFrames`] for an empty clip, [`DecodeError::Short`] for one with fewer than `wanted` frames unless
/// `short` is [`Short::Repeat`], which starts again at the first frame (`i mod source`).
pub(super) fn indices(source: usize, wanted: Option<u32>, short: Short) -> Result<Vec<usize>, DecodeError> {
    if source == 0 {
        return Err(DecodeError::NoFrames);
    }
    let Some(wanted) = wanted else { return Ok((0..source).collect()) };
    if source < wanted as usize {
        return match short {
            Short::Repeat => Ok((0..wanted as usize).map(|i| i % source).collect()),
            Short::Error => Err(DecodeError::Short { found: source, asked: wanted as usize }),
        };
    }
    // In integers of 128 bits, so that no length overflows.
    let (source, parts) = (source as u128, u128::from(wanted));
    Ok((0..parts).map(|i| ((2 * i + 1) * source / (2 * parts)) as usize).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_each_part() {
        // Python: [math.floor(fractions.Fraction(2 * i + 1, 2) * s / n) for i in range(n)]
        let of = |source, wanted| indices(source, Some(wanted), Short::Error).unwrap();
        assert_eq!(of(101, 4), [12, 37, 63, 88]);
        assert_eq!(of(7, 3), [1, 3, 5]);
        assert_eq!(of(10, 4), [1, 3, 6, 8]);
        assert_eq!(of(10, 1), [5]);
        for source in 1..60 {
            assert_eq!(of(source, source as u32), (0..source).collect::<Vec<_>>());
            for wanted in 1..=source {
                let kept = of(source, wanted as u32);
                assert!(kept.windows(2).all(|pair| pair[0] < pair[1]) && kept[wanted - 1] < source);
            }
        }
    }

    #[test]
    fn short_clips() {
        assert_eq!(indices(3, Some(7), Short::Repeat).unwrap(), [0, 1, 2, 0, 1, 2, 0]);
        let error = indices(3, Some(7), Short::Error).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the clip has 3 frames, frames = 7 were asked; ask for fewer or set short = \"repeat\""
        );
        assert_eq!(indices(0, Some(7), Short::Repeat), Err(DecodeError::NoFrames));
        assert_eq!(indices(0, None, Short::Error), Err(DecodeError::NoFrames));
    }
}
