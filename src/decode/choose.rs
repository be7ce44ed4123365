//! Which frames of a clip are kept.

use serde::{Deserialize, Serialize};

use super::{Settings, error::DecodeError};

/// How frames are chosen from a clip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sample {
    /// Evenly over the clip: frame `i` of `n` is source frame `floor((i + 0.5) * source / n)`, the middle of the `i`-th
    /// of `n` equal parts.
    #[default]
    Uniform,
    /// Consecutive frames from the middle of the clip; the first is `floor((source - n) / 2)`.
    Centre,
    /// Every `every`-th frame, beginning with frame `from`.
    Stride {
        every: u32,
        #[serde(default)]
        from: u32,
    },
    /// Windows of `length` consecutive frames, each `hop` frames after the one before. Frames after the last whole
    /// window are left out.
    Windows { length: u32, hop: u32 },
}

/// What to do with a clip of fewer frames than asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Short {
    /// Refuse it.
    #[default]
    Error,
    /// Play it again from the start until there are enough.
    Repeat,
    /// Follow it with black frames.
    Pad,
}

/// The frames kept, in the order in which they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Numbers of source frames; `None` for a black frame after the end of a short clip.
    pub(super) frames: Vec<Option<usize>>,
    /// The number of windows, one after the other in `frames`; 1 where none were asked for.
    pub(super) windows: usize,
}

impl Settings {
    /// Refuses settings without a meaning.
    ///
    /// # Errors
    /// Which, and what to give.
    pub fn check(&self) -> Result<(), DecodeError> {
        let refused = |name, value: String, remedy| Err(DecodeError::Setting { name, value, remedy });
        if self.frames == Some(0) {
            return refused("frames", "0".to_owned(), "give at least 1, or leave it out");
        }
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate > 0.0)
        {
            return refused("rate", rate.to_string(), "give frames a second, such as 10.0");
        }
        match self.sample {
            Sample::Centre if self.frames.is_none() => {
                refused("sample", "\"centre\" and `frames` is not given".to_owned(), "say how many: `frames = 16`")
            }
            Sample::Stride { every: 0, .. } => {
                refused("sample", "a stride of every 0 frames".to_owned(), "give at least 1, which is every frame")
            }
            Sample::Windows { length, hop } if length == 0 || hop == 0 => {
                let value = format!("windows of length {length} and hop {hop}");
                refused("sample", value, "give at least 1 for both")
            }
            Sample::Windows { .. } if self.frames.is_some() => refused(
                "frames",
                "given beside `sample.windows`".to_owned(),
                "the windows' `length` says how many; keep one",
            ),
            _ => Ok(self.geometry.check()?),
        }
    }

    /// Whether the choice depends on the number of frames of the clip.
    pub(super) fn needs_count(&self) -> bool {
        self.rate.is_some()
            || match self.sample {
                Sample::Uniform | Sample::Stride { .. } => self.frames.is_some(),
                Sample::Centre | Sample::Windows { .. } => true,
            }
    }
}

/// Chooses from the source frames `candidates`, which are in order.
///
/// # Errors
/// [`DecodeError::NoFrames`] where there is none to choose from, [`DecodeError::Short`] where there are too few and
/// `short` does not say what to do.
pub(super) fn choose(settings: &Settings, candidates: &[usize]) -> Result<Chosen, DecodeError> {
    let count = candidates.len();
    if count == 0 {
        return Err(DecodeError::NoFrames);
    }
    let wanted = settings.frames.map(|frames| frames as usize);
    let mut windows = 1;
    let (places, wanted) = match settings.sample {
        Sample::Uniform => match wanted {
            None => ((0..count).collect(), count),
            Some(wanted) if wanted > count => ((0..count).collect(), wanted),
            Some(wanted) => (middles(count, wanted), wanted),
        },
        Sample::Centre => {
            let wanted = wanted.unwrap_or(count);
            let first = count.saturating_sub(wanted) / 2;
            ((first..count.min(first + wanted)).collect(), wanted)
        }
        Sample::Stride { every, from } => {
            let places = (from as usize..count).step_by(every.max(1) as usize);
            let places: Vec<usize> = places.take(wanted.unwrap_or(usize::MAX)).collect();
            if places.is_empty() {
                return Err(DecodeError::Short { found: count, asked: from as usize + 1 });
            }
            let wanted = wanted.unwrap_or(places.len());
            (places, wanted)
        }
        Sample::Windows { length, hop } => {
            let length = length as usize;
            let starts: Vec<usize> =
                (0..count).step_by(hop.max(1) as usize).take_while(|start| start + length <= count).collect();
            windows = starts.len().max(1);
            if starts.is_empty() {
                ((0..count).collect(), length)
            } else {
                (starts.iter().flat_map(|start| *start..start + length).collect(), windows * length)
            }
        }
    };
    let frames = filled(&places, wanted, settings.short)?;
    Ok(Chosen { frames: frames.into_iter().map(|place| place.map(|place| candidates[place])).collect(), windows })
}

