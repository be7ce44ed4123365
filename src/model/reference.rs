//! Every classifier held against PyTorch in float64 (reference/figures.py makes the figures) and against finite
//! differences of itself.

use super::architecture::Built;
use super::convnet::Running;
use super::device::{Array, Cpu, Traced, gradients, values};
use super::head::log_softmax;
use super::lanes::Level;
use super::learner::{Learner, Update};
use super::loss::{Loss, Meaning, Targets};
use super::network::{State, Step, Trainable};
use super::optimiser::Optimiser;
use super::workers::Workers;
use super::{Architecture, ClipShape, CnnAttention, CnnGru, CnnLstm, Down, FrameCnn, R2Plus1D};
use dfdx::prelude::{OwnedTape, TensorFromVec};
use std::rc::Rc;

/// Numbers without any system, the same in figures.py.
pub(super) fn waves(part: usize, len: usize, scale: f64) -> Vec<f32> {
    let wave = |index: f64| (scale * libm::sin(0.37 * index * index + 1.7 * index + part as f64)) as f32;
    (0..len).map(|index| wave(index as f64)).collect()
}

/// A small classifier with numbers everywhere, and batches for it.
pub(super) struct Case {
    model: Architecture,
    shape: ClipShape,
    clips: usize,
    classes: usize,
}

impl Case {
    pub fn network(&self) -> Rc<dyn Trainable> {
        let Built::Trainable(network) = self.model.built(self.classes, self.shape) else { panic!("no tape") };
        network
    }

    pub fn state(&self) -> State {
        let network = self.network();
        let mut number = 0;
        let mut fill = |name: &str, len: usize| {
            let scale = match (name.split('.').next(), name.ends_with("weight")) {
                (Some("conv"), _) => 0.4,
                (Some("norm"), weight) => {
                    if weight {
                        1.2
                    } else {
                        0.3
                    }
                }
                (Some("head"), _) => 1.0,
                _ => 0.5,
            };
            number += 1;
            waves(number - 1, len, scale)
        };
        let parts = network.parts();
        let parameters =
            parts.iter().map(|part| part.iter().flat_map(|tensor| fill(&tensor.name, tensor.len())).collect());
        let running = network.norms().into_iter().map(|(_, channels)| Running::new(channels));
        State { parameters: parameters.collect(), running: running.collect() }
    }

    pub fn source(&self, part: usize) -> Vec<f32> {
        waves(60 + part, self.clips * self.shape.bytes(), 1.0)
    }

    pub fn targets(&self, part: usize) -> Targets {
        let mut values = Vec::new();
        for raw in waves(70 + part, self.clips * self.classes, 1.0).chunks_exact(self.classes) {
            let total: f64 = raw.iter().map(|&value| 1.1 + f64::from(value)).sum();
            values.extend(raw.iter().map(|&value| ((1.1 + f64::from(value)) / total) as f32));
        }
        let (weights, class_weights) = (vec![1.0; self.clips], vec![1.0; self.classes]);
        Targets { meaning: Meaning::Classes, values, weights, class_weights }
    }
}

pub(super) const ENTROPY: Loss = Loss { cross_entropy: 1.0, focal: 0.0, gamma: 2.0, bce: 0.0, dice: 0.0 };

/// Channels, kernel, hidden units, clips, their shape, classes.
type Size = (Vec<usize>, usize, usize, usize, [usize; 3], usize);

/// The same in figures.py. The first two are of every kind; with the last there are more clips than groups of work.
fn sizes() -> [Size; 5] {
    [
        (vec![3, 18], 3, 5, 2, [3, 9, 7], 3),
        (vec![20], 3, 17, 3, [2, 5, 11], 2),
        (vec![5, 17], 5, 4, 2, [2, 11, 9], 3),
        (vec![4, 3], 7, 6, 3, [4, 7, 10], 2),
        (vec![18, 5], 1, 3, 18, [3, 6, 5], 2),
    ]
}

