//! The composed networks held against the fused ones, on the processor: same parameters, same batches.

use super::{Composed, placed};
use crate::model::architecture::Built;
use crate::model::device::Cpu;
use crate::model::learner::{Learner, Update};
use crate::model::loss::{Loss, Targets};
use crate::model::network::{State, Trainable};
use crate::model::optimiser::Optimiser;
use crate::model::place::Place;
use crate::model::reference::{ENTROPY, cases, measured_by};
use crate::model::workers::Workers;
use crate::model::{Architecture, Baseline, ClipShape, CnnGru, UNet};
use std::rc::Rc;

/// How near numbers come, relative to the length of what they are part of.
const NEAR: f64 = 1e-4;

fn near(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let off = length(&mut found.iter().zip(expected).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    let whole = length(&mut expected.iter().map(|value| f64::from(*value)));
    assert!(off <= NEAR * whole.max(1e-2), "{what}: {off} of {whole}");
}

/// Loss and gradients of one batch.
pub(in crate::model) fn agree(name: &str, found: &(f64, Vec<Vec<f32>>), expected: &(f64, Vec<Vec<f32>>)) {
    assert!((found.0 - expected.0).abs() < NEAR * expected.0, "{name}: {} {}", found.0, expected.0);
    assert_eq!(found.1.len(), expected.1.len());
    for (part, (found, expected)) in found.1.iter().zip(&expected.1).enumerate() {
        near(found, expected, &format!("{name}, gradient of part {part}"));
    }
}

/// What both forms have learned after some updates, and what each then says. Adam turns a gradient near zero into a step
/// as long as any, so the updates are those of plain descent.
pub(in crate::model) fn agree_after(
    name: &str,
    forms: [&Rc<dyn Trainable>; 2],
    state: &State,
    loss: Loss,
    updates: &[(Vec<f32>, Targets)],
) {
    let workers = Rc::new(Workers::new(1).unwrap());
    let rule = Optimiser::Sgd(crate::model::Sgd::default()).rule();
    let update = Update { loss, rule, learning_rate: 1e-2, weight_decay: 1e-2, clip_norm: Some(1.0) };
    let [found, expected] = forms.map(|form| {
        let mut learner = Learner::new(form.clone(), workers.clone(), state.clone(), 5).unwrap();
        for (source, targets) in updates {
            assert!(learner.step(source.clone(), targets, &update).unwrap().is_finite());
        }
        learner.state()
    });
    for (found, expected) in found.parameters.iter().zip(&expected.parameters) {
        near(found, expected, &format!("{name}, parameters"));
    }
    for (found, expected) in found.running.iter().zip(&expected.running) {
        near(&found.mean, &expected.mean, &format!("{name}, running means"));
        near(&found.variance, &expected.variance, &format!("{name}, running variances"));
    }
    let [found, expected] = forms.map(|form| form.evaluate(&expected, updates[0].0.clone(), &workers).unwrap());
    near(&found, &expected, &format!("{name}, logits"));
}

#[test]
fn every_classifier_of_clips_composed_of_dfdxs_own_operations_says_and_learns_the_same() {
    for (name, case) in cases() {
        let (fused, mut state) = (case.network(), case.state());
        // The first number of these parameters is 0. As the only weight of a 1×1 convolution it makes all pixels of a channel
        // alike, of which the two forms give the gradient to different ones.
        state.parameters[0][0] = 0.25;
        let composed: Rc<dyn Trainable> = Rc::new(Composed::new(fused.clone(), fused.form().unwrap(), Cpu::default()));
        let by = |network: &dyn Trainable| measured_by(network, &case, &state, Workers::new(1).unwrap());
        agree(&name, &by(&*composed), &by(&*fused));
        let updates: Vec<(Vec<f32>, Targets)> = (0..3).map(|step| (case.source(step), case.targets(step))).collect();
        agree_after(&name, [&composed, &fused], &state, ENTROPY, &updates);
    }
}

#[test]
fn the_same_units_are_left_out() {
    let shape = ClipShape { frames: 3, height: 8, width: 9 };
    let model = CnnGru { channels: vec![4], hidden: 6, dropout: 0.5, ..CnnGru::default() };
    let Built::Trainable(fused) = Architecture::CnnGru(model).built(3, shape) else { panic!("no tape") };
    let composed: Rc<dyn Trainable> = Rc::new(Composed::new(fused.clone(), fused.form().unwrap(), Cpu::default()));
    let state = crate::model::network::initial_state(&*fused, 3);
    let source = crate::model::reference::waves(1, 2 * shape.bytes(), 1.0);
    let targets = Targets {
        meaning: crate::model::loss::Meaning::Classes,
        values: vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        weights: vec![1.0; 2],
        class_weights: vec![1.0; 3],
    };
    agree_after(
        "dropout",
        [&composed, &fused],
        &state,
        ENTROPY,
        &[(source.clone(), targets.clone()), (source, targets)],
    );
}

#[test]
fn an_architecture_without_a_composed_form_is_refused_by_name() {
    let shape = ClipShape { frames: 1, height: 16, width: 16 };
    let baseline = Architecture::Baseline(Baseline::default());
    let told = placed(&baseline, baseline.built(2, shape), Place::Cuda(0)).unwrap_err().to_string();
    assert!(told.starts_with("`baseline` can't be computed on cuda:0"), "{told}");
    for name in ["cnn-gru", "cnn-lstm", "cnn-attention", "frame-cnn", "r2plus1d", "unet"] {
        assert!(told.contains(&format!("`{name}`")), "{told}");
    }
    assert_eq!(told.matches("`baseline`").count(), 1, "{told}");
    assert!(placed(&baseline, baseline.built(2, shape), Place::Cpu).is_ok());
    if !Place::knows_cuda() {
        let unet = Architecture::UNet(UNet::default());
        let told = placed(&unet, unet.built(1, shape), Place::Cuda(0)).unwrap_err().to_string();
        assert!(told.contains("built without CUDA"), "{told}");
    }
}
