//! The classifier once more, in plain f64 loops, and what the kernels are held against: finite differences of these loops,
//! and figures of PyTorch 2.15 for the same numbers.

use super::ClipShape;
use super::cnn_gru::{CnnGru, Network, Operations, State};
use super::convnet::{Running, Workspace};
use super::device::{Array, Traced, cross_entropy, gradients, values};
use super::lanes::Level;
use super::learner::Learner;
use super::workers::Workers;
use dfdx::prelude::{Cpu, OwnedTape, TensorFromVec, Trace};
use std::rc::Rc;

/// Numbers without any system, the same in the recipe below.
fn wave(part: usize, index: usize) -> f64 {
    let index = index as f64;
    libm::sin(0.37 * index * index + 1.7 * index + part as f64)
}

fn waves(part: usize, len: usize, scale: f64) -> Vec<f32> {
    (0..len).map(|index| (scale * wave(part, index)) as f32).collect()
}

/// A small classifier with numbers everywhere, and a batch for it.
struct Case {
    sizes: CnnGru,
    shape: ClipShape,
    clips: usize,
    classes: usize,
}

impl Case {
    fn network(&self) -> Network {
        Network::new(&self.sizes, self.classes, self.shape)
    }

    fn state(&self) -> State {
        let network = self.network();
        let mut conv = Vec::new();
        for (index, block) in network.conv.blocks.iter().enumerate() {
            conv.extend(waves(3 * index, block.weights(), 0.4));
            conv.extend(waves(3 * index + 1, block.cout, 1.2));
            conv.extend(waves(3 * index + 2, block.cout, 0.3));
        }
        let running = network.conv.blocks.iter().map(|block| Running::new(block.cout)).collect();
        let gru = waves(50, network.gru.parameters(), 0.5);
        State { conv, running, gru, head: waves(51, network.head.parameters(), 1.0) }
    }

    fn source(&self) -> Vec<f32> {
        waves(60, self.clips * self.shape.bytes(), 1.0)
    }

    fn targets(&self) -> Vec<f32> {
        let mut targets = Vec::new();
        for clip in 0..self.clips {
            let raw: Vec<f64> = (0..self.classes).map(|class| 1.1 + wave(70, clip * self.classes + class)).collect();
            let total: f64 = raw.iter().sum();
            targets.extend(raw.iter().map(|value| (value / total) as f32));
        }
        targets
    }
}

