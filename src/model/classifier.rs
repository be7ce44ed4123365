//! Clip classifiers: a net that makes numbers of frames, perhaps a recurrent unit over frames, and one row of logits.
//!
//! ```text
//! frames ──Features─▶ features ──Recurrence──▶ states ──Mean/Attention──▶ clip ──dropout, Linear──▶ logits
//!                         └──────────────Linear──▶ logits of frames ──Severest──▶ logits
//! ```

use super::composed::{Clips, Form};
use super::conv::Plane;
use super::convnet::ConvNet;
use super::device::{Traced, apply, apply_with, values};
use super::down::Down;
use super::features::Features;
use super::gates::Told;
use super::head::{Linear, dropout};
use super::layers::Averaged;
use super::network::{Network, State, Step, Tensor, Trainable};
use super::pooling::{Attention, mean, mean_backward, severest};
use super::recurrence::{Frames, Recurrence};
use super::workers::Workers;
use super::{ClipShape, ModelError};
use std::cell::RefCell;
use std::rc::Rc;

/// How frames become a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    Attention(Attention),
    /// The frame that looks worst speaks for the clip.
    Severest,
}

/// A classifier of clips of one shape. Parts in this order: features, recurrent unit, head, attention.
#[derive(Debug)]
pub(super) struct Classifier<F: Features> {
    features: Rc<F>,
    recurrence: Option<Rc<dyn Recurrence>>,
    pooling: Pooling,
    head: Linear,
    dropout: f64,
    frames: usize,
    /// Made once and used again.
    spaces: Rc<RefCell<Vec<F::Space>>>,
}

/// What a classifier with convolutions on each frame is built of.
#[derive(Debug)]
pub(super) struct Build<'a> {
    pub channels: &'a [usize],
    /// Rows and columns of the convolutions.
    pub kernel: usize,
    pub down: Down,
    pub shape: ClipShape,
    pub classes: usize,
    pub dropout: f64,
}

/// `over` is handed the number of features of a frame.
pub(super) fn of_blocks(
    build: &Build<'_>,
    over: impl FnOnce(usize) -> (Option<Rc<dyn Recurrence>>, Pooling),
) -> Rc<dyn Trainable> {
    let plane = Plane::new(build.shape.height, build.shape.width, build.kernel);
    match build.down {
        // The chain, which is made for this, keeps less.
        Down::Max => Rc::new(Classifier::new(ConvNet::new(build.channels, plane), build, over)),
        down => Rc::new(Classifier::new(Averaged::blocks(build.channels, plane, down), build, over)),
    }
}

impl<F: Features> Classifier<F> {
    fn new(features: F, build: &Build<'_>, over: impl FnOnce(usize) -> (Option<Rc<dyn Recurrence>>, Pooling)) -> Self {
        let (recurrence, pooling) = over(features.width());
        let inputs = recurrence.as_ref().map_or(features.width(), |recurrence| recurrence.outputs());
        let head = Linear { inputs, outputs: build.classes };
        Classifier::over(features, build.shape.frames, recurrence, pooling, head, build.dropout)
    }

    /// Of a net for clips of so many frames.
    pub fn over(
        features: F,
        frames: usize,
        recurrence: Option<Rc<dyn Recurrence>>,
        pooling: Pooling,
        head: Linear,
        dropout: f64,
    ) -> Self {
        Classifier { features: Rc::new(features), recurrence, pooling, head, dropout, frames, spaces: Rc::default() }
    }

    /// Where the parts stand among the parameters: head and attention.
    fn places(&self) -> (usize, usize) {
        let head = 1 + usize::from(self.recurrence.is_some());
        (head, head + 1)
    }

    /// Features `[clip · frame][channel]` of grey values `[clip][frame][y][x]`.
    fn see(&self, step: &mut Step<'_>, source: Vec<f32>) -> Traced<(usize, usize)> {
        let (net, workers, spaces) = (self.features.clone(), step.workers.clone(), self.spaces.clone());
        let mut space = spaces.borrow_mut().pop().unwrap_or_default();
        let parameters = super::device::traced(step.parameters[0]);
        let weights = values(&parameters);
        let features = net.forward(&weights, step.running, true, source, &mut space, &workers);
        net.follow(&space, step.running);
        let shape = (features.len() / net.width(), net.width());
        apply(parameters, features, shape, move |told, gradient| {
            net.backward(&weights, told, &mut space, gradient, &workers);
            spaces.borrow_mut().push(space);
        })
    }

    /// States `[clip · frame][unit]` over features `[clip · frame][channel]`.
    fn recur(
        &self,
        recurrence: &Rc<dyn Recurrence>,
        step: &Step<'_>,
        features: Traced<(usize, usize)>,
    ) -> Traced<(usize, usize)> {
        let (frames, level, parameters) = (self.frames, step.workers.level, step.parameters[1]);
        let (inputs, weights) = (values(&features), values(parameters));
        let clips = inputs.len() / (frames * self.features.width());
        let (states, memory) = recurrence.forward(&weights, Frames { values: &inputs, clips, frames }, level);
        let shape = (clips * frames, recurrence.outputs());
        apply_with(features, parameters, states, shape, move |told, input_gradient, gradient| {
            let told_to = Told { inputs: input_gradient, parameters: gradient };
            memory.backward(&weights, Frames { values: &inputs, clips, frames }, told, told_to, level);
        })
    }

