//! The order within layers: each item near the middle of what it is connected with, so that few edges cross.

use super::layers::Net;

/// Sweeps down and up; small graphs settle in a handful.
const SWEEPS: usize = 24;

/// Reorders every layer.
pub(super) fn untangle(net: &mut Net) {
    let mut best = net.layers.clone();
    let mut fewest = crossings(net, &best);
    let mut layers = best.clone();
    for sweep in 0..SWEEPS {
        let depth = layers.len();
        if sweep % 2 == 0 {
            (1..depth).for_each(|layer| arrange(&mut layers, layer, layer - 1, &net.above, sweep));
        } else {
            (1..depth).rev().for_each(|layer| arrange(&mut layers, layer - 1, layer, &net.below, sweep));
        }
        let count = crossings(net, &layers);
        if count < fewest {
            fewest = count;
            best.clone_from(&layers);
        }
    }
    net.layers = best;
}

/// Sorts a layer by the mean place of each item's neighbours in a fixed layer; an item without any keeps its place.
fn arrange(layers: &mut [Vec<usize>], layer: usize, fixed: usize, neighbours: &[Vec<usize>], sweep: usize) {
    let place_of = places(&layers[fixed], neighbours.len());
    // Places are compared as shares of a layer, so that items with neighbours and items without mix well.
    let share = |place: usize, of: usize| (place as f64 + 0.5) / of as f64;
    let (count, fixed_count) = (layers[layer].len(), layers[fixed].len());
    let mut keyed: Vec<(f64, usize)> = layers[layer]
        .iter()
        .enumerate()
        .map(|(place, &item)| {
            let near = &neighbours[item];
            let sum: f64 = near.iter().map(|&other| share(place_of[other], fixed_count)).sum();
            let key = if near.is_empty() { share(place, count) } else { sum / near.len() as f64 };
            (key, item)
        })
        .collect();
    // Every other time equals change their order, which frees sweeps that are stuck.
    if sweep % 4 >= 2 {
        keyed.reverse();
    }
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers[layer] = keyed.into_iter().map(|(_, item)| item).collect();
}

fn places(layer: &[usize], items: usize) -> Vec<usize> {
    let mut places = vec![0; items];
    for (place, &item) in layer.iter().enumerate() {
        places[item] = place;
    }
    places
}

/// How many pairs of edges between neighbouring layers cross.
fn crossings(net: &Net, layers: &[Vec<usize>]) -> usize {
    let between = |upper: &[usize], lower: &[usize]| {
        let place_of = places(lower, net.sizes.len());
        let mut ends: Vec<(usize, usize)> = Vec::new();
        for (place, &item) in upper.iter().enumerate() {
            ends.extend(net.below[item].iter().map(|&below| (place, place_of[below])));
        }
        let later = |index: usize| ends[index + 1..].iter();
        ends.iter()
            .enumerate()
            .map(|(index, (from, to))| later(index).filter(|(other, end)| other > from && end < to).count())
            .sum::<usize>()
    };
    layers.windows(2).map(|pair| between(&pair[0], &pair[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::layout::Size;

    #[test]
    fn crossings_that_need_not_be_are_gone() {
        let size = Size { width: 20.0, height: 20.0 };
        // Two chains that stand crosswise in the order of the file.
        let mut net = Net::new(&[size; 6], &[(0, 3), (1, 2), (2, 5), (3, 4)]);
        assert_eq!(crossings(&net, &net.layers), 2);
        untangle(&mut net);
        assert_eq!(crossings(&net, &net.layers), 0);
    }
}
