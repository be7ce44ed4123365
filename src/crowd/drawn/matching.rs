//! Optimal one-to-one matching (Kuhn 1955, Naval Res. Logist. Q. 2:83–97; Munkres 1957, J. SIAM 5:32–38).

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

/// What a matching is to make the most of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// The number of matches, then the sum of their distances: what a detection's F1 counts.
    Most,
    /// The sum of `limit − distance`: a match is worth more the closer it is, so a close pair is not torn apart to make
    /// two distant ones. An unmatched pair costs as much as a match at the limit, as in the OSPA distance of order 1
    /// (Schuhmacher, Vo & Vo 2008, IEEE Trans. Signal Process. 56:3447–3457).
    Closest,
}

/// Distances become whole numbers, this many to the limit, so that sums are exact and no order of addition matters.
const STEPS: f64 = 1e9;

/// A distance in steps, `None` beyond the limit.
pub(super) fn steps(distance: f64, limit: f64) -> Option<i64> {
    (distance <= limit).then(|| (distance / limit * STEPS).round() as i64)
}

/// Pairs of rows and columns, by row. `cost` gives the steps between a row and a column, `None` where they can't match.
pub(super) fn matched(
    rows: usize,
    columns: usize,
    goal: Goal,
    cost: &dyn Fn(usize, usize) -> Option<i64>,
) -> Vec<(usize, usize)> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    if rows > columns {
        let mut pairs = matched(columns, rows, goal, &|row, column| cost(column, row));
        pairs.iter_mut().for_each(|pair| *pair = (pair.1, pair.0));
        pairs.sort_unstable();
        return pairs;
    }
    // A match gains 1 above its distance, so that one at the limit itself still counts.
    let full = STEPS as i64 + 1;
    let bonus = if goal == Goal::Most { full * rows as i64 } else { 0 };
    let costs: Vec<Option<i64>> = (0..rows * columns).map(|at| cost(at / columns, at % columns)).collect();
    let gain = |at: usize| costs[at].map_or(0, |steps| bonus + full - steps);
    let weights = Matrix::from_fn(rows, columns, |(row, column)| gain(row * columns + column));
    let (_, assigned) = kuhn_munkres(&weights);
    let pairs = assigned.into_iter().enumerate();
    pairs.filter(|(row, column)| costs[row * columns + column].is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a ruler: rows at 0 and 4, columns at 4 and 8, limit 5.
    #[test]
    fn the_two_goals_differ_where_a_shift_matches_more() {
        let (rows, columns): ([f64; 2], [f64; 2]) = ([0.0, 4.0], [4.0, 8.0]);
        let cost = |row: usize, column: usize| steps((rows[row] - columns[column]).abs(), 5.0);
        assert_eq!(matched(2, 2, Goal::Most, &cost), [(0, 0), (1, 1)]);
        assert_eq!(matched(2, 2, Goal::Closest, &cost), [(1, 0)]);
        assert_eq!(matched(2, 1, Goal::Most, &|row, _| cost(row, 0)), [(1, 0)]);
        assert_eq!(matched(0, 3, Goal::Most, &|_, _| Some(0)), []);
        assert_eq!(matched(1, 1, Goal::Closest, &|_, _| Some(STEPS as i64)), [(0, 0)]);
        assert_eq!(matched(2, 3, Goal::Most, &|_, _| None), []);
    }

    /// Against every permutation.
    #[test]
    fn no_other_matching_is_better() {
        for case in 0..200_u64 {
            let cost = |row: usize, column: usize| {
                let mixed = (case * 31 + row as u64 * 7 + column as u64 * 13 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                (mixed >> 62 != 0).then_some((mixed >> 40) as i64 % 1_000_000_000)
            };
            for goal in [Goal::Most, Goal::Closest] {
                let value = |pairs: &[(usize, usize)]| -> i64 {
                    let bonus = if goal == Goal::Most { 10_000_000_000 } else { 0 };
                    pairs
                        .iter()
                        .filter_map(|(row, column)| cost(*row, *column))
                        .map(|c| bonus + 1_000_000_001 - c)
                        .sum()
                };
                let best =
                    permutations(4).iter().map(|p| value(&(0..3).map(|row| (row, p[row])).collect::<Vec<_>>())).max();
                assert_eq!(Some(value(&matched(3, 4, goal, &cost))), best);
            }
        }
    }

    fn permutations(of: usize) -> Vec<Vec<usize>> {
        if of == 0 {
            return vec![Vec::new()];
        }
        let shorter = permutations(of - 1);
        let with = |p: &Vec<usize>, at: usize| [&p[..at], &[of - 1], &p[at..]].concat();
        shorter.iter().flat_map(|p| (0..of).map(move |at| with(p, at))).collect()
    }
}
