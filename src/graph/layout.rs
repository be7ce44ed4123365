//! Where boxes stand: in layers, each below all it reads, ordered so that few edges cross.
//!
//! The steps are Sugiyama's: layers by longest paths, places within a layer by barycentres, and coordinates that pull boxes
//! above and below what they are connected with. An edge over several layers gets a place in each, so that no edge runs
//! through a box.

mod columns;
mod layers;
mod order;

use layers::Net;

/// Width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A box by its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// The middle between left and right.
    pub fn centre(&self) -> f64 {
        self.x + self.width / 2.0
    }

    /// The lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// A point of the plane; y grows downwards.
pub type Point = (f64, f64);

/// Boxes and edges with their places.
#[derive(Debug)]
pub struct Layout {
    /// One rectangle a box.
    pub boxes: Vec<Rect>,
    /// One route an edge: from the lower edge of a box through the layers between to the upper edge of another. Points
    /// one and two, three and four … lie above each other, within a layer; an edge goes straight between them, and bends
    /// from layer to layer.
    pub routes: Vec<Vec<Point>>,
    /// How large all is.
    pub size: Size,
}

/// Between two boxes of a layer.
const GAP: f64 = 26.0;
/// Between two layers.
const BETWEEN: f64 = 46.0;
/// Between two edges at one side of a box, at most.
const PORT: f64 = 16.0;

/// Places boxes of the given sizes. `edges` go from what is read to what reads it.
pub fn place(sizes: &[Size], edges: &[(usize, usize)]) -> Layout {
    let mut net = Net::new(sizes, edges);
    order::untangle(&mut net);
    let centres = columns::centres(&net, GAP);
    let heights = net.layers.iter().map(|layer| layer.iter().map(|&item| net.sizes[item].height).fold(0.0, f64::max));
    let mut tops = Vec::new();
    let mut y = 0.0;
    for height in heights {
        tops.push((y, height));
        y += height + BETWEEN;
    }
    let mut rects: Vec<Rect> = vec![Rect { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }; net.sizes.len()];
    for (layer, (top, height)) in net.layers.iter().zip(&tops) {
        for &item in layer {
            let size = net.sizes[item];
            // A passing edge takes the layer's whole height; a box stands in the middle of it.
            let own = if item < sizes.len() { size.height } else { *height };
            let (x, y) = (centres[item] - size.width / 2.0, top + (height - own) / 2.0);
            rects[item] = Rect { x, y, width: size.width, height: own };
        }
    }
    let mut bands = vec![(0.0, 0.0); rects.len()];
    for (layer, (top, height)) in net.layers.iter().zip(&tops) {
        layer.iter().for_each(|&item| bands[item] = (*top, top + height));
    }
    let routes = routes(&net, &rects, &bands);
    let width = rects.iter().map(|rect| rect.x + rect.width).fold(0.0, f64::max);
    let height = (y - BETWEEN).max(0.0);
    rects.truncate(sizes.len());
    Layout { boxes: rects, routes, size: Size { width, height } }
}

/// `bands` are the upper and lower edge of the layer that an item stands in.
fn routes(net: &Net, rects: &[Rect], bands: &[(f64, f64)]) -> Vec<Vec<Point>> {
    let leaves = spread(net, rects, |chain| (chain[0], chain[1]));
    let arrives = spread(net, rects, |chain| (chain[chain.len() - 1], chain[chain.len() - 2]));
    let mut routes = Vec::with_capacity(net.chains.len());
    for (edge, chain) in net.chains.iter().enumerate() {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let mut route = vec![(leaves[edge], rects[first].bottom()), (leaves[edge], bands[first].1)];
        for &item in &chain[1..chain.len() - 1] {
            let rect = &rects[item];
            route.extend([(rect.centre(), rect.y), (rect.centre(), rect.bottom())]);
        }
        route.extend([(arrives[edge], bands[last].0), (arrives[edge], rects[last].y)]);
        if net.flipped[edge] {
            route.reverse();
        }
        routes.push(route);
    }
    routes
}

