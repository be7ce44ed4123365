//! Which layer each box stands in, and a place in every layer that an edge passes.

use super::Size;

/// Width that a passing edge keeps free.
const PASSING: f64 = 12.0;

/// Boxes and passing edges in layers. Items below the number of boxes are boxes, the others are where an edge passes.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) sizes: Vec<Size>,
    /// The items of each layer, from left to right.
    pub(super) layers: Vec<Vec<usize>>,
    /// What each item is connected with in the layer above.
    pub(super) above: Vec<Vec<usize>>,
    /// What each item is connected with in the layer below.
    pub(super) below: Vec<Vec<usize>>,
    /// The items of each edge, downward.
    pub(super) chains: Vec<Vec<usize>>,
    /// Whether an edge goes against its chain: it closes a circle, or leads back to its own box.
    pub(super) flipped: Vec<bool>,
}

impl Net {
    pub(super) fn new(sizes: &[Size], edges: &[(usize, usize)]) -> Self {
        let flipped = against(sizes.len(), edges);
        let down: Vec<(usize, usize)> =
            edges.iter().zip(&flipped).map(|(&(from, to), flip)| if *flip { (to, from) } else { (from, to) }).collect();
        let depth = depths(sizes.len(), &down);
        let mut net = Self {
            sizes: sizes.to_vec(),
            layers: vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)],
            above: vec![Vec::new(); sizes.len()],
            below: vec![Vec::new(); sizes.len()],
            chains: Vec::new(),
            flipped,
        };
        for (item, depth) in depth.iter().enumerate() {
            net.layers[*depth].push(item);
        }
        for (from, to) in down {
            let mut chain = vec![from];
            for layer in depth[from] + 1..depth[to].max(depth[from] + 1) {
                let item = net.sizes.len();
                net.sizes.push(Size { width: PASSING, height: 0.0 });
                net.above.push(Vec::new());
                net.below.push(Vec::new());
                net.layers[layer].push(item);
                chain.push(item);
            }
            chain.push(to);
            for pair in chain.windows(2).filter(|pair| pair[0] != pair[1]) {
                net.below[pair[0]].push(pair[1]);
                net.above[pair[1]].push(pair[0]);
            }
            net.chains.push(chain);
        }
        net
    }

    /// Whether an item is a passing edge.
    pub(super) fn passes(&self, item: usize) -> bool {
        self.sizes[item].width <= PASSING && self.sizes[item].height == 0.0
    }
}

/// The edges that lead back to a box on the way to which they were found.
fn against(boxes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        OnTheWay,
        Done,
    }
    let mut flipped = vec![false; edges.len()];
    let mut seen = vec![Seen::Not; boxes];
    for root in 0..boxes {
        if seen[root] != Seen::Not {
            continue;
        }
        seen[root] = Seen::OnTheWay;
        let mut way = vec![(root, 0)];
        while let Some((at, next)) = way.last_mut() {
            let found = edges.iter().enumerate().skip(*next).find(|(_, edge)| edge.0 == *at);
            let Some((edge, &(_, to))) = found else {
                seen[*at] = Seen::Done;
                way.pop();
                continue;
            };
            *next = edge + 1;
            match seen[to] {
                Seen::OnTheWay => flipped[edge] = true,
                Seen::Done => {}
                Seen::Not => {
                    seen[to] = Seen::OnTheWay;
                    way.push((to, 0));
                }
            }
        }
    }
    flipped
}

/// The longest path to each box; what reads nothing stands right above the first that reads it.
fn depths(boxes: usize, down: &[(usize, usize)]) -> Vec<usize> {
    let mut depth = vec![0; boxes];
    // As many rounds as the longest path has edges; each box is settled when all above it are.
    loop {
        let mut changed = false;
        for &(from, to) in down.iter().filter(|(from, to)| from != to) {
            if depth[to] <= depth[from] {
                depth[to] = depth[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for item in 0..boxes {
        let reads = down.iter().any(|(from, to)| *to == item && from != to);
        let first = down.iter().filter(|(from, to)| *from == item && from != to).map(|(_, to)| depth[*to]).min();
        if let (false, Some(first)) = (reads, first) {
            depth[item] = first - 1;
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_longest_paths_and_long_edges_pass_between() {
        let size = Size { width: 20.0, height: 20.0 };
        let net = Net::new(&[size; 5], &[(0, 1), (1, 2), (0, 2), (2, 3), (4, 3)]);
        assert_eq!(net.layers, [vec![0], vec![1, 5], vec![2, 4], vec![3]]);
        assert_eq!(net.chains[2], [0, 5, 2]);
        assert!(net.passes(5) && !net.passes(4));
    }
}
