//! What an update does.

use super::ModelError;
use super::cnn_gru::{Network, Operations, State};
use super::convnet::Running;
use super::device::{Cpu, Parameter, cross_entropy, gradients, values};
use super::workers::Workers;
use std::rc::Rc;

/// Parameters on the device, and one step of the optimiser on them.
#[derive(Debug)]
pub(super) struct Learner {
    operations: Operations,
    conv: Parameter,
    gru: Parameter,
    head: Parameter,
    running: Vec<Running>,
    steps: i32,
}

impl Learner {
    pub fn new(network: Rc<Network>, workers: Rc<Workers>, state: State) -> Result<Learner, ModelError> {
        let device = Cpu::default();
        Ok(Learner {
            operations: Operations::new(network, workers),
            conv: Parameter::new(&device, state.conv)?,
            gru: Parameter::new(&device, state.gru)?,
            head: Parameter::new(&device, state.head)?,
            running: state.running,
            steps: 0,
        })
    }

    /// One update on normalised grey values `[clip][frame][y][x]` and targets `[clip][class]`; the loss before it.
    /// Parameters stay as they were where that loss is not finite.
    pub fn step(
        &mut self,
        source: Vec<f32>,
        targets: Vec<f32>,
        learning_rate: f64,
        weight_decay: f64,
    ) -> Result<f64, ModelError> {
        let features = self.operations.convolve(self.conv.traced(), &mut self.running, source);
        let states = self.operations.recur(features, &self.gru.value);
        let loss = cross_entropy(self.operations.classify(states, &self.head.value), targets);
        let measured = f64::from(values(&loss)[0]);
        if !measured.is_finite() {
            return Ok(measured);
        }
        let mut gradients = gradients(loss)?;
        self.steps += 1;
        for parameter in [&mut self.conv, &mut self.gru, &mut self.head] {
            parameter.update(self.steps, learning_rate, weight_decay, &mut gradients)?;
        }
        Ok(measured)
    }

    /// A copy of all that is learned.
    pub fn state(&self) -> State {
        State {
            conv: values(&self.conv.value),
            running: self.running.clone(),
            gru: values(&self.gru.value),
            head: values(&self.head.value),
        }
    }
}