/// Where each edge touches its box: side by side, in the order of what it goes to.
fn spread(net: &Net, rects: &[Rect], ends: impl Fn(&[usize]) -> (usize, usize)) -> Vec<f64> {
    let mut found = vec![0.0; net.chains.len()];
    let mut at_box: Vec<Vec<(usize, usize)>> = vec![Vec::new(); rects.len()];
    for (edge, chain) in net.chains.iter().enumerate() {
        let (own, other) = ends(chain);
        at_box[own].push((other, edge));
    }
    for (own, edges) in at_box.iter_mut().enumerate() {
        edges.sort_by(|a, b| rects[a.0].centre().total_cmp(&rects[b.0].centre()).then(a.1.cmp(&b.1)));
        let count = edges.len() as f64;
        let step = PORT.min(rects[own].width * 0.7 / count);
        for (place, (_, edge)) in edges.iter().enumerate() {
            found[*edge] = rects[own].centre() + (place as f64 - (count - 1.0) / 2.0) * step;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlaps(a: &Rect, b: &Rect) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.bottom() && b.y < a.bottom()
    }

    /// Boxes of several sizes; each reads some of those before it, drawn by a small generator.
    fn random(boxes: usize, seed: u64) -> (Vec<Size>, Vec<(usize, usize)>) {
        let mut state = seed;
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let sizes: Vec<Size> =
            (0..boxes).map(|_| Size { width: 60.0 + draw(120) as f64, height: 30.0 + draw(60) as f64 }).collect();
        let mut edges = Vec::new();
        for to in 1..boxes {
            for _ in 0..=draw(3) {
                edges.push((draw(to), to));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        (sizes, edges)
    }

    #[test]
    fn no_boxes_overlap_and_all_lie_on_the_paper() {
        for seed in 0..40 {
            let (sizes, edges) = random(5 + seed as usize, seed);
            let layout = place(&sizes, &edges);
            for (index, one) in layout.boxes.iter().enumerate() {
                assert!(one.x >= -1e-6 && one.x + one.width <= layout.size.width + 1e-6, "{one:?}");
                assert!(one.y >= -1e-6 && one.bottom() <= layout.size.height + 1e-6, "{one:?}");
                for other in &layout.boxes[..index] {
                    assert!(!overlaps(one, other), "seed {seed}: {one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn edges_go_downward_and_through_no_box() {
        for seed in 0..40 {
            let (sizes, edges) = random(5 + seed as usize, seed);
            let layout = place(&sizes, &edges);
            for ((from, to), route) in edges.iter().zip(&layout.routes) {
                let (begin, end) = (route[0], route[route.len() - 1]);
                assert!(route.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{route:?}");
                assert!((begin.1 - layout.boxes[*from].bottom()).abs() < 1e-9, "{route:?}");
                assert!((end.1 - layout.boxes[*to].y).abs() < 1e-9, "{route:?}");
                for straight in route.chunks(2) {
                    let line =
                        Rect { x: straight[0].0, y: straight[0].1, width: 0.0, height: straight[1].1 - straight[0].1 };
                    assert!(!layout.boxes.iter().any(|rect| overlaps(rect, &line)), "seed {seed}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn a_circle_of_stages_is_drawn_all_the_same() {
        let size = Size { width: 10.0, height: 10.0 };
        let layout = place(&[size; 3], &[(0, 1), (1, 0), (1, 2), (2, 2)]);
        assert_eq!(layout.routes.len(), 4);
        let up = &layout.routes[1];
        assert!(up[0].1 > up[up.len() - 1].1, "the edge that closes the circle goes up: {up:?}");
    }

    #[test]
    fn nothing_is_placed_on_no_paper() {
        let layout = place(&[], &[]);
        assert_eq!(layout.size, Size { width: 0.0, height: 0.0 });
    }
}