/// The loss in f64, the plainest way. `flat` is convolutions, recurrent unit, head.
fn loss(case: &Case, flat: &[f64], source: &[f64], targets: &[f64]) -> f64 {
    let network = case.network();
    let images = case.clips * case.shape.frames;
    let mut planes = source.to_vec();
    let mut offset = 0;
    for block in &network.conv.blocks {
        let (height, width) = (block.plane.height, block.plane.width);
        let weights = &flat[offset..][..block.weights()];
        let gains = &flat[offset + block.weights()..][..block.cout];
        let biases = &flat[offset + block.weights() + block.cout..][..block.cout];
        offset += block.parameters();
        let small = block.plane.pooled();
        let mut next = vec![0.0; images * block.cout * small.area()];
        for out in 0..block.cout {
            let mut z = vec![0.0f64; images * height * width];
            for (position, z) in z.iter_mut().enumerate() {
                let (image, y, x) = (position / (height * width), position / width % height, position % width);
                for channel in 0..block.cin {
                    for (tap, weight) in weights[(out * block.cin + channel) * 9..][..9].iter().enumerate() {
                        let (from_y, from_x) = (y + tap / 3, x + tap % 3);
                        if (1..=height).contains(&from_y) && (1..=width).contains(&from_x) {
                            let plane = image * block.cin + channel;
                            *z += weight * planes[(plane * height + from_y - 1) * width + from_x - 1];
                        }
                    }
                }
            }
            let count = z.len() as f64;
            let mean = z.iter().sum::<f64>() / count;
            let variance = z.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / count;
            for image in 0..images {
                for y in 0..small.height {
                    for x in 0..small.width {
                        let at = |dy: usize, dx: usize| -> f64 {
                            let z = z[(image * height + 2 * y + dy) * width + 2 * x + dx];
                            f64::max(gains[out] * (z - mean) / (variance + 1e-5f64).sqrt() + biases[out], 0.0)
                        };
                        let largest = at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1));
                        next[((image * block.cout + out) * small.height + y) * small.width + x] = largest;
                    }
                }
            }
        }
        planes = next;
    }
    let (inputs, hidden) = (network.gru.inputs, network.gru.hidden);
    let area = planes.len() / (images * inputs);
    let features: Vec<f64> = planes.chunks_exact(area).map(|plane| plane.iter().sum::<f64>() / area as f64).collect();
    let (gru, head) = flat[offset..].split_at(network.gru.parameters());
    let (wi, rest) = gru.split_at(3 * hidden * inputs);
    let (wh, rest) = rest.split_at(3 * hidden * hidden);
    let (bi, bh) = rest.split_at(3 * hidden);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut total = 0.0;
    for clip in 0..case.clips {
        let (mut state, mut mean) = (vec![0.0; hidden], vec![0.0; hidden]);
        for time in 0..case.shape.frames {
            let x = &features[(clip * case.shape.frames + time) * inputs..][..inputs];
            let outer = |row: usize| dot(&wi[row * inputs..][..inputs], x) + bi[row];
            let inner = |row: usize| dot(&wh[row * hidden..][..hidden], &state) + bh[row];
            let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
            let next: Vec<f64> = (0..hidden)
                .map(|unit| {
                    let r = logistic(outer(unit) + inner(unit));
                    let u = logistic(outer(hidden + unit) + inner(hidden + unit));
                    let n = (outer(2 * hidden + unit) + r * inner(2 * hidden + unit)).tanh();
                    (1.0 - u) * n + u * state[unit]
                })
                .collect();
            state = next;
            mean.iter_mut().zip(&state).for_each(|(mean, state)| *mean += state / case.shape.frames as f64);
        }
        let (weights, biases) = head.split_at(case.classes * hidden);
        let logits: Vec<f64> =
            (0..case.classes).map(|class| dot(&weights[class * hidden..][..hidden], &mean) + biases[class]).collect();
        let normaliser = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
        let target = &targets[clip * case.classes..][..case.classes];
        total -= dot(target, &logits.iter().map(|logit| logit - normaliser).collect::<Vec<_>>());
    }
    total / case.clips as f64
}

/// The kernels' loss and gradient, convolutions, recurrent unit, head.
fn measured(case: &Case, workers: Workers) -> (f64, Vec<f32>) {
    let mut state = case.state();
    let device = Cpu::default();
    let parameter = |values: Vec<f32>| -> Array<(usize,)> {
        let len = values.len();
        device.tensor_from_vec(values, (len,))
    };
    let (conv, gru, head) = (parameter(state.conv), parameter(state.gru), parameter(state.head));
    let operations = Operations::new(Rc::new(case.network()), Rc::new(workers));
    let features = operations.convolve(conv.leaky_trace(), &mut state.running, case.source());
    let states = operations.recur(features, &gru);
    let loss = cross_entropy(operations.classify(states, &head), case.targets());
    let value = f64::from(values(&loss)[0]);
    let found = gradients(loss).unwrap();
    (value, [conv, gru, head].iter().flat_map(|parameter| values(&found.get(parameter))).collect())
}

/// Distance of two vectors, relative to the second's length.
fn distance(found: &[f32], expected: &[f64]) -> f64 {
    let square: f64 = found.iter().zip(expected).map(|(f, e)| (f64::from(*f) - e).powi(2)).sum();
    (square / expected.iter().map(|e| e * e).sum::<f64>()).sqrt()
}

fn cases() -> Vec<Case> {
    let case = |channels: &[usize], hidden, clips, frames, height, width, classes| Case {
        sizes: CnnGru { channels: channels.to_vec(), hidden },
        shape: ClipShape { frames, height, width },
        clips,
        classes,
    };
    vec![
        case(&[3, 18], 5, 2, 3, 9, 7, 3),
        case(&[20], 17, 3, 2, 5, 11, 2),
        case(&[16, 1, 4], 2, 1, 4, 8, 13, 4),
        case(&[2, 33], 4, 9, 2, 4, 21, 2),
    ]
}

