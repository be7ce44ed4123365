//! Units that walk over the frames of a clip, forwards or both ways.

use super::composed::Unit;
use super::gates::Told;
use super::lanes::Level;
use super::network::{Tensor, numbers};
use std::rc::Rc;

/// Features of frames, `[clip][frame][inputs]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames<'a> {
    pub values: &'a [f32],
    pub clips: usize,
    pub frames: usize,
}

impl Frames<'_> {
    /// The same with each clip's frames in reverse.
    fn reversed(self) -> Vec<f32> {
        reversed(self.values, self.clips, self.frames)
    }
}

fn reversed(values: &[f32], clips: usize, frames: usize) -> Vec<f32> {
    let width = values.len() / (clips * frames).max(1);
    let mut out = Vec::with_capacity(values.len());
    for clip in values.chunks_exact(frames * width) {
        clip.chunks_exact(width).rev().for_each(|frame| out.extend_from_slice(frame));
    }
    out
}

/// A recurrent unit.
pub(super) trait Recurrence: std::fmt::Debug {
    /// Numbers it makes of each frame.
    fn outputs(&self) -> usize;
    /// Its parameters, each name followed by `suffix`.
    fn tensors(&self, suffix: &str) -> Vec<Tensor>;
    /// What it is, by its sizes.
    fn unit(&self) -> Unit;
    /// The states `[clip][frame][outputs]`, and what the way back needs.
    fn forward(&self, parameters: &[f32], inputs: Frames<'_>, level: Level) -> (Vec<f32>, Box<dyn Memory>);
}

/// What a forward pass leaves for the backward pass.
pub(super) trait Memory {
    /// Adds the gradients of inputs and parameters, given that of the states.
    fn backward(&self, parameters: &[f32], inputs: Frames<'_>, states: &[f32], told: Told<'_>, level: Level);
}

/// Two units of the same sizes, one from the first frame to the last and one back; their states side by side (Schuster &
/// Paliwal 1997). Parameters of the second follow those of the first, as PyTorch's `…_reverse`.
#[derive(Debug)]
struct Bidirectional(Box<dyn Recurrence>);

impl Recurrence for Bidirectional {
    fn outputs(&self) -> usize {
        2 * self.0.outputs()
    }

    fn unit(&self) -> Unit {
        Unit::BothWays(Box::new(self.0.unit()))
    }

    fn tensors(&self, suffix: &str) -> Vec<Tensor> {
        let mut tensors = self.0.tensors(suffix);
        tensors.extend(self.0.tensors("_reverse"));
        tensors
    }

    fn forward(&self, parameters: &[f32], inputs: Frames<'_>, level: Level) -> (Vec<f32>, Box<dyn Memory>) {
        let (ahead, back) = parameters.split_at(numbers(&self.0.tensors("")));
        let turned = inputs.reversed();
        let (first, forth) = self.0.forward(ahead, inputs, level);
        let (second, back) = self.0.forward(back, Frames { values: &turned, ..inputs }, level);
        let second = reversed(&second, inputs.clips, inputs.frames);
        let half = self.0.outputs();
        let mut states = Vec::with_capacity(2 * first.len());
        for (first, second) in first.chunks_exact(half).zip(second.chunks_exact(half)) {
            states.extend_from_slice(first);
            states.extend_from_slice(second);
        }
        (states, Box::new(BothWays { half, forth, back, turned }))
    }
}

/// A unit as it is, or both ways.
pub(super) fn either_way(unit: Box<dyn Recurrence>, bidirectional: bool) -> Rc<dyn Recurrence> {
    if bidirectional { Rc::new(Bidirectional(unit)) } else { Rc::from(unit) }
}

struct BothWays {
    half: usize,
    forth: Box<dyn Memory>,
    back: Box<dyn Memory>,
    turned: Vec<f32>,
}

impl Memory for BothWays {
    fn backward(&self, parameters: &[f32], inputs: Frames<'_>, states: &[f32], told: Told<'_>, level: Level) {
        let side = |from: usize| -> Vec<f32> {
            states.chunks_exact(2 * self.half).flat_map(|both| both[from..from + self.half].iter().copied()).collect()
        };
        let middle = parameters.len() / 2;
        let (ahead, back) = parameters.split_at(middle);
        let (first, second) = told.parameters.split_at_mut(middle);
        self.forth.backward(ahead, inputs, &side(0), Told { inputs: told.inputs, parameters: first }, level);
        let states = reversed(&side(self.half), inputs.clips, inputs.frames);
        let mut turned = vec![0.0; self.turned.len()];
        let from = Frames { values: &self.turned, ..inputs };
        self.back.backward(back, from, &states, Told { inputs: &mut turned, parameters: second }, level);
        let turned = reversed(&turned, inputs.clips, inputs.frames);
        told.inputs.iter_mut().zip(turned).for_each(|(sum, value)| *sum += value);
    }
}
