//! Dividing patients into folds and a test part, stratified by the classes of their clips.
//!
//! Greedy, like scikit-learn's `StratifiedGroupKFold`: patients whose clips are the most uneven go first, each to the part
//! that leaves the counts of every class nearest to that part's share. No patient is ever on two sides.

use rand::seq::SliceRandom as _;

use crate::random::stream;

/// What patients are divided into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    /// Number of folds; 0 for none.
    pub folds: u32,
    /// Share of the patients in the test part; 0 for none.
    pub test: f64,
}

/// Why patients could not be divided.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FoldsError {
    /// There are fewer patients than parts.
    #[error("{patients} patients can't fill {parts} parts; ask for fewer folds")]
    TooFewPatients {
        /// Number of patients.
        patients: usize,
        /// Number of parts.
        parts: usize,
    },
}

/// Assigns each patient to a part: 0 … folds − 1 are folds, `folds` is the test part.
///
/// `counts[p][c]` is the number of clips of patient `p` in stratum `c`.
///
/// # Errors
/// Fewer patients than parts.
pub fn assign(counts: &[Vec<usize>], parts: Parts, seed: u64) -> Result<Vec<u32>, FoldsError> {
    let shares = shares(parts);
    if counts.len() < shares.len() {
        return Err(FoldsError::TooFewPatients { patients: counts.len(), parts: shares.len() });
    }
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.shuffle(&mut stream(seed, "folds", &[]));
    let unevenness = |patient: &usize| {
        let of = &counts[*patient];
        let mean = of.iter().sum::<usize>() as f64 / of.len().max(1) as f64;
        of.iter().map(|n| (*n as f64 - mean).powi(2)).sum::<f64>()
    };
    // A stable sort: patients alike stay in the order of the shuffle.
    order.sort_by(|a, b| unevenness(b).total_cmp(&unevenness(a)));
    let strata = counts.first().map_or(0, Vec::len);
    let totals: Vec<f64> = (0..strata).map(|c| counts.iter().map(|of| of[c]).sum::<usize>() as f64).collect();
    let mut held = vec![vec![0.0; strata]; shares.len()];
    let mut patients = vec![0usize; shares.len()];
    let mut assigned = vec![0u32; counts.len()];
    for (position, &patient) in order.iter().enumerate() {
        let left = order.len() - position;
        let empty = patients.iter().filter(|n| **n == 0).count();
        let candidates = (0..shares.len()).filter(|part| empty < left || patients[*part] == 0);
        let cost = |part: usize| {
            let grown: f64 = (0..strata)
                .filter(|c| totals[*c] > 0.0)
                .map(|c| {
                    let share = totals[c] * shares[part];
                    let (before, after) = (held[part][c], held[part][c] + counts[patient][c] as f64);
                    ((after - share).powi(2) - (before - share).powi(2)) / (share * totals[c])
                })
                .sum();
            (grown, patients[part] as f64 / shares[part])
        };
        let best = candidates
            .map(|part| (cost(part), part))
            .min_by(|((a, m), p), ((b, n), q)| a.total_cmp(b).then(m.total_cmp(n)).then(p.cmp(q)))
            .map_or(0, |(_, part)| part);
        assigned[patient] = best as u32;
        patients[best] += 1;
        for c in 0..strata {
            held[best][c] += counts[patient][c] as f64;
        }
    }
    Ok(assigned)
}

fn shares(parts: Parts) -> Vec<f64> {
    let folds = parts.folds as usize;
    let mut shares = vec![(1.0 - parts.test) / folds.max(1) as f64; folds];
    if parts.test > 0.0 {
        shares.push(parts.test);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(counts: &[Vec<usize>], assigned: &[u32], parts: usize, c: usize) -> Vec<usize> {
        (0..parts)
            .map(|part| counts.iter().zip(assigned).filter(|(_, a)| **a as usize == part).map(|(of, _)| of[c]).sum())
            .collect()
    }

    #[test]
    fn classes_are_spread_evenly() {
        // 40 patients of 4 clips; a quarter of the clips are of class 1, bunched in few patients.
        let counts: Vec<Vec<usize>> = (0..40).map(|p| if p % 4 == 0 { vec![0, 4] } else { vec![4, 0] }).collect();
        let assigned = assign(&counts, Parts { folds: 5, test: 0.0 }, 7).unwrap();
        assert_eq!(spread(&counts, &assigned, 5, 1), [8; 5]);
        assert_eq!(spread(&counts, &assigned, 5, 0), [24; 5]);
    }

    #[test]
    fn the_test_part_gets_its_share() {
        let counts: Vec<Vec<usize>> = (0..50).map(|p| vec![1 + p % 3]).collect();
        let assigned = assign(&counts, Parts { folds: 4, test: 0.2 }, 1).unwrap();
        let clips = spread(&counts, &assigned, 5, 0);
        assert!((18..=22).contains(&clips[4]), "{clips:?} of 99");
    }

    #[test]
    fn every_part_gets_a_patient_and_the_seed_matters() {
        let counts = vec![vec![100], vec![1], vec![1]];
        let mut assigned = assign(&counts, Parts { folds: 3, test: 0.0 }, 0).unwrap();
        assigned.sort_unstable();
        assert_eq!(assigned, [0, 1, 2]);
        assert!(assign(&counts, Parts { folds: 4, test: 0.0 }, 0).is_err());
        let many = vec![vec![1]; 40];
        let of = |seed| assign(&many, Parts { folds: 5, test: 0.0 }, seed).unwrap();
        assert_ne!(of(1), of(2));
        assert_eq!(of(1), of(1));
    }
}