#[test]
fn gradients_agree_with_finite_differences() {
    for case in cases() {
        let state = case.state();
        let flat: Vec<f64> =
            state.conv.iter().chain(&state.gru).chain(&state.head).map(|&value| f64::from(value)).collect();
        let source: Vec<f64> = case.source().into_iter().map(f64::from).collect();
        let targets: Vec<f64> = case.targets().into_iter().map(f64::from).collect();
        let expected = loss(&case, &flat, &source, &targets);
        let (value, gradient) = measured(&case, Workers::new(1).unwrap());
        assert!((value - expected).abs() < 1e-5 * expected, "{value} {expected}");
        assert_eq!(gradient.len(), flat.len());

        let step = 1e-6;
        let slopes: Vec<f64> = (0..flat.len())
            .map(|index| {
                let mut moved = flat.clone();
                moved[index] = flat[index] + step;
                let up = loss(&case, &moved, &source, &targets);
                moved[index] = flat[index] - step;
                (up - loss(&case, &moved, &source, &targets)) / (2.0 * step)
            })
            .collect();
        let network = case.network();
        let mut ends = Vec::new();
        for block in &network.conv.blocks {
            ends.extend([block.weights(), block.cout, block.cout]);
        }
        let Network { gru, head, .. } = network;
        ends.extend([3 * gru.hidden * gru.inputs, 3 * gru.hidden * gru.hidden, 3 * gru.hidden, 3 * gru.hidden]);
        ends.extend([head.classes * head.hidden, head.classes]);
        let mut start = 0;
        for (tensor, len) in ends.into_iter().enumerate() {
            let error = distance(&gradient[start..start + len], &slopes[start..start + len]);
            assert!(error < 1e-4, "channels {:?}, tensor {tensor}: {error:e}", case.sizes.channels);
            start += len;
        }
        assert_eq!(start, flat.len());
    }
}

/// Figures of PyTorch 2.15 in float64 for the first case: `Conv2d(padding=1, bias=False)`, `BatchNorm2d`, ReLU,
/// `MaxPool2d(2)` for each block, mean over the plane, `GRU(batch_first=True)`, mean over time, `Linear`,
/// `cross_entropy` with soft targets; parameters `numpy.float32(scale * sin(0.37 i² + 1.7 i + part))` with the parts and
/// scales of `Case`. For each tensor the sum of the gradient times `cos(i)`, and its length.
#[test]
fn agrees_with_pytorch() {
    const LOSS: f64 = 1.075840132;
    const TENSORS: [(usize, f64, f64); 12] = [
        (27, 2.233090164e-02, 6.623754676e-02),
        (3, 7.057354760e-03, 3.733548613e-02),
        (3, 1.762436867e-02, 1.606311425e-02),
        (486, 5.391300856e-02, 1.262261848e-01),
        (18, 3.849421295e-02, 9.156862555e-02),
        (18, 3.134712026e-02, 8.008782348e-02),
        (270, -5.782233748e-02, 2.114853581e-01),
        (75, 4.229480194e-02, 2.557430661e-02),
        (15, -4.860668079e-03, 6.014215208e-02),
        (15, -1.208743454e-02, 3.544897071e-02),
        (15, -1.392319916e-01, 1.867355585e-01),
        (3, 3.580846931e-02, 1.424063484e-01),
    ];
    let (value, gradient) = measured(&cases()[0], Workers::new(1).unwrap());
    assert!((value - LOSS).abs() < 1e-5 * LOSS, "{value}");
    let mut start = 0;
    for (tensor, (len, projection, length)) in TENSORS.into_iter().enumerate() {
        let part = gradient[start..start + len].iter().map(|&value| f64::from(value));
        let found: f64 = part.clone().enumerate().map(|(index, value)| value * libm::cos(index as f64)).sum();
        assert!((found - projection).abs() < 1e-4 * length, "tensor {tensor}: {found} {projection}");
        let found = part.map(|value| value * value).sum::<f64>().sqrt();
        assert!((found - length).abs() < 1e-4 * length, "tensor {tensor}: {found} {length}");
        start += len;
    }
    assert_eq!(start, gradient.len());
}

