//! p-values of several tests, adjusted for their number.

/// Holm's step-down adjustment (Scandinavian Journal of Statistics 1979;6:65-70): whatever is at most α afterwards is shown
/// with a chance of at most α of a single false one among all. In the order of `p`.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let (mut adjusted, mut least) = (vec![0.0; p.len()], 0.0_f64);
    for (rank, &at) in ascending(p).iter().enumerate() {
        least = least.max((p.len() - rank) as f64 * p[at]).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}

/// The adjustment of Benjamini & Hochberg (Journal of the Royal Statistical Society B 1995;57:289-300): of what is at most q
/// afterwards, a share of at most q is false on average. In the order of `p`.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let (mut adjusted, mut most) = (vec![0.0; p.len()], 1.0_f64);
    for (rank, &at) in ascending(p).iter().enumerate().rev() {
        most = most.min(p[at] * p.len() as f64 / (rank + 1) as f64);
        adjusted[at] = most;
    }
    adjusted
}

/// Where the values stand, smallest first; equal ones in the order given.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `multipletests(p, method="holm")[1]` and `method="fdr_bh"` of statsmodels 0.15.
    #[test]
    fn adjusted_values_are_those_of_statsmodels() {
        let p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.04, 0.9];
        let near = |found: Vec<f64>, expected: [f64; 7]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?}");
        };
        near(holm(&p), [0.06, 0.16, 0.15, 0.035, 0.4, 0.16, 0.9]);
        near(benjamini_hochberg(&p), [0.035, 0.056, 0.056, 0.035, 0.233_333_333_333_333_36, 0.056, 0.9]);
    }

    #[test]
    fn one_test_stays_as_it_is_and_none_give_none() {
        assert_eq!((holm(&[0.03]), benjamini_hochberg(&[0.03])), (vec![0.03], vec![0.03]));
        assert_eq!((holm(&[]), benjamini_hochberg(&[])), (vec![], vec![]));
    }
}
