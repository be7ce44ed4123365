//! What a training step on the list works in.

use super::{Layer, LayerList, gradients};
use crate::model::lanes::blocks;

impl LayerList {
    /// Bytes that a training step on one image works in.
    pub fn workspace(&self) -> u64 {
        let kept = |(at, layer): (usize, &Layer)| layer.stored() + self.pooled(at);
        let kept: usize = self.layers.iter().enumerate().map(kept).sum();
        (64 * (kept + gradients::extent(self)) + 4 * self.layers[0].plane.area()) as u64
    }

    /// Pixels of an image that are kept of what a layer puts out, pooled, where a layer reads that.
    pub(super) fn pooled(&self, at: usize) -> usize {
        let layer = &self.layers[at];
        if self.is_pooled(at) { blocks(layer.cout) * layer.put().pooled().area() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_count_while_they_are_there_and_pooled_values_where_they_are_read() {
        let list = LayerList::of_two_levels();
        // Layers of 64, 64, 32, 32, 64 and 64 pixels of sixteen channels, and layer 1 pooled.
        let kept = 64 + 64 + 32 + 32 + 64 + 64 + 16;
        // The most gradients at a time, at layer 4: its own, and those of layers 3 and 1.
        let told = 64 + 32 + 64;
        assert_eq!(list.workspace(), 64 * (kept + told) + 4 * 64);
    }
}
