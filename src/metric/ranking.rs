//! Cases ranked by score, for the metrics that ask which case scored above which.

use super::Case;

/// Cases by stratum, then by score, in blocks of equal score.
#[derive(Debug)]
pub(super) struct Ranking {
    pub(super) places: Vec<Place>,
}

/// A case's place in the ranking: small, for a draw of patients walks over all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The unit whose weight the case has.
    pub(super) unit: u32,
    /// What the case is: 1 for positive and 0 for negative, or its class.
    pub(super) class: u16,
    pub(super) starts_score: bool,
    pub(super) starts_stratum: bool,
}

impl Ranking {
    /// Ranks the cases by `score`, which takes a case's index; `None` where a case has no score.
    pub(super) fn new(
        cases: &[Case],
        unit_of: &[u32],
        score: impl Fn(usize) -> f64,
        class: impl Fn(&Case) -> u16,
    ) -> Option<Self> {
        let mut order: Vec<(u32, f64, usize)> =
            cases.iter().enumerate().map(|(at, case)| (case.stratum, score(at), at)).collect();
        if order.iter().any(|(_, score, _)| score.is_nan()) {
            return None;
        }
        order.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut previous = None;
        let places = order
            .iter()
            .map(|&(stratum, score, at)| {
                let starts_stratum = previous.is_none_or(|(other, _)| other != stratum);
                let starts_score = starts_stratum || previous.is_none_or(|(_, other)| other != score);
                previous = Some((stratum, score));
                Place { unit: unit_of[at], class: class(&cases[at]), starts_score, starts_stratum }
            })
            .collect();
        Some(Self { places })
    }
}