/// The middle of each of `wanted` equal parts; in integers of 128 bits, so that no length overflows.
fn middles(count: usize, wanted: usize) -> Vec<usize> {
    let (count, parts) = (count as u128, wanted as u128);
    (0..parts).map(|i| ((2 * i + 1) * count / (2 * parts)) as usize).collect()
}

fn filled(places: &[usize], wanted: usize, short: Short) -> Result<Vec<Option<usize>>, DecodeError> {
    if places.len() >= wanted {
        return Ok(places.iter().copied().map(Some).collect());
    }
    match short {
        Short::Error => Err(DecodeError::Short { found: places.len(), asked: wanted }),
        Short::Repeat => Ok((0..wanted).map(|at| Some(places[at % places.len()])).collect()),
        Short::Pad => Ok((0..wanted).map(|at| places.get(at).copied()).collect()),
    }
}

/// The frames a clip would have at another rate: frame `k`, at `k / rate` seconds, is the source frame shown then. Times
/// are in seconds from the first frame; the last frame is shown as long as the one before it.
pub(super) fn at_rate(times: &[f64], candidates: &[usize], rate: f64) -> Vec<usize> {
    let (Some(&first), Some(&last)) = (candidates.first(), candidates.last()) else { return Vec::new() };
    let begin = times[first];
    let shown = |frame: usize| match times.get(frame + 1) {
        Some(next) => next - times[frame],
        None if frame > 0 => times[frame] - times[frame - 1],
        None => 1.0 / rate,
    };
    let end = times[last] + shown(last);
    let mut kept = Vec::new();
    let mut at = 0;
    loop {
        // A frame whose time was rounded to the container's clock still counts as shown.
        let now = begin + kept.len() as f64 / rate + 1e-6;
        if now >= end {
            return kept;
        }
        while at + 1 < candidates.len() && times[candidates[at + 1]] <= now {
            at += 1;
        }
        kept.push(candidates[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &Settings, count: usize) -> Result<Vec<Option<usize>>, DecodeError> {
        Ok(choose(settings, &(0..count).collect::<Vec<_>>())?.frames)
    }

    fn uniform(frames: u32, short: Short) -> Settings {
        Settings { frames: Some(frames), short, ..Settings::default() }
    }

    fn all(frames: &[usize]) -> Vec<Option<usize>> {
        frames.iter().copied().map(Some).collect()
    }

    #[test]
    fn the_middle_of_each_part() {
        // Python: [math.floor(fractions.Fraction(2 * i + 1, 2) * s / n) for i in range(n)]
        let of = |source, wanted| of(&uniform(wanted, Short::Error), source).unwrap();
        assert_eq!(of(101, 4), all(&[12, 37, 63, 88]));
        assert_eq!(of(7, 3), all(&[1, 3, 5]));
        assert_eq!(of(10, 4), all(&[1, 3, 6, 8]));
        assert_eq!(of(10, 1), all(&[5]));
        for source in 1..60 {
            assert_eq!(of(source, source as u32), all(&(0..source).collect::<Vec<_>>()));
            for wanted in 1..=source {
                let kept = of(source, wanted as u32);
                assert!(kept.windows(2).all(|pair| pair[0] < pair[1]) && kept[wanted - 1] < Some(source));
            }
        }
    }

    #[test]
    fn short_clips() {
        assert_eq!(of(&uniform(7, Short::Repeat), 3).unwrap(), all(&[0, 1, 2, 0, 1, 2, 0]));
        assert_eq!(of(&uniform(4, Short::Pad), 3).unwrap(), [Some(0), Some(1), Some(2), None]);
        let error = of(&uniform(7, Short::Error), 3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the clip has 3 frames, 7 were asked for; ask for fewer, or set short = \"repeat\" or \"pad\""
        );
        assert_eq!(of(&uniform(7, Short::Repeat), 0), Err(DecodeError::NoFrames));
        assert_eq!(of(&Settings::default(), 0), Err(DecodeError::NoFrames));
    }

    #[test]
    fn from_the_centre_and_by_strides() {
        let centre = |frames, short| Settings { sample: Sample::Centre, ..uniform(frames, short) };
        assert_eq!(of(&centre(4, Short::Error), 9).unwrap(), all(&[2, 3, 4, 5]));
        assert_eq!(of(&centre(4, Short::Repeat), 3).unwrap(), all(&[0, 1, 2, 0]));
        let stride =
            |frames, every, from| Settings { frames, sample: Sample::Stride { every, from }, ..uniform(1, Short::Pad) };
        assert_eq!(of(&stride(None, 3, 1), 10).unwrap(), all(&[1, 4, 7]));
        assert_eq!(of(&stride(Some(2), 3, 1), 10).unwrap(), all(&[1, 4]));
        assert_eq!(of(&stride(Some(4), 3, 1), 10).unwrap(), [Some(1), Some(4), Some(7), None]);
        assert_eq!(of(&stride(None, 1, 10), 10), Err(DecodeError::Short { found: 10, asked: 11 }));
    }

    #[test]
    fn sliding_windows() {
        let windows =
            |length, hop, short| Settings { sample: Sample::Windows { length, hop }, short, ..Settings::default() };
        let chosen = choose(&windows(4, 2, Short::Error), &(0..9).collect::<Vec<_>>()).unwrap();
        assert_eq!(chosen.windows, 3);
        assert_eq!(chosen.frames, all(&[0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7]));
        let chosen = choose(&windows(4, 2, Short::Pad), &[5, 6, 7]).unwrap();
        assert_eq!((chosen.windows, chosen.frames), (1, vec![Some(5), Some(6), Some(7), None]));
        assert!(choose(&windows(4, 2, Short::Error), &[5, 6, 7]).is_err());
    }

    #[test]
    fn another_rate() {
        let times: Vec<f64> = (0..10).map(|frame| f64::from(frame) / 25.0).collect();
        let frames: Vec<usize> = (0..10).collect();
        // ffmpeg -i 25fps.mp4 -vf fps=12.5:round=down keeps every other frame; =50 doubles each.
        assert_eq!(at_rate(&times, &frames, 12.5), [0, 2, 4, 6, 8]);
        assert_eq!(at_rate(&times, &frames, 25.0), frames);
        assert_eq!(at_rate(&times, &frames[..3], 50.0), [0, 0, 1, 1, 2, 2]);
        // Frames shown unequally long: 0 for 0.1 s, 1 for 0.3 s, 2 for 0.3 s.
        assert_eq!(at_rate(&[0.0, 0.1, 0.4], &[0, 1, 2], 10.0), [0, 1, 1, 1, 2, 2, 2]);
        assert_eq!(at_rate(&[0.0], &[0], 10.0), [0]);
    }

    #[test]
    fn settings_without_a_meaning() {
        let windows = Sample::Windows { length: 4, hop: 0 };
        for settings in [
            uniform(0, Short::Error),
            Settings { rate: Some(f64::NAN), ..Settings::default() },
            Settings { rate: Some(0.0), ..Settings::default() },
            Settings { sample: Sample::Centre, ..Settings::default() },
            Settings { sample: Sample::Stride { every: 0, from: 0 }, ..Settings::default() },
            Settings { sample: windows, ..Settings::default() },
            Settings { sample: Sample::Windows { length: 4, hop: 1 }, ..uniform(3, Short::Error) },
        ] {
            assert!(matches!(settings.check(), Err(DecodeError::Setting { .. })), "{settings:?}");
        }
    }
}