/// By the names of figures.csv.
pub(super) fn cases() -> Vec<(String, Case)> {
    let mut list = Vec::new();
    let kinds = [
        ("gru", Down::Max, 3),
        ("bi-gru", Down::Max, 2),
        ("lstm", Down::Max, 4),
        ("bi-lstm", Down::Max, 2),
        ("attention", Down::Max, 5),
        ("frames", Down::Max, 3),
        ("r2plus1d", Down::Max, 5),
        ("attention", Down::Average, 3),
        ("r2plus1d", Down::Average, 2),
        ("attention", Down::Stride, 5),
        ("r2plus1d", Down::Stride, 3),
    ];
    for (kind, down, count) in kinds {
        let sizes = sizes().into_iter().take(count).enumerate();
        for (number, (channels, kernel, hidden, clips, [frames, height, width], classes)) in sizes {
            let (bidirectional, dropout) = (kind.starts_with("bi-"), 0.0);
            let model = match kind {
                "gru" | "bi-gru" => {
                    Architecture::CnnGru(CnnGru { channels, kernel, down, hidden, bidirectional, dropout })
                }
                "lstm" | "bi-lstm" => {
                    Architecture::CnnLstm(CnnLstm { channels, kernel, down, hidden, bidirectional, dropout })
                }
                "attention" => Architecture::CnnAttention(CnnAttention { channels, kernel, down, hidden, dropout }),
                "frames" => Architecture::FrameCnn(FrameCnn { channels, kernel, down, dropout }),
                // Every other of five frames, which is more than clips have.
                _ => Architecture::R2Plus1D(R2Plus1D { channels, kernel, span: 3 + number % 2 * 2, down, dropout }),
            };
            let shape = ClipShape { frames, height, width };
            let by = match down {
                Down::Max => "",
                Down::Average => "-average",
                Down::Stride => "-stride",
            };
            list.push((format!("{kind}{by},{number}"), Case { model, shape, clips, classes }));
        }
    }
    list
}

/// The rows of figures.csv that begin so: name, and one or two numbers.
fn figures(of: &str) -> Vec<(&'static str, f64, f64)> {
    let rows =
        include_str!("reference/figures.csv").lines().filter_map(|line| line.strip_prefix(of)?.strip_prefix(','));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(',').collect();
        (cells[0], cells[1].parse().unwrap(), cells[2].parse().unwrap_or(f64::NAN))
    })
    .collect()
}

/// Loss and gradient of each part, of the first batch.
fn measured(case: &Case, state: &State, workers: Workers) -> (f64, Vec<Vec<f32>>) {
    measured_by(&*case.network(), case, state, workers)
}

/// The same by another form of the case's network.
pub(super) fn measured_by(
    network: &dyn Trainable,
    case: &Case,
    state: &State,
    workers: Workers,
) -> (f64, Vec<Vec<f32>>) {
    let device = Cpu::default();
    let parameter = |values: &Vec<f32>| -> Array<(usize,)> { device.tensor_from_vec(values.clone(), (values.len(),)) };
    let parameters: Vec<_> = state.parameters.iter().map(parameter).collect();
    let step = Step {
        parameters: &parameters.iter().collect::<Vec<_>>(),
        running: &mut state.running.clone(),
        seed: 0,
        update: 0,
        workers: &Rc::new(workers),
    };
    let (value, loss) = ENTROPY.trace(network.trace(step, case.source(0)).unwrap(), &case.targets(0));
    let found = gradients(loss).unwrap();
    (value, parameters.iter().map(|parameter| values(&found.get(parameter))).collect())
}

#[test]
fn gradients_are_those_of_pytorch() {
    for (name, case) in cases() {
        let (value, gradient) = measured(&case, &case.state(), Workers::new(1).unwrap());
        let expected = figures(&name);
        let loss = expected.iter().find(|(what, ..)| *what == "step 0").unwrap().1;
        assert!((value - loss).abs() < 1e-5 * loss, "{name} {value} {loss}");
        for (part, gradient) in case.network().parts().iter().zip(&gradient) {
            let mut rest = &gradient[..];
            for tensor in part {
                let (these, later) = rest.split_at(tensor.len());
                rest = later;
                let &(_, along, length) = expected.iter().find(|(what, ..)| *what == tensor.name).unwrap();
                let these = these.iter().map(|&value| f64::from(value));
                let found: f64 = these.clone().enumerate().map(|(index, value)| value * libm::cos(index as f64)).sum();
                // A bias before a softmax over time, or of all classes, has next to no gradient of its own.
                let near = 1e-4 * length.max(1e-4);
                assert!((found - along).abs() < near, "{name} {} {found} {along}", tensor.name);
                let found = these.map(|value| value * value).sum::<f64>().sqrt();
                assert!((found - length).abs() < near, "{name} {} {found} {length}", tensor.name);
            }
        }
    }
}

/// Along the gradient of each part by itself.
#[test]
fn gradients_are_those_of_finite_differences() {
    // Waves begin with 0: as the only weight of a 1×1 kernel that puts every maximum of pooling on an edge. With the other
    // case a pixel crosses a ReLU within the step: PyTorch's own difference in float64 is .09804, its gradient .10002.
    let smooth = |name: &str| !name.ends_with(",4") && name != "attention-stride,3";
    for (name, case) in cases().into_iter().filter(|(name, _)| smooth(name)) {
        let state = case.state();
        let (_, gradient) = measured(&case, &state, Workers::new(1).unwrap());
        for (part, gradient) in gradient.iter().enumerate() {
            let length = gradient.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
            let step = 2e-4;
            let at = |by: f64| {
                let mut moved = state.clone();
                for (value, slope) in moved.parameters[part].iter_mut().zip(gradient) {
                    *value += (by * f64::from(*slope) / length) as f32;
                }
                measured(&case, &moved, Workers::new(1).unwrap()).0
            };
            let found = (at(step) - at(-step)) / (2.0 * step);
            assert!((found - length).abs() < 1e-2 * length.max(0.1), "{name} part {part}: {found} {length}");
        }
    }
}

