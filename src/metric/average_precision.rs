//! Average precision, stratified.
//!
//! The mean over the positive cases of the precision among the cases *of the same stratum* that score at least as high,
//! which is the step-wise sum of scikit-learn's `average_precision_score` where there is one stratum. Scores are compared
//! within a stratum only, as [`super::auroc`] does and for its reasons. A stratum without negative cases has nothing to
//! rank and is left out, as it has no pair there; scikit-learn has 1 for it.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry =
    Entry { needs_positive: true, needs_scores: true, ..Entry::new("average-precision", "Average precision", value) };

/// What was met while walking down the ranking.
#[derive(Default)]
struct Descent {
    /// Precision times the weight of positives, and the weight of positives, of the strata that are done.
    sum: f64,
    positives: f64,
    /// The same of this stratum, down to the score that is done.
    sum_above: f64,
    positives_above: f64,
    negatives_above: f64,
    /// The weight of the positives of this score.
    positives_here: f64,
}

impl Descent {
    fn end_score(&mut self) {
        self.positives_above += self.positives_here;
        if let Some(precision) = share(self.positives_above, self.positives_above + self.negatives_above) {
            self.sum_above += self.positives_here * precision;
        }
        self.positives_here = 0.0;
    }

    fn end_stratum(&mut self) {
        if self.negatives_above > 0.0 {
            self.sum += self.sum_above;
            self.positives += self.positives_above;
        }
        *self = Self { sum: self.sum, positives: self.positives, ..Self::default() };
    }
}

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let mut descent = Descent::default();
    for place in evidence.ranking()?.places.iter().rev() {
        let weight = evidence.weights[place.unit as usize];
        if place.class == 1 {
            descent.positives_here += weight;
        } else {
            descent.negatives_above += weight;
        }
        if place.starts_score {
            descent.end_score();
        }
        if place.starts_stratum {
            descent.end_stratum();
        }
    }
    share(descent.sum, descent.positives)
}
