//! Room to work in, made once and used for every update.

use super::Block;
use crate::model::conv::Input;
use crate::model::lanes::{Level, Pixel, blocks};
use crate::model::norm::{Activate, Coefficients, Sums};

/// Groups a batch is divided into, whatever the number of threads; each has its own weight gradient.
const GROUPS: usize = 16;

/// Images in a group, the last perhaps excepted.
pub(super) fn group_size(images: usize) -> usize {
    images.div_ceil(GROUPS).max(1)
}

/// What a forward pass leaves for the backward pass, and room to work in; made once and used again.
#[derive(Debug, Default)]
pub(in crate::model) struct Workspace {
    pub(super) images: usize,
    pub(super) source: Vec<f32>,
    pub(super) layers: Vec<Layer>,
    pub(super) groups: Vec<Group>,
}

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) z: Vec<Pixel>,
    pub(super) pooled: Vec<Pixel>,
    pub(super) gradient: Vec<Pixel>,
    pub(super) weights: Vec<Pixel>,
    pub(super) turned: Vec<Pixel>,
    pub(super) norm: Vec<Coefficients>,
    /// One row of blocks for each image.
    pub(super) sums: Vec<Sums>,
    pub(super) mean: Vec<f64>,
    pub(super) variance: Vec<f64>,
}

#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) grey: Vec<f32>,
    pub(super) input: Vec<Pixel>,
    pub(super) output: Vec<Pixel>,
    pub(super) weights: Vec<Pixel>,
}

/// Makes `buffer` exactly so long and all zero.
pub(super) fn clear<T: Copy>(buffer: &mut Vec<T>, len: usize, zero: T) {
    buffer.clear();
    buffer.resize(len, zero);
}

impl Workspace {
    /// Makes room for so many images.
    pub fn prepare(&mut self, net: &[Block], images: usize) {
        if self.images == images && self.layers.len() == net.len() {
            return;
        }
        self.images = images;
        self.layers = net
            .iter()
            .map(|block| {
                let count = blocks(block.cout);
                let small = images * count * block.plane.pooled().area();
                Layer {
                    z: vec![Pixel::ZERO; images * count * block.plane.area()],
                    pooled: vec![Pixel::ZERO; small],
                    gradient: Vec::new(),
                    weights: Vec::new(),
                    turned: Vec::new(),
                    norm: vec![Coefficients::ZERO; count],
                    sums: vec![Sums::ZERO; images * count],
                    mean: vec![0.0; block.cout],
                    variance: vec![0.0; block.cout],
                }
            })
            .collect();

        self.groups = (0..images.div_ceil(group_size(images))).map(|_| Group::default()).collect();
    }
}

impl Group {
    /// Makes room for a block's input, with a halo of zeros.
    pub fn clear_input(&mut self, block: &Block, blocked: bool) {
        if blocked {
            clear(&mut self.input, blocks(block.cin) * block.plane.haloed(), Pixel::ZERO);
        } else {
            clear(&mut self.grey, block.plane.haloed(), 0.0);
        }
    }

    /// Makes a block's input for one image: the image itself or the previous block's activation.
    pub fn fill_input(
        &mut self,
        block: &Block,
        previous: Option<&Layer>,
        source: &[f32],
        image: usize,
        level: Level,
    ) -> Input<'_> {
        let plane = block.plane;
        match previous {
            None => {
                let rows = source[image * plane.area()..][..plane.area()].chunks_exact(plane.width);
                for (row, out) in rows.zip(self.grey[plane.above()..].chunks_mut(plane.stride())) {
                    out[plane.halo..][..plane.width].copy_from_slice(row);
                }
                Input::Grey(&self.grey)
            }
            Some(layer) => {
                let size = blocks(block.cin) * plane.area();
                let pooled = &layer.pooled[image * size..][..size];
                level.run(Activate { plane, pooled, norm: &layer.norm, output: &mut self.input });
                Input::Blocked(&self.input)
            }
        }
    }
}
