//! What an update does.

use super::ModelError;
use super::crowd_layer::{self, CrowdLayer};
use super::device::{Array, Cpu, Parameter, Rule, gradient_of, gradients, values};
use super::lessons::Opinion;
use super::loss::{Loss, Targets};
use super::network::{State, Step, Trainable};
use super::workers::Workers;
use crate::model::convnet::Running;
use std::rc::Rc;

/// Parameters on the device, and one step of the optimiser on them.
#[derive(Debug)]
pub(super) struct Learner {
    network: Rc<dyn Trainable>,
    workers: Rc<Workers>,
    parameters: Vec<Parameter>,
    running: Vec<Running>,
    seed: u64,
    steps: i32,
}

/// What one update is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Update {
    pub loss: Loss,
    pub rule: Rule,
    pub learning_rate: f64,
    pub weight_decay: f64,
    /// The greatest length of the gradient of all parameters together; longer ones are shortened to it.
    pub clip_norm: Option<f64>,
}

/// What logits are held against.
#[derive(Debug)]
pub(super) enum Aim<'a> {
    Targets(&'a Targets),
    /// Opinions on each clip, through matrices that are the last part of the parameters.
    Opinions {
        layer: &'a CrowdLayer,
        classes: usize,
        opinions: &'a [&'a [Opinion]],
    },
}

impl<'a> From<&'a Targets> for Aim<'a> {
    fn from(targets: &'a Targets) -> Self {
        Aim::Targets(targets)
    }
}

/// All that an optimiser has beside parameters: how often it stepped, and two memories of each part.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Memories {
    pub steps: i32,
    pub parts: Vec<[Vec<f32>; 2]>,
}

impl Learner {
    pub fn new(
        network: Rc<dyn Trainable>,
        workers: Rc<Workers>,
        state: State,
        seed: u64,
    ) -> Result<Learner, ModelError> {
        let device = Cpu::default();
        let parameters = state.parameters.into_iter().map(|values| Parameter::new(&device, values));
        let parameters = parameters.collect::<Result<_, ModelError>>()?;
        Ok(Learner { network, workers, parameters, running: state.running, seed, steps: 0 })
    }

    /// One update on normalised grey values; the loss before it. Parameters stay as they were where that loss is not
    /// finite.
    pub fn step<'t>(&mut self, source: Vec<f32>, aim: impl Into<Aim<'t>>, update: &Update) -> Result<f64, ModelError> {
        let parameters: Vec<&Array<(usize,)>> = self.parameters.iter().map(|parameter| &parameter.value).collect();
        let step = Step {
            parameters: &parameters,
            running: &mut self.running,
            seed: self.seed,
            update: self.steps as u64,
            workers: &self.workers,
        };
        let logits = self.network.trace(step, source)?;
        let (measured, loss) = match (aim.into(), parameters.last()) {
            (Aim::Opinions { layer, classes, opinions }, Some(matrices)) => {
                crowd_layer::trace(layer, logits, matrices, classes, opinions)
            }
            (Aim::Targets(targets), _) => update.loss.trace(logits, targets),
            (Aim::Opinions { .. }, None) => return Err(ModelError::NoTraining),
        };
        if !measured.is_finite() {
            return Ok(measured);
        }
        let mut gradients = gradients(loss)?;
        if let Some(longest) = update.clip_norm {
            let mut square = 0.0;
            for parameter in &self.parameters {
                square += gradient_of(&mut gradients, parameter)?.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>();
            }
            // As PyTorch's clip_grad_norm_.
            let factor = longest / (square.sqrt() + 1e-6);
            if factor < 1.0 {
                for parameter in &self.parameters {
                    gradient_of(&mut gradients, parameter)?.iter_mut().for_each(|g| *g *= factor as f32);
                }
            }
        }
        self.steps += 1;
        for parameter in &mut self.parameters {
            parameter.update(update.rule, self.steps, update.learning_rate, update.weight_decay, &mut gradients)?;
        }
        Ok(measured)
    }

    /// A copy of all that is learned.
    pub fn state(&self) -> State {
        State {
            parameters: self.parameters.iter().map(|parameter| values(&parameter.value)).collect(),
            running: self.running.clone(),
        }
    }

    /// A copy of what the optimiser remembers.
    pub fn memories(&self) -> Memories {
        let parts = self.parameters.iter().map(|parameter| parameter.memories().map(<[f32]>::to_vec)).collect();
        Memories { steps: self.steps, parts }
    }

    /// Puts back what [`Learner::memories`] gave.
    pub fn remember(&mut self, memories: &Memories) {
        self.steps = memories.steps;
        for (parameter, [first, second]) in self.parameters.iter_mut().zip(&memories.parts) {
            parameter.remember([first, second]);
        }
    }
}
