//! Area under the receiver operating characteristic, stratified.
//!
//! The probability that a positive case scores above a negative case *of the same stratum*, ties counting half:
//! concordant pairs summed over strata, over pairs summed over strata. Models of different folds are not on one scale,
//! and pooling their out-of-fold scores biases the AUROC downward under the null (Airola et al., Computational Statistics
//! & Data Analysis 2011;55:1828-1844). With one stratum the value is scikit-learn's `roc_auc_score`.

use super::entry::Entry;
use super::prepared::Evidence;
use super::tally::share;

pub(super) const ENTRY: Entry =
    Entry { needs_positive: true, needs_scores: true, ..Entry::new("auroc", "AUROC", value) };

/// Pair counts while walking up the ranking. Concordant pairs are counted twice over, so that ties stay whole numbers.
#[derive(Default)]
struct Pairs {
    twice_concordant: f64,
    all: f64,
    negatives_below: f64,
    positives_below: f64,
    negatives_here: f64,
    positives_here: f64,
}

impl Pairs {
    fn end_score(&mut self) {
        self.twice_concordant += self.positives_here * (2.0 * self.negatives_below + self.negatives_here);
        self.negatives_below += self.negatives_here;
        self.positives_below += self.positives_here;
        (self.negatives_here, self.positives_here) = (0.0, 0.0);
    }

    fn end_stratum(&mut self) {
        self.end_score();
        self.all += self.positives_below * self.negatives_below;
        (self.negatives_below, self.positives_below) = (0.0, 0.0);
    }
}

fn value(evidence: &Evidence<'_>) -> Option<f64> {
    let mut pairs = Pairs::default();
    for place in &evidence.ranking?.places {
        if place.starts_stratum {
            pairs.end_stratum();
        } else if place.starts_score {
            pairs.end_score();
        }
        let weight = evidence.weights[place.case];
        if place.positive {
            pairs.positives_here += weight;
        } else {
            pairs.negatives_here += weight;
        }
    }
    pairs.end_stratum();
    share(pairs.twice_concordant, 2.0 * pairs.all)
}
