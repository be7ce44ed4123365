//! Pixels told apart by who drew on them.
//!
//! What a method makes of a pixel depends on nothing but who of the viewers drew there. A frame has far fewer such
//! patterns than pixels (most pixels nobody drew on), so a fit that goes over patterns with their counts gives what one
//! over pixels gives and takes a fraction of its time.

use std::collections::HashMap;

use super::mask::Mask;

/// The patterns of a frame.
#[derive(Debug)]
pub(super) struct Patterns {
    /// How many viewers.
    pub(super) viewers: usize,
    /// Who drew, `[pattern, viewer]`.
    pub(super) drawn: Vec<bool>,
    /// How many pixels have the pattern.
    pub(super) pixels: Vec<f64>,
    /// The pattern of each pixel.
    of_pixel: Vec<u32>,
}

impl Patterns {
    /// The patterns of `masks`, which are of one size, one a viewer. Numbered by first pixel: the order of viewers
    /// changes no sum over patterns.
    pub(super) fn new(masks: &[Mask]) -> Self {
        let (viewers, len) = (masks.len(), masks.first().map_or(0, Mask::len));
        let mut numbers: HashMap<Vec<u64>, u32> = HashMap::new();
        let (mut drawn, mut pixels, mut of_pixel) = (Vec::new(), Vec::new(), vec![0; len]);
        // Neighbours mostly share their pattern: what the last pixel had is tried first.
        let (mut key, mut last, mut last_number) = (vec![0; viewers.div_ceil(64)], Vec::new(), 0);
        let (mut empty, mut words) = (None, Vec::with_capacity(viewers));
        for word in 0..len.div_ceil(64) {
            let (begin, end) = (word * 64, len.min(word * 64 + 64));
            let untouched = masks.iter().all(|mask| mask.words()[word] == 0);
            if let Some(empty) = empty
                && untouched
            {
                of_pixel[begin..end].fill(empty);
                pixels[empty as usize] += (end - begin) as f64;
                continue;
            }
            words.clear();
            words.extend(masks.iter().map(|mask| mask.words()[word]));
            for (pixel, of_pixel) in of_pixel[begin..end].iter_mut().enumerate() {
                for (key, words) in key.iter_mut().zip(words.chunks(64)) {
                    *key = words.iter().enumerate().fold(0, |key, (viewer, word)| key | (word >> pixel & 1) << viewer);
                }
                let number = match if key == last { Some(&last_number) } else { numbers.get(&key) } {
                    Some(number) => *number,
                    None => {
                        let number = pixels.len() as u32;
                        numbers.insert(key.clone(), number);
                        drawn.extend((0..viewers).map(|viewer| key[viewer / 64] >> (viewer % 64) & 1 == 1));
                        pixels.push(0.0);
                        if key.iter().all(|word| *word == 0) {
                            empty = Some(number);
                        }
                        number
                    }
                };
                last.clone_from(&key);
                last_number = number;
                *of_pixel = number;
                pixels[number as usize] += 1.0;
            }
        }
        Self { viewers, drawn, pixels, of_pixel }
    }

    pub(super) fn len(&self) -> usize {
        self.pixels.len()
    }

    /// Who drew where the pattern is.
    pub(super) fn of(&self, pattern: usize) -> &[bool] {
        &self.drawn[pattern * self.viewers..(pattern + 1) * self.viewers]
    }

    /// How many drew where the pattern is.
    pub(super) fn votes(&self, pattern: usize) -> usize {
        self.of(pattern).iter().filter(|drawn| **drawn).count()
    }

    /// The sum of `value` over all pixels.
    pub(super) fn sum(&self, value: impl Fn(usize) -> f64) -> f64 {
        (0..self.len()).map(|pattern| self.pixels[pattern] * value(pattern)).sum()
    }

    /// `values`, one a pattern, pixel by pixel.
    pub(super) fn spread<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.of_pixel.iter().map(|pattern| values[*pattern as usize]).collect()
    }
}
