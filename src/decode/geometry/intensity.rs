//! Grey levels stretched between two percentiles of a clip.

use super::{Shown, Statistics};

/// The level every grey level becomes: linear from 0 at the `low`-th percentile to 255 at the `high`-th of the clip's
/// grey levels above 0 on what is shown, since the ground of a fan is black.
pub(super) fn levels(statistics: &Statistics, shown: Option<&Shown>, low: f64, high: f64) -> [u8; 256] {
    let counts = match shown {
        Some(shown) => statistics.histogram(|x, y| shown.holds(x, y)),
        None => statistics.histogram(|_, _| true),
    };
    let total: u64 = counts[1..].iter().sum();
    let percentile = |percent: f64| {
        let wanted = (percent / 100.0 * total as f64).max(1.0);
        let mut seen = 0;
        (1..256usize).find(|level| {
            seen += counts[*level];
            seen as f64 >= wanted
        })
    };
    let mut levels = std::array::from_fn(|level| level as u8);
    let (Some(low), Some(high)) = (percentile(low), percentile(high)) else { return levels };
    if low >= high {
        // A clip of one shade has nothing to stretch.
        return levels;
    }
    for (level, stretched) in levels.iter_mut().enumerate() {
        let above = level.saturating_sub(low).min(high - low);
        *stretched = ((above * 255 + (high - low) / 2) / (high - low)) as u8;
    }
    levels
}
