//! Coordinates within layers: each item as near to the middle of its neighbours as the order and the gaps allow.

use super::layers::Net;

/// Rounds of pulling from above and from below.
const ROUNDS: usize = 16;

/// The centre of every item; the leftmost edge is at 0.
pub(super) fn centres(net: &Net, gap: f64) -> Vec<f64> {
    let mut centres = vec![0.0; net.sizes.len()];
    for layer in &net.layers {
        let mut x = 0.0;
        for (place, &item) in layer.iter().enumerate() {
            if place > 0 {
                x += distance(net, layer[place - 1], item, gap);
            }
            centres[item] = x;
        }
        // All layers begin centred above each other.
        let middle = x / 2.0;
        layer.iter().for_each(|&item| centres[item] -= middle);
    }
    for round in 0..ROUNDS {
        let depth = net.layers.len();
        if round % 2 == 0 {
            (1..depth).for_each(|layer| pull(net, &net.layers[layer], &net.above, &mut centres, gap));
        } else {
            (1..depth).rev().for_each(|layer| pull(net, &net.layers[layer - 1], &net.below, &mut centres, gap));
        }
    }
    let left = (0..centres.len()).map(|item| centres[item] - net.sizes[item].width / 2.0).fold(f64::INFINITY, f64::min);
    centres.iter_mut().for_each(|x| *x -= left);
    centres
}

/// How far apart the centres of two neighbours in a layer are at least.
fn distance(net: &Net, left: usize, right: usize, gap: f64) -> f64 {
    (net.sizes[left].width + net.sizes[right].width) / 2.0 + gap
}

/// Moves a layer's items as near as can be, by least squares, to the mean of their neighbours.
///
/// With the needed distances taken off, what is left is to find the nearest rising sequence: neighbours that would stand
/// in each other's way are pooled at their common mean.
fn pull(net: &Net, layer: &[usize], neighbours: &[Vec<usize>], centres: &mut [f64], gap: f64) {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(layer.len());
    // Sum of weighted wishes, sum of weights, and number of items of each pool.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (place, &item) in layer.iter().enumerate() {
        if place > 0 {
            offset += distance(net, layer[place - 1], item, gap);
        }
        offsets.push(offset);
        let near = &neighbours[item];
        let wish = match near.len() {
            0 => centres[item],
            count => near.iter().map(|&other| centres[other]).sum::<f64>() / count as f64,
        };
        // An edge that passes is to be straight more than a box is to stand in the middle; one without neighbours gives way.
        let weight = if near.is_empty() {
            0.1
        } else if net.passes(item) {
            4.0
        } else {
            1.0
        };
        pools.push(((wish - offset) * weight, weight, 1));
        while let [.., before, last] = pools[..]
            && before.0 / before.1 > last.0 / last.1
        {
            pools.pop();
            let end = pools.len() - 1;
            pools[end] = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
        }
    }
    let mut place = 0;
    for (sum, weight, count) in pools {
        for _ in 0..count {
            centres[layer[place]] = sum / weight + offsets[place];
            place += 1;
        }
    }
}
