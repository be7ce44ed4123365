//! Room for the gradients of what layers put out. Layers share it whose gradients are never there at the same time.
//!
//! ```text
//! the way back ─▶   6   5   4   3   2   1   0
//! gradient of 6     ████                            begins with the last of its readers,
//!             5     ████████                        ends with the layer itself
//!             1     ████████████████████████
//!             4         ████████
//!             3             ████████
//! ```
//!
//! The room is made once and kept: memory that is handed back and asked for again is cleared by the system each time.

use super::LayerList;
use super::backward::targets_of;
use crate::model::lanes::Pixel;
use std::ops::Range;

/// The gradients of a batch.
#[derive(Debug, Default)]
pub(super) struct Gradients {
    /// Where each layer's lies.
    places: Vec<Range<usize>>,
    /// Whether something was told to each layer in this pass.
    told: Vec<bool>,
    pixels: Vec<Pixel>,
}

/// The gradient of a layer that is read, to be added to, or set where nothing was told before.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub layer: usize,
    pub pixels: &'a mut [Pixel],
    pub is_first: bool,
}

impl Gradients {
    /// Begins the way back of so many images.
    pub(super) fn begin(&mut self, list: &LayerList, images: usize) {
        let (places, extent) = places(list);
        self.places = places.into_iter().map(|place| images * place.start..images * place.end).collect();
        self.told = vec![false; list.layers.len()];
        self.pixels.resize(images * extent, Pixel::ZERO);
    }

    /// The gradient of the last layer, to be set.
    pub(super) fn last(&mut self) -> &mut [Pixel] {
        let Some((place, told)) = self.places.last().zip(self.told.last_mut()) else { return &mut [] };
        *told = true;
        &mut self.pixels[place.clone()]
    }

    /// What a layer was told.
    pub(super) fn of(&self, layer: usize) -> &[Pixel] {
        &self.pixels[self.places[layer].clone()]
    }

    /// What a layer was told, and the gradients of the layers that it reads.
    pub(super) fn around(&mut self, layer: usize, targets: &[usize]) -> (&[Pixel], Vec<Target<'_>>) {
        let place = |layer: usize| self.places[layer].clone();
        // Of layers whose gradients are there at the same time, no two share a place.
        let disjoint = "places are disjoint";
        let (own, found) = match *targets {
            [] => (&mut self.pixels[place(layer)], Vec::new()),
            [one] => {
                let found = self.pixels.get_disjoint_mut([place(layer), place(one)]);
                let [own, one] = found.expect(disjoint);
                (own, vec![one])
            }
            [one, other] => {
                let found = self.pixels.get_disjoint_mut([place(layer), place(one), place(other)]);
                let [own, one, other] = found.expect(disjoint);
                (own, vec![one, other])
            }
            _ => unreachable!("a layer reads two others at most"),
        };
        let told = &mut self.told;
        let target = |(pixels, &layer): (_, &usize)| {
            let is_first = !std::mem::replace(&mut told[layer], true);
            Target { layer, pixels, is_first }
        };
        (own, found.into_iter().zip(targets).map(target).collect())
    }
}

/// How many pixels of an image the gradients take.
pub(super) fn extent(list: &LayerList) -> usize {
    places(list).1
}

/// A place for each layer, of one image, and how many pixels all of them take together: the largest first, each as near
/// to the beginning as those allow that are there at the same time.
fn places(list: &LayerList) -> (Vec<Range<usize>>, usize) {
    let mut begins: Vec<usize> = (0..list.layers.len()).collect();
    for (reader, layer) in list.layers.iter().enumerate() {
        targets_of(layer.source).for_each(|target| begins[target] = begins[target].max(reader));
    }
    let mut order: Vec<usize> = (0..list.layers.len()).collect();
    order.sort_by_key(|layer| (std::cmp::Reverse(list.layers[*layer].stored()), *layer));
    let mut places: Vec<Range<usize>> = vec![0..0; list.layers.len()];
    let mut placed: Vec<usize> = Vec::new();
    for layer in order {
        // From the last of its readers down to itself.
        let meets = |other: &&usize| **other <= begins[layer] && layer <= begins[**other];
        let mut taken: Vec<Range<usize>> = placed.iter().filter(meets).map(|other| places[*other].clone()).collect();
        taken.sort_by_key(|taken| taken.start);
        let size = list.layers[layer].stored();
        let mut start = 0;
        for taken in taken {
            if start + size <= taken.start {
                break;
            }
            start = start.max(taken.end);
        }
        places[layer] = start..start + size;
        placed.push(layer);
    }
    let extent = places.iter().map(|place| place.end).max().unwrap_or(0);
    (places, extent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_that_meet_are_apart_and_others_share() {
        let (places, extent) = places(&LayerList::of_two_levels());
        // 5 with 4; 4 with 3 and 1; 3 with 2 and 1; 2 with 1; 1 with 0. The most at a time: 64 + 32 + 64.
        assert_eq!(extent, 160);
        for (one, other) in [(5, 4), (4, 3), (4, 1), (3, 1), (3, 2), (2, 1), (1, 0)] {
            let (one, other) = (&places[one], &places[other]);
            assert!(one.end <= other.start || other.end <= one.start, "{places:?}");
        }
    }

    #[test]
    fn only_the_first_that_tells_a_layer_finds_it_untold() {
        let list = LayerList::of_two_levels();
        let mut gradients = Gradients::default();
        for _ in 0..2 {
            gradients.begin(&list, 3);
            assert_eq!(gradients.last().len(), 3 * 64);
            let is_first = |gradients: &mut Gradients, layer, targets: &[usize]| {
                let (own, targets) = gradients.around(layer, targets);
                assert_eq!(own.len(), 3 * list.layers[layer].stored());
                targets.iter().map(|target| target.is_first).collect::<Vec<_>>()
            };
            assert_eq!(is_first(&mut gradients, 5, &[4]), [true]);
            assert_eq!(is_first(&mut gradients, 4, &[3, 1]), [true, true]);
            assert_eq!(is_first(&mut gradients, 3, &[2]), [true]);
            assert_eq!(is_first(&mut gradients, 2, &[1]), [false]);
            assert!(is_first(&mut gradients, 0, &[]).is_empty());
        }
    }
}