#[test]
fn fifty_updates_and_evaluation_follow_pytorch() {
    for (name, case) in cases() {
        let (network, workers) = (case.network(), Rc::new(Workers::new(1).unwrap()));
        let mut learner = Learner::new(network.clone(), workers.clone(), case.state(), 0).unwrap();
        let rule = Optimiser::default().rule();
        let update = Update { loss: ENTROPY, rule, learning_rate: 1e-3, weight_decay: 1e-2, clip_norm: None };
        let expected = figures(&name);
        for step in 0..50 {
            let found = learner.step(case.source(step % 3), &case.targets(step % 3), &update).unwrap();
            if let Some((_, loss, _)) = expected.iter().find(|(what, ..)| *what == format!("step {step}")) {
                assert!((found - loss).abs() < 0.01 * loss, "{name} step {step}: {found} {loss}");
            }
        }
        let logits = network.evaluate(&learner.state(), case.source(0), &workers).unwrap();
        let logarithms = logits.chunks_exact(case.classes).flat_map(log_softmax);
        for (index, found) in logarithms.enumerate() {
            let what = format!("logarithm {index}");
            let expected = expected.iter().find(|(name, ..)| *name == what).unwrap().1;
            assert!((found - expected).abs() < 0.02 * expected.abs().max(0.5), "{name} {what}: {found} {expected}");
        }
    }
}

#[test]
fn every_level_and_any_number_of_threads_give_the_same_bits() {
    for (name, case) in cases() {
        let state = case.state();
        let (value, expected) = measured(&case, &state, Workers::with_level(1, Level::Portable).unwrap());
        let bits = |parts: &[Vec<f32>]| parts.iter().flatten().map(|value| value.to_bits()).collect::<Vec<_>>();
        for level in Level::available() {
            for threads in [1, 2, 3] {
                let (found, gradient) = measured(&case, &state, Workers::with_level(threads, level).unwrap());
                assert_eq!(found.to_bits(), value.to_bits(), "{name} {level:?} {threads}");
                assert_eq!(bits(&gradient), bits(&expected), "{name} {level:?} {threads}");
            }
        }
    }
}

/// One batch through a network, twice on one tape or in turns.
struct Twice {
    network: Rc<dyn Trainable>,
    workers: Rc<Workers>,
    parameters: Vec<Array<(usize,)>>,
    running: Vec<Running>,
}

impl Twice {
    fn new(case: &Case) -> Twice {
        let device = Cpu::default();
        let state = case.state();
        let parameter = |values: Vec<f32>| -> Array<(usize,)> {
            let len = values.len();
            device.tensor_from_vec(values, (len,))
        };
        let parameters = state.parameters.into_iter().map(parameter).collect();
        let workers = Rc::new(Workers::new(1).unwrap());
        Twice { network: case.network(), workers, parameters, running: state.running }
    }

    fn logits(&self, source: Vec<f32>) -> Traced<(usize, usize)> {
        let (parameters, running) = (&self.parameters.iter().collect::<Vec<_>>(), &mut self.running.clone());
        let step = Step { parameters, running, seed: 0, update: 0, workers: &self.workers };
        self.network.trace(step, source).unwrap()
    }
}

#[test]
fn a_tensor_read_twice_gathers_both_gradients() {
    let (_, case) = &cases()[0];
    let (_, once) = measured(case, &case.state(), Workers::new(1).unwrap());
    let twice = Twice::new(case);
    let logits = twice.logits(case.source(0));
    let again: Traced<(usize, usize)> = logits.retaped::<OwnedTape<f32, Cpu>>();
    let branch = |logits| ENTROPY.trace(logits, &case.targets(0)).1;
    let found = gradients(branch(logits) + branch(again)).unwrap();
    for (parameter, once) in twice.parameters.iter().zip(&once) {
        for (found, once) in values(&found.get(parameter)).iter().zip(once) {
            assert!((found - 2.0 * once).abs() <= 1e-5 * once.abs().max(1e-2), "{found} {once}");
        }
    }
}

#[test]
fn two_forward_passes_before_a_backward_pass_keep_apart() {
    let (_, case) = &cases()[0];
    let (_, expected) = measured(case, &case.state(), Workers::new(1).unwrap());
    let twice = Twice::new(case);
    let first = ENTROPY.trace(twice.logits(case.source(0)), &case.targets(0)).1;
    let second = ENTROPY.trace(twice.logits(case.source(1)), &case.targets(0)).1;
    let other = values(&gradients(second).unwrap().get(&twice.parameters[0]));
    let found = values(&gradients(first).unwrap().get(&twice.parameters[0]));
    assert_eq!(found, expected[0]);
    assert_ne!(other, found);
}
