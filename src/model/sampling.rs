//! Which examples an update sees, and how grey values are normalised.

use super::{Clips, ModelError, frames_of};
use crate::random;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Mean and standard deviation of grey values, from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Normalisation {
    pub mean: f64,
    pub deviation: f64,
}

impl Normalisation {
    /// Over all pixels of `which` clips, in integers and so exact; a deviation below one grey level counts as one.
    pub fn measure(clips: &dyn Clips, which: impl IntoIterator<Item = usize>) -> Result<Normalisation, ModelError> {
        let (mut count, mut sum, mut squares) = (0u128, 0u128, 0u128);
        for index in which {
            let mut histogram = [0u64; 256];
            for &grey in frames_of(clips, index)?.iter() {
                histogram[usize::from(grey)] += 1;
            }
            for (grey, &pixels) in histogram.iter().enumerate() {
                let (grey, pixels) = (grey as u128, u128::from(pixels));
                count += pixels;
                sum += pixels * grey;
                squares += pixels * grey * grey;
            }
        }
        let count = count.max(1);
        let variance = (count * squares - sum * sum) as f64 / (count * count) as f64;
        Ok(Normalisation { mean: sum as f64 / count as f64, deviation: variance.sqrt().max(1.0) })
    }
}

/// A whole number below `bound` without bias (Lemire 2019).
fn below(stream: &mut impl Rng, bound: u64) -> u64 {
    loop {
        let product = u128::from(stream.next_u64()) * u128::from(bound);
        if product as u64 >= bound.wrapping_neg() % bound {
            return (product >> 64) as u64;
        }
    }
}

/// Endless passes over `count` examples, each in an order of its own.
#[derive(Debug)]
struct Passes {
    seed: u64,
    group: u64,
    count: u64,
    epoch: Option<u64>,
    order: Vec<usize>,
}

impl Passes {
    /// `count` is at least 1; passes of another group are in another order.
    fn new(seed: u64, group: u64, count: usize) -> Passes {
        Passes { seed, group, count: count as u64, epoch: None, order: Vec::new() }
    }

    /// The example at `position`, counted through all passes.
    fn at(&mut self, position: u64) -> usize {
        let epoch = position / self.count;
        if self.epoch != Some(epoch) {
            let mut stream = match self.group {
                0 => random::stream(self.seed, "order", &[epoch]),
                group => random::stream(self.seed, "order", &[epoch, group]),
            };
            self.order = (0..self.count as usize).collect();
            for last in (1..self.order.len()).rev() {
                self.order.swap(last, below(&mut stream, last as u64 + 1) as usize);
            }
            self.epoch = Some(epoch);
        }
        self.order[(position % self.count) as usize]
    }
}

/// Which example stands at each place of each batch.
#[derive(Debug)]
pub(super) struct Batches {
    batch: u64,
    /// Examples that are drawn from together, in passes of their own, and how many of a batch's places they have.
    groups: Vec<(Passes, Vec<usize>, u64)>,
}

impl Batches {
    /// `groups` are the examples' groups. Without shares all examples are drawn from together; otherwise each group has
    /// its share of every batch, in whole places (by largest remainders).
    ///
    /// # Errors
    /// Shares that make no sense, or leave a group without a place.
    pub fn new(seed: u64, batch: usize, groups: &[usize], shares: Option<&[f64]>) -> Result<Batches, ModelError> {
        let all = || (0..groups.len()).collect::<Vec<usize>>();
        let Some(shares) = shares else {
            let batch = batch.min(groups.len()) as u64;
            return Ok(Batches { batch, groups: vec![(Passes::new(seed, 0, groups.len()), all(), batch)] });
        };
        let wrong = |value: String, remedy| ModelError::Setting { field: "sampling", value, remedy };
        let total: f64 = shares.iter().sum();
        if shares.iter().any(|share| share.is_nan() || *share < 0.0) || (total - 1.0).abs() > 1e-6 {
            return Err(wrong(format!("{shares:?}"), "give shares from 0 to 1 that sum to 1"));
        }
        let places = places(batch, shares);
        let mut list = Vec::new();
        for (group, &count) in places.iter().enumerate() {
            let members: Vec<usize> = all().into_iter().filter(|&example| groups[example] == group).collect();
            if shares[group] > 0.0 && count == 0 {
                return Err(wrong(
                    format!("{}", shares[group]),
                    "is less than one place in a batch: take larger batches",
                ));
            }
            if count > 0 && members.is_empty() {
                return Err(wrong(format!("{}", shares[group]), "asks for what no training example is: leave it out"));
            }
            if count > 0 {
                list.push((Passes::new(seed, 1 + group as u64, members.len()), members, count));
            }
        }
        Ok(Batches { batch: batch as u64, groups: list })
    }

