//! The domain's nouns: classes ordered by severity, opinions, labels.

use serde::{Deserialize, Serialize};

mod columns;

pub use columns::{OpinionColumns, Signed};

/// The classes of an experiment, ordered by severity (least severe first).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Classes(Vec<String>);

impl Classes {
    /// Takes class names in order of severity. Names are expected to be distinct.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The number of classes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no class at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The index of a class by name, `None` where it is not among the classes.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|class| class == name)
    }

    /// The name of class `index`.
    ///
    /// # Panics
    /// Panics where `index` is not below [`Classes::len`].
    pub fn name(&self, index: usize) -> &str {
        &self.0[index]
    }

    /// The names, least severe first.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// One annotator's judgement of one clip. Clips and annotators are indices into the tables the caller keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// Index of the clip.
    pub clip: u32,
    /// Index of the annotator; `None` where the table does not say who it was.
    pub annotator: Option<u32>,
    /// Index of the class, as in [`Classes`].
    pub class: u16,
    /// How many equal opinions this one stands for (vote counts); 1 for a single opinion.
    pub votes: f64,
}

/// The class with the greatest probability; of several the least severe.
pub fn most_probable(probabilities: &[f64]) -> usize {
    let highest = probabilities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    probabilities.iter().position(|p| *p == highest).unwrap_or_default()
}

/// The mean of distributions over the classes, such as those of a clip's windows. One alone stays as it is, to the bit.
pub fn mean(distributions: impl IntoIterator<Item = Vec<f64>>) -> Vec<f64> {
    let mut distributions = distributions.into_iter();
    let mut sum = distributions.next().unwrap_or_default();
    let mut count = 1.0;
    for distribution in distributions {
        sum.iter_mut().zip(distribution).for_each(|(sum, value)| *sum += value);
        count += 1.0;
    }
    if count > 1.0 {
        sum.iter_mut().for_each(|sum| *sum /= count);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equally_probable_classes_the_least_severe_is_taken() {
        assert_eq!(most_probable(&[0.25, 0.375, 0.375]), 1);
        assert_eq!(most_probable(&[0.5, 0.0, 0.5]), 0);
        assert_eq!(most_probable(&[0.1, 0.2, 0.7]), 2);
    }

    #[test]
    fn one_distribution_is_its_own_mean_and_of_several_each_counts_alike() {
        let odd = vec![0.1 + 0.2, 0.7 - 1e-17];
        assert_eq!(mean([odd.clone()]), odd);
        assert_eq!(mean([vec![0.5, 0.5], vec![0.0, 1.0], vec![0.25, 0.75]]), [0.25, 0.75]);
        assert!(mean([]).is_empty());
    }
}
