//! Which clips an update sees, how parameters start, and how grey values are normalised.

use super::cnn_gru::{Network, State};
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
pub(super) struct Passes {
    seed: u64,
    count: u64,
    epoch: Option<u64>,
    order: Vec<usize>,
}

impl Passes {
    /// `count` is at least 1.
    pub fn new(seed: u64, count: usize) -> Passes {
        Passes { seed, count: count as u64, epoch: None, order: Vec::new() }
    }

    /// The example at `position`, counted through all passes.
    pub fn at(&mut self, position: u64) -> usize {
        let epoch = position / self.count;
        if self.epoch != Some(epoch) {
            let mut stream = random::stream(self.seed, "order", &[epoch]);
            self.order = (0..self.count as usize).collect();
            for last in (1..self.order.len()).rev() {
                self.order.swap(last, below(&mut stream, last as u64 + 1) as usize);
            }
            self.epoch = Some(epoch);
        }
        self.order[(position % self.count) as usize]
    }
}

/// The state before the first update. Convolutions: uniform within ±√(6 / fan in) (He et al. 2015); normalisation:
/// weight 1, bias 0; recurrent unit and head: uniform within ±1/√hidden, as PyTorch does.
pub(super) fn initial_state(network: &Network, seed: u64) -> State {
    let draw = |part: u64, len: usize, bound: f64| -> Vec<f32> {
        let mut stream = random::stream(seed, "initialisation", &[part]);
        let unit = |bits: u32| f64::from(bits) / f64::from(u32::MAX) * 2.0 - 1.0;
        (0..len).map(|_| (bound * unit(stream.next_u32())) as f32).collect()
    };
    let mut conv = Vec::with_capacity(network.conv.parameters());
    for (index, block) in network.conv.blocks.iter().enumerate() {
        conv.extend(draw(2 + index as u64, block.weights(), (6.0 / (9 * block.cin) as f64).sqrt()));
        conv.extend(std::iter::repeat_n(1.0, block.cout));
        conv.extend(std::iter::repeat_n(0.0, block.cout));
    }
    let bound = 1.0 / (network.gru.hidden as f64).sqrt();
    State {
        conv,
        running: network.running(),
        gru: draw(0, network.gru.parameters(), bound),
        head: draw(1, network.head.parameters(), bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_sees_every_example_once_in_another_order() {
        let mut passes = Passes::new(5, 10);
        let all: Vec<Vec<usize>> = (0..3).map(|e| (0..10).map(|i| passes.at(e * 10 + i)).collect()).collect();
        for pass in &all {
            let mut sorted = pass.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(all[0], all[1]);
        assert_eq!(Passes::new(5, 10).at(23), all[2][3], "a position can be reached without those before it");
    }

    #[test]
    fn draws_below_a_bound_are_even() {
        let mut stream = random::stream(1, "test", &[]);
        let mut counts = [0; 6];
        (0..6000).for_each(|_| counts[below(&mut stream, 6) as usize] += 1);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