    /// One row for each clip.
    fn pool(&self, step: &Step<'_>, states: Traced<(usize, usize)>) -> Traced<(usize, usize)> {
        let (frames, width) = (self.frames, self.head.inputs);
        let inputs = values(&states);
        let shape = (inputs.len() / (frames * width), width);
        match self.pooling {
            Pooling::Severest => states,
            Pooling::Mean => apply(states, mean(&inputs, frames, width), shape, move |told, gradient| {
                mean_backward(told, frames, width, gradient);
            }),
            Pooling::Attention(attention) => {
                let parameters = step.parameters[self.places().1];
                let weights = values(parameters);
                let (pooled, attended) = attention.forward(&weights, &inputs, frames);
                apply_with(states, parameters, pooled, shape, move |told, input_gradient, gradient| {
                    let told_to = Told { inputs: input_gradient, parameters: gradient };
                    attention.backward(&weights, &inputs, frames, &attended, told, told_to);
                })
            }
        }
    }

    fn drop(&self, step: &Step<'_>, rows: Traced<(usize, usize)>) -> Traced<(usize, usize)> {
        if self.dropout == 0.0 {
            return rows;
        }
        let inputs = values(&rows);
        let shape = (inputs.len() / self.head.inputs, self.head.inputs);
        let factors = dropout(self.dropout, inputs.len(), step.seed, step.update);
        let kept = inputs.iter().zip(&factors).map(|(value, factor)| value * factor).collect();
        apply(rows, kept, shape, move |told, gradient| {
            gradient.iter_mut().zip(told.iter().zip(&factors)).for_each(|(sum, (told, factor))| *sum += told * factor);
        })
    }

    fn linear(&self, step: &Step<'_>, rows: Traced<(usize, usize)>) -> Traced<(usize, usize)> {
        let (head, parameters) = (self.head, step.parameters[self.places().0]);
        let (inputs, weights) = (values(&rows), values(parameters));
        let logits = head.forward(&weights, &inputs);
        let shape = (logits.len() / head.outputs, head.outputs);
        apply_with(rows, parameters, logits, shape, move |told, input_gradient, gradient| {
            head.backward(&weights, &inputs, told, Told { inputs: input_gradient, parameters: gradient });
        })
    }

    /// Of each clip the logits of its severest frame.
    fn pick(&self, logits: Traced<(usize, usize)>) -> Traced<(usize, usize)> {
        let (Pooling::Severest, classes) = (self.pooling, self.head.outputs) else { return logits };
        let all = values(&logits);
        let rows = severest(&all, self.frames, classes);
        let shape = (rows.len(), classes);
        apply(logits, rows_of(&all, &rows, classes), shape, move |told, gradient| {
            for (row, told) in rows.iter().zip(told.chunks_exact(classes)) {
                gradient[row * classes..][..classes].iter_mut().zip(told).for_each(|(sum, value)| *sum += value);
            }
        })
    }
}

fn rows_of(all: &[f32], rows: &[usize], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|row| all[row * width..][..width].iter().copied()).collect()
}

impl<F: Features> Network for Classifier<F> {
    fn parts(&self) -> Vec<Vec<Tensor>> {
        let mut parts = vec![self.features.tensors()];
        parts.extend(self.recurrence.iter().map(|recurrence| recurrence.tensors("")));
        parts.push(self.head.tensors());
        if let Pooling::Attention(attention) = self.pooling {
            parts.push(attention.tensors());
        }
        parts
    }

    fn norms(&self) -> Vec<(String, usize)> {
        self.features.norms()
    }

    fn evaluate(&self, state: &State, source: Vec<f32>, workers: &Workers) -> Result<Vec<f32>, ModelError> {
        let mut space = self.spaces.borrow_mut().pop().unwrap_or_default();
        let parameters = &state.parameters[0];
        let mut states = self.features.forward(parameters, &state.running, false, source, &mut space, workers);
        self.spaces.borrow_mut().push(space);
        if let Some(recurrence) = &self.recurrence {
            let clips = states.len() / (self.frames * self.features.width());
            let frames = Frames { values: &states, clips, frames: self.frames };
            states = recurrence.forward(&state.parameters[1], frames, workers.level).0;
        }
        let (head, attention) = self.places();
        let rows = match self.pooling {
            Pooling::Severest => states,
            Pooling::Mean => mean(&states, self.frames, self.head.inputs),
            Pooling::Attention(pooling) => pooling.forward(&state.parameters[attention], &states, self.frames).0,
        };
        let logits = self.head.forward(&state.parameters[head], &rows);
        Ok(match self.pooling {
            Pooling::Severest => {
                rows_of(&logits, &severest(&logits, self.frames, self.head.outputs), self.head.outputs)
            }
            _ => logits,
        })
    }

    fn operations(&self) -> u64 {
        let recurrence = self.recurrence.as_ref().map_or(0, |r| super::network::numbers(&r.tensors("")));
        (self.frames * (self.features.operations() + recurrence) + self.head.inputs * self.head.outputs) as u64
    }

    fn workspace(&self, inputs: usize) -> u64 {
        (inputs * self.frames) as u64 * self.features.workspace()
    }
}

impl<F: Features> Trainable for Classifier<F> {
    fn trace(&self, mut step: Step<'_>, source: Vec<f32>) -> Result<Traced<(usize, usize)>, ModelError> {
        let features = self.see(&mut step, source);
        let states = match &self.recurrence {
            Some(recurrence) => self.recur(recurrence, &step, features),
            None => features,
        };
        let rows = self.pool(&step, states);
        let rows = self.drop(&step, rows);
        Ok(self.pick(self.linear(&step, rows)))
    }

    fn form(&self) -> Option<Form> {
        Some(Form::Clips(Clips {
            net: self.features.net(),
            unit: self.recurrence.as_ref().map(|recurrence| recurrence.unit()),
            pooling: self.pooling,
            head: self.head,
            dropout: self.dropout,
            frames: self.frames,
        }))
    }
}
