//! How often a case of one class scores above a case of another, shared by the areas under the curve.
//!
//! Pairs are counted within a stratum and summed over strata: models of different folds are not on one scale, and pooling
//! their out-of-fold scores biases the AUROC downward under the null (Airola et al., Computational Statistics & Data
//! Analysis 2011;55:1828-1844).

use super::ranking::Ranking;
use super::tally::share;

/// Pairs of a case of one class with a case of each class, by the other's class.
#[derive(Debug, Clone)]
pub(super) struct Concordance {
    /// The weight of the pairs in which the other scores less, and half of it again where they tie: twice over, so that
    /// ties stay whole numbers.
    twice: Vec<f64>,
    /// The weight of all pairs.
    all: Vec<f64>,
    own: usize,
}

impl Concordance {
    /// Counts the pairs of class `own` in a ranking by that class's score, units weighing as told.
    pub(super) fn new(ranking: &Ranking, own: usize, classes: usize, weights: &[f64]) -> Self {
        let mut found = Self { twice: vec![0.0; classes], all: vec![0.0; classes], own };
        // The weight of each class at this score, and at lower ones of this stratum.
        let (mut here, mut below) = (vec![0.0; classes], vec![0.0; classes]);
        for place in &ranking.places {
            if place.starts_score {
                found.end_score(&mut here, &mut below);
            }
            if place.starts_stratum {
                found.end_stratum(&mut below);
            }
            here[usize::from(place.class)] += weights[place.unit as usize];
        }
        found.end_score(&mut here, &mut below);
        found.end_stratum(&mut below);
        found
    }

    fn end_score(&mut self, here: &mut [f64], below: &mut [f64]) {
        let own = here[self.own];
        for ((twice, here), below) in self.twice.iter_mut().zip(here).zip(below) {
            *twice += own * (2.0 * *below + *here);
            *below += *here;
            *here = 0.0;
        }
    }

    fn end_stratum(&mut self, below: &mut [f64]) {
        let own = below[self.own];
        for (all, below) in self.all.iter_mut().zip(below) {
            *all += own * *below;
            *below = 0.0;
        }
    }

    /// The share of the pairs with class `other` in which the case of this class scores higher; `None` without a pair.
    pub(super) fn over(&self, other: usize) -> Option<f64> {
        share(self.twice[other], 2.0 * self.all[other])
    }

    /// The share of the pairs with all other classes; `None` without a pair.
    pub(super) fn over_the_rest(&self) -> Option<f64> {
        let rest =
            |of: &[f64]| of.iter().enumerate().filter(|(class, _)| *class != self.own).map(|(_, pairs)| pairs).sum();
        let (twice, all): (f64, f64) = (rest(&self.twice), rest(&self.all));
        share(twice, 2.0 * all)
    }
}