#[test]
fn every_level_and_any_number_of_threads_give_the_same_bits() {
    for case in cases() {
        let (value, expected) = measured(&case, Workers::with_level(1, Level::Portable).unwrap());
        for level in Level::available() {
            for threads in [1, 2, 3] {
                let (found, gradient) = measured(&case, Workers::with_level(threads, level).unwrap());
                assert_eq!(found.to_bits(), value.to_bits(), "{level:?} {threads}");
                assert!(gradient.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{level:?} {threads}");
            }
        }
    }
}

#[test]
fn a_tensor_read_twice_gathers_both_gradients() {
    let case = &cases()[0];
    let (_, once) = measured(case, Workers::new(1).unwrap());
    let mut state = case.state();
    let device = Cpu::default();
    let parameter = |values: &[f32]| -> Array<(usize,)> { device.tensor_from_vec(values.to_vec(), (values.len(),)) };
    let (conv, gru, head) = (parameter(&state.conv), parameter(&state.gru), parameter(&state.head));
    let operations = Operations::new(Rc::new(case.network()), Rc::new(Workers::new(1).unwrap()));
    let features = operations.convolve(conv.leaky_trace(), &mut state.running, case.source());
    let again: Traced<(usize, usize)> = features.retaped::<OwnedTape<f32, Cpu>>();
    let branch = |features| {
        let states = operations.recur(features, &gru);
        cross_entropy(operations.classify(states, &head), case.targets())
    };
    let found = gradients(branch(features) + branch(again)).unwrap();
    let twice: Vec<f32> = [conv, gru, head].iter().flat_map(|parameter| values(&found.get(parameter))).collect();
    let expected: Vec<f64> = once.iter().map(|&value| 2.0 * f64::from(value)).collect();
    assert!(distance(&twice, &expected) < 1e-6);
}

#[test]
fn two_forward_passes_before_a_backward_pass_keep_apart() {
    let case = &cases()[0];
    let (_, expected) = measured(case, Workers::new(1).unwrap());
    let state = case.state();
    let device = Cpu::default();
    let conv: Array<(usize,)> = device.tensor_from_vec(state.conv.clone(), (state.conv.len(),));
    let operations = Operations::new(Rc::new(case.network()), Rc::new(Workers::new(1).unwrap()));
    let parameter = |values: &[f32]| -> Array<(usize,)> { device.tensor_from_vec(values.to_vec(), (values.len(),)) };
    let (gru, head) = (parameter(&state.gru), parameter(&state.head));
    let forward = |source| {
        let features = operations.convolve(conv.leaky_trace(), &mut state.running.clone(), source);
        cross_entropy(operations.classify(operations.recur(features, &gru), &head), case.targets())
    };
    let first = forward(case.source());
    let second = forward(case.source().into_iter().rev().collect());
    let other = values(&gradients(second).unwrap().get(&conv));
    let found = values(&gradients(first).unwrap().get(&conv));
    assert_eq!(found, expected[..found.len()]);
    assert_ne!(other, found);
}

/// The same case and the same modules in PyTorch 2.15 (float64), trained for five steps by
/// `AdamW(lr=1e-2, weight_decay=1e-2)` on the same batch, then evaluated with running statistics.
#[test]
fn five_updates_and_evaluation_agree_with_pytorch() {
    const LOSSES: [f64; 5] = [1.075840132, 1.044495405, 1.049769568, 1.039049045, 1.032049441];
    const LOG_PROBABILITIES: [f64; 6] =
        [-0.800321485, -1.445739023, -1.154409777, -0.890726166, -1.270623545, -1.174460029];
    const MEANS: [f64; 4] = [0.293462204, 0.108532158, 0.621382408, -0.328560115];
    const VARIANCES: [f64; 4] = [0.985799683, 0.908275760, 0.773642811, 0.904052501];
    let case = &cases()[0];
    let network = Rc::new(case.network());
    let workers = Rc::new(Workers::new(1).unwrap());
    let mut learner = Learner::new(network.clone(), workers.clone(), case.state()).unwrap();
    for expected in LOSSES {
        let found = learner.step(case.source(), case.targets(), 1e-2, 1e-2).unwrap();
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
    let state = learner.state();
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    for channel in 0..4 {
        close(f64::from(state.running[1].mean[channel]), MEANS[channel]);
        close(f64::from(state.running[1].variance[channel]), VARIANCES[channel]);
    }
    let found = network.evaluate(&state, case.source(), &mut Workspace::default(), &workers);
    for (found, expected) in found.iter().flatten().zip(LOG_PROBABILITIES) {
        close(*found, expected);
    }
}
