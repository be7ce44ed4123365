//! Cases ranked by score, for the metrics that ask which case scored above which.

use super::Case;

/// Cases by stratum, then by score, in blocks of equal score.
#[derive(Debug)]
pub(super) struct Ranking {
    pub(super) places: Vec<Place>,
}

/// A case's place in the ranking.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) case: usize,
    pub(super) positive: bool,
    pub(super) starts_score: bool,
    pub(super) starts_stratum: bool,
}

impl Ranking {
    /// Ranks the cases by score; `None` where a case has no score.
    pub(super) fn new(cases: &[Case], positive: &[bool]) -> Option<Self> {
        if cases.iter().any(|case| case.score.is_nan()) {
            return None;
        }
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&cases[a], &cases[b]);
            a.stratum.cmp(&b.stratum).then(a.score.total_cmp(&b.score))
        });
        let places = order
            .iter()
            .enumerate()
            .map(|(rank, &case)| {
                let this = &cases[case];
                let previous = rank.checked_sub(1).map(|rank| &cases[order[rank]]);
                let starts_stratum = previous.is_none_or(|previous| previous.stratum != this.stratum);
                let starts_score = starts_stratum || previous.is_none_or(|previous| previous.score != this.score);
                Place { case, positive: positive[usize::from(this.reference)], starts_score, starts_stratum }
            })
            .collect();
        Some(Self { places })
    }
}