    /// Places in a batch.
    pub fn size(&self) -> usize {
        self.batch as usize
    }

    /// The examples of the batch before update `update + 1`.
    pub fn at(&mut self, update: u64) -> Vec<usize> {
        let mut batch = Vec::with_capacity(self.size());
        for (passes, members, places) in &mut self.groups {
            batch.extend((0..*places).map(|place| members[passes.at(update * *places + place)]));
        }
        batch
    }
}

/// Whole places by largest remainders; the first of equal ones.
fn places(batch: usize, shares: &[f64]) -> Vec<u64> {
    let exact: Vec<f64> = shares.iter().map(|share| share * batch as f64).collect();
    let mut places: Vec<u64> = exact.iter().map(|value| (value + 1e-9).floor() as u64).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let rest = |at: usize| exact[at] - (exact[at] + 1e-9).floor();
    order.sort_by(|&a, &b| rest(b).total_cmp(&rest(a)).then(a.cmp(&b)));
    let missing = (batch as u64).saturating_sub(places.iter().sum()) as usize;
    order.into_iter().take(missing).for_each(|at| places[at] += 1);
    places
}

/// A class drawn from a distribution over classes, for place `place` of the batch before update `update + 1`.
pub(super) fn draw_class(distribution: &[f32], seed: u64, update: u64, place: u64) -> usize {
    let mut draws = random::stream(seed, "target", &[update, place]);
    let at = (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let total: f64 = distribution.iter().map(|&p| f64::from(p)).sum();
    let mut below = 0.0;
    for (class, &p) in distribution.iter().enumerate() {
        below += f64::from(p) / total;
        if at < below {
            return class;
        }
    }
    // Rounding alone leads here.
    distribution.iter().rposition(|&p| p > 0.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_sees_every_example_once_in_another_order() {
        let mut passes = Passes::new(5, 0, 10);
        let all: Vec<Vec<usize>> = (0..3).map(|e| (0..10).map(|i| passes.at(e * 10 + i)).collect()).collect();
        for pass in &all {
            let mut sorted = pass.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(all[0], all[1]);
        assert_eq!(Passes::new(5, 0, 10).at(23), all[2][3], "a position can be reached without those before it");
    }

    #[test]
    fn draws_below_a_bound_are_even() {
        let mut stream = random::stream(1, "test", &[]);
        let mut counts = [0; 6];
        (0..6000).for_each(|_| counts[below(&mut stream, 6) as usize] += 1);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn each_group_has_its_share_of_every_batch() {
        let groups = [0, 0, 0, 0, 1, 1, 2, 2, 2];
        let mut batches = Batches::new(3, 8, &groups, Some(&[0.5, 0.3, 0.2])).unwrap();
        let mut seen = [0; 9];
        for update in 0..6 {
            let batch = batches.at(update);
            let of = |group| batch.iter().filter(|&&example| groups[example] == group).count();
            assert_eq!([of(0), of(1), of(2)], [4, 2, 2]);
            batch.iter().for_each(|&example| seen[example] += 1);
        }
        assert_eq!(seen, [6, 6, 6, 6, 6, 6, 4, 4, 4], "within a group all are seen equally often");
        assert_eq!(batches.at(2), Batches::new(3, 8, &groups, Some(&[0.5, 0.3, 0.2])).unwrap().at(2));
        let error = |shares: &[f64]| Batches::new(3, 8, &groups, Some(shares)).unwrap_err().to_string();
        assert!(error(&[0.5, 0.6, 0.0]).contains("sum to 1"));
        assert!(error(&[0.99, 0.01, 0.0]).contains("larger batches"));
        assert!(error(&[0.5, 0.0, 0.0, 0.5]).contains("no training example"));
    }

    #[test]
    fn classes_are_drawn_as_often_as_they_are_probable() {
        let mut counts = [0; 3];
        (0..3000).for_each(|place| counts[draw_class(&[0.2, 0.0, 0.8], 1, 7, place)] += 1);
        assert!((500..700).contains(&counts[0]) && counts[1] == 0, "{counts:?}");
        assert_eq!(draw_class(&[0.0, 1.0], 1, 2, 3), 1);
    }
}
