//! Trainings on clips that are easy to tell apart.

use super::*;
use crate::model::{
    AdamW, ClipShape, Clips, CnnAttention, CnnGru, CnnLstm, Cosine, Example, FrameCnn, NoMaps, Nobody, Opinion,
    Plateau, R2Plus1D, Sgd, predict,
};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};

/// Clips in memory; `bytes` may be wrong on purpose.
struct Memory {
    shape: ClipShape,
    clips: Vec<Vec<u8>>,
}

impl Clips for Memory {
    fn len(&self) -> usize {
        self.clips.len()
    }
    fn shape(&self) -> ClipShape {
        self.shape
    }
    fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        Ok(Cow::Borrowed(&self.clips[index]))
    }
}

/// Noise, with a bright vertical stripe in every other clip.
fn striped(count: usize) -> Memory {
    let shape = ClipShape { frames: 4, height: 18, width: 15 };
    let clips = (0..count)
        .map(|clip| {
            (0..shape.bytes())
                .map(|byte| {
                    let noise = (byte * 7919 + clip * 104_729 + byte * byte / 3) % 60;
                    let stripe = clip % 2 == 1 && (6..9).contains(&(byte % shape.width));
                    noise as u8 + if stripe { 150 } else { 30 }
                })
                .collect()
        })
        .collect();
    Memory { shape, clips }
}

fn examples(range: std::ops::Range<usize>) -> Vec<Example> {
    range.map(|clip| Example { clip, target: Target::Classes(class(clip)), group: clip % 2, weight: 1.0 }).collect()
}

fn class(clip: usize) -> Vec<f32> {
    if clip % 2 == 1 { vec![0.0, 1.0] } else { vec![1.0, 0.0] }
}

fn lessons<'a>(clips: &'a Memory, training: &'a [Example], validation: &'a [Example]) -> Lessons<'a> {
    Lessons { classes: 2, clips, maps: &NoMaps, training, validation, start: None }
}

fn small() -> Settings {
    Settings {
        model: Architecture::CnnGru(CnnGru { channels: vec![6, 20], hidden: 9, ..CnnGru::default() }),
        updates: 60,
        batch: 4,
        learning_rate: 1e-2,
        seed: 11,
        evaluate_every: 20,
        ..Settings::default()
    }
}

fn run(settings: &Settings, clips: &Memory, training: &[Example]) -> Result<Trained, ModelError> {
    train(settings, &lessons(clips, training, &[]), &Nobody, &|_| (), &AtomicBool::new(false))
}

#[test]
fn eight_separable_clips_are_learned_by_heart() {
    let clips = striped(12);
    let settings = Settings { updates: 100, evaluate_every: 50, ..small() };
    let seen = Cell::new(0);
    let observe = |progress: Progress<'_>| {
        if let Progress::Update { update, .. } = progress {
            assert_eq!(update, seen.get() + 1);
            seen.set(update);
        }
    };
    let (training, validation) = (examples(0..8), examples(8..12));
    let trained =
        train(&settings, &lessons(&clips, &training, &validation), &Nobody, &observe, &AtomicBool::new(false)).unwrap();
    assert_eq!(seen.get(), 100);
    assert_eq!(trained.history.iter().map(|point| point.update).collect::<Vec<_>>(), [50, 100]);
    let last = &trained.history[1];
    assert!(last.train_loss < 0.05, "{last:?}");
    assert_eq!(last.validation_score, Some(1.0));

    // What is read back from the file's bytes is what was measured in training.
    let found = predict(&trained.weights, &clips, &[8, 9, 10, 11], 2, Place::Cpu).unwrap();
    let logarithms: f64 = found.iter().zip(&validation).map(|(p, example)| libm::log(p[example.clip % 2])).sum();
    assert!((logarithms / -4.0 - last.validation_loss.unwrap()).abs() < 1e-12);
    assert!(found.iter().all(|p| (p.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    // Neither the company nor the order matters.
    assert_eq!(
        predict(&trained.weights, &clips, &[11, 8], 1, Place::Cpu).unwrap(),
        [found[3].clone(), found[0].clone()]
    );
}

#[test]
fn the_same_bytes_for_any_number_of_threads_and_with_or_without_validation() {
    let clips = striped(12);
    let settings = Settings { updates: 12, evaluate_every: 5, ..small() };
    let first = run(&settings, &clips, &examples(0..7)).unwrap();
    for threads in [1, 2] {
        let settings = Settings { threads, ..settings.clone() };
        let (training, validation) = (examples(0..7), examples(7..12));
        let again =
            train(&settings, &lessons(&clips, &training, &validation), &Nobody, &|_| (), &AtomicBool::new(false))
                .unwrap();
        assert_eq!(again.weights, first.weights, "{threads} threads");
    }
    let other = run(&Settings { seed: 12, ..settings }, &clips, &examples(0..7)).unwrap();
    assert_ne!(other.weights, first.weights);
}

#[test]
fn weights_carry_pytorch_names_and_are_checked() {
    let clips = striped(4);
    let trained = run(&Settings { updates: 2, ..small() }, &clips, &examples(0..4)).unwrap();
    let file = safetensors::SafeTensors::deserialize(&trained.weights).unwrap();
    let mut names: Vec<_> = file.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
    names.sort();
    assert_eq!(names[0], ("conv.0.weight".to_owned(), vec![6, 1, 3, 3]));
    assert_eq!(names[1], ("conv.1.weight".to_owned(), vec![20, 6, 3, 3]));
    assert_eq!(names[4], ("gru.weight_hh_l0".to_owned(), vec![27, 9]));
    assert_eq!(names.last().unwrap(), &("norm.1.weight".to_owned(), vec![20]));
    assert_eq!(names.len(), 16);

    let broken = &trained.weights[..trained.weights.len() - 4];
    assert!(matches!(predict(broken, &clips, &[0], 1, Place::Cpu), Err(ModelError::Weights { .. })));
    let mut other = striped(1);
    other.shape.frames = 2;
    let error = predict(&trained.weights, &other, &[0], 1, Place::Cpu).unwrap_err().to_string();
    assert!(error.contains("trained on 4 frames of 15×18 pixels, the clips are 2 frames of"), "{error}");
}

#[test]
fn mistakes_are_named() {
    let clips = striped(4);
    let fails = |settings: Settings, training: &[Example]| run(&settings, &clips, training).unwrap_err().to_string();
    assert!(fails(small(), &[]).contains("no clip to train on"));
    assert!(fails(Settings { batch: 0, ..small() }, &examples(0..4)).contains("batch = 0"));
    assert!(fails(Settings { updates: 0, ..small() }, &examples(0..4)).contains("updates = 0"));
    let once = Settings { updates: 1, learning_rate: 1e39, ..small() };
    assert!(fails(once, &examples(0..4)).contains("at update 1: try learning_rate"));
    assert!(fails(Settings { learning_rate: f64::NAN, ..small() }, &examples(0..4)).contains("learning_rate = NaN"));
    assert!(fails(small(), &examples(3..5)).contains("clip 4 is not among the 4 clips"));
    let half = [Example { target: Target::Classes(vec![0.5, 0.4]), ..examples(0..1)[0].clone() }];
    assert!(fails(small(), &half).contains("the target of clip 0 is no distribution over 2 classes"));
    let deep = Architecture::CnnGru(CnnGru { channels: vec![4; 4], hidden: 4, ..CnnGru::default() });
    let error = fails(Settings { model: deep, ..small() }, &examples(0..4));
    assert!(error.contains("can't be halved 4 times: use larger frames or at most 3 entries"), "{error}");
    let error = fails(Settings { learning_rate: 1e30, ..small() }, &examples(0..4));
    assert!(error.contains("at update") && error.contains("instead of 1000000000000000000000000000000"), "{error}");
    let four = examples(0..4);
    let alone = Lessons { classes: 1, ..lessons(&clips, &four, &[]) };
    let one = train(&small(), &alone, &Nobody, &|_| (), &AtomicBool::new(false)).unwrap_err();
    assert_eq!(one.to_string(), "1 class can't be told apart: a classifier needs at least two");

    let mut uneven = striped(4);
    uneven.clips[2].pop();
    let error = run(&small(), &uneven, &examples(0..4)).unwrap_err().to_string();
    assert_eq!(error, "clip 2 has 1079 bytes where 4 frames of 15×18 pixels make 1080: decode all clips to one shape");
}

#[test]
fn cancelling_stops_at_the_next_update() {
    let clips = striped(4);
    let cancel = AtomicBool::new(false);
    let last = Cell::new(0);
    let observe = |progress: Progress<'_>| {
        if let Progress::Update { update, .. } = progress {
            last.set(update);
            cancel.store(update == 3, Ordering::Relaxed);
        }
    };
    let outcome = train(&small(), &lessons(&clips, &examples(0..4), &[]), &Nobody, &observe, &cancel);
    assert!(matches!(outcome, Err(ModelError::Cancelled)));
    assert_eq!(last.get(), 3);
}

/// Examples with the wrong class, so that learning makes things worse.
fn turned(range: std::ops::Range<usize>) -> Vec<Example> {
    examples(range).into_iter().map(|e| Example { target: Target::Classes(class(e.clip + 1)), ..e }).collect()
}

/// Keeps what it is given, after every so many updates.
#[derive(Default)]
struct Shelf {
    every: u64,
    last: RefCell<Option<Vec<u8>>>,
}

impl Keeper for Shelf {
    fn last(&self) -> Option<Vec<u8>> {
        self.last.borrow().clone()
    }
    fn is_due(&self, update: u64) -> bool {
        self.every > 0 && update.is_multiple_of(self.every)
    }
    fn keep(&self, bytes: Vec<u8>) {
        *self.last.borrow_mut() = Some(bytes);
    }
}

/// Everything on that has a state or draws.
fn busy() -> Settings {
    Settings {
        model: Architecture::CnnLstm(CnnLstm {
            channels: vec![5],
            hidden: 6,
            bidirectional: true,
            dropout: 0.3,
            ..CnnLstm::default()
        }),
        schedule: Schedule::Plateau(Plateau { patience: 1, factor: 0.5 }),
        warmup: 3,
        clip_norm: Some(0.5),
        draw_targets: true,
        sampling: Some(vec![0.5, 0.5]),
        class_weights: vec![1.0, 2.0],
        patience: Some(4),
        augment: Augment { noise: 5.0, rotate: 5.0, jitter: 1, occlusion: 0.3, ..Augment::default() },
        updates: 21,
        evaluate_every: 4,
        ..small()
    }
}

/// The same examples as two annotators see them, of whom the second turns every other over.
fn heard(training: &[Example]) -> Vec<Example> {
    let of = |example: &Example| {
        let class = example.clip as u16 % 2;
        let said = |annotator, class| Opinion { annotator, class, votes: 1.0 };
        let opinions = vec![said(0, class), said(1, if example.clip % 4 < 2 { 1 - class } else { class })];
        Example { target: Target::Opinions(opinions), ..example.clone() }
    };
    training.iter().map(of).collect()
}

/// With a crowd layer.
fn crowded() -> Settings {
    let crowd = Some(CrowdLayer { annotators: 2, trace: 0.01 });
    Settings { crowd, draw_targets: false, class_weights: Vec::new(), ..busy() }
}

#[test]
fn a_training_that_goes_on_ends_with_the_same_bytes() {
    let (training, validation) = (examples(0..7), turned(7..12));
    goes_on(&busy(), &training, &validation);
    goes_on(&crowded(), &heard(&training), &validation);
}

#[test]
fn a_crowd_layer_tells_who_is_right() {
    let clips = striped(12);
    let settings = Settings { updates: 150, crowd: crowded().crowd, ..small() };
    let (training, validation) = (heard(&examples(0..12)), examples(0..12));
    let lessons = lessons(&clips, &training, &validation);
    let trained = train(&settings, &lessons, &Nobody, &|_| (), &AtomicBool::new(false)).unwrap();
    let right = |annotator: usize| (0..2).map(|class| trained.confusions[annotator][class][class]).sum::<f64>() / 2.0;
    assert!(right(0) > 0.9 && right(1) < 0.7, "{:?}", trained.confusions);
    assert_eq!(trained.history.last().unwrap().validation_score, Some(1.0));
    let unknown = Settings { crowd: Some(CrowdLayer { annotators: 1, trace: 0.0 }), ..settings };
    let refused = train(&unknown, &lessons, &Nobody, &|_| (), &AtomicBool::new(false));
    assert!(matches!(refused, Err(ModelError::Opinions { clip: 0 })), "{refused:?}");
}

fn goes_on(settings: &Settings, training: &[Example], validation: &[Example]) {
    let clips = striped(12);
    let lessons = lessons(&clips, training, validation);
    let never = AtomicBool::new(false);
    let whole = train(settings, &lessons, &Nobody, &|_| (), &never).unwrap();
    assert!(whole.history.iter().any(|point| point.learning_rate < 1e-2), "the schedule did something");
    // At every update, which are inside epochs and at their ends; stopped by a signal or by a kill.
    for stop in 1..whole.updates {
        for every in [0, 1, 4] {
            let shelf = Shelf { every, ..Shelf::default() };
            let cancel = AtomicBool::new(false);
            let observe = |progress: Progress<'_>| {
                if let Progress::Update { update, .. } = progress {
                    cancel.store(update == stop, Ordering::Relaxed);
                }
            };
            assert!(matches!(train(settings, &lessons, &shelf, &observe, &cancel), Err(ModelError::Cancelled)));
            let resumed = Cell::new(None);
            let observe = |progress: Progress<'_>| {
                if let Progress::Resumed { update } = progress {
                    resumed.set(Some(update));
                }
            };
            let threads = 1 + (stop as usize) % 2;
            let again = train(&Settings { threads, ..settings.clone() }, &lessons, &shelf, &observe, &never).unwrap();
            assert!(resumed.get().is_some_and(|update| update <= stop), "{stop} {every}");
            assert_eq!(again, whole, "{stop} {every}");
        }
    }
    // What is no checkpoint of this training is not used.
    let shelf = Shelf::default();
    shelf.keep(vec![1, 2, 3]);
    assert_eq!(train(settings, &lessons, &shelf, &|_| (), &never).unwrap(), whole);
}

#[test]
fn every_model_optimiser_and_schedule_learns_stripes() {
    let clips = striped(12);
    let (training, validation) = (examples(0..8), examples(8..12));
    let models = [
        Architecture::CnnLstm(CnnLstm { channels: vec![6, 12], hidden: 8, ..CnnLstm::default() }),
        Architecture::CnnGru(CnnGru {
            channels: vec![6],
            kernel: 5,
            hidden: 8,
            bidirectional: true,
            dropout: 0.2,
            ..CnnGru::default()
        }),
        Architecture::CnnAttention(CnnAttention { channels: vec![6, 12], hidden: 8, ..CnnAttention::default() }),
        Architecture::FrameCnn(FrameCnn { channels: vec![6, 12], ..FrameCnn::default() }),
        Architecture::R2Plus1D(R2Plus1D { channels: vec![6, 12], ..R2Plus1D::default() }),
    ];
    let optimisers = [
        Optimiser::AdamW(AdamW::default()),
        Optimiser::Sgd(Sgd { momentum: 0.9, nesterov: true }),
        Optimiser::Sgd(Sgd::default()),
        Optimiser::default(),
        Optimiser::default(),
    ];
    for (model, optimiser) in models.into_iter().zip(optimisers) {
        let schedule = Schedule::Cosine(Cosine { floor: 0.1 });
        let settings = Settings { model, optimiser, schedule, warmup: 5, updates: 100, evaluate_every: 50, ..small() };
        let found =
            train(&settings, &lessons(&clips, &training, &validation), &Nobody, &|_| (), &AtomicBool::new(false));
        let last = found.unwrap().history.pop().unwrap();
        assert!(last.validation_score == Some(1.0) && last.train_loss < 0.6, "{} {last:?}", settings.model.name());
    }
}

#[test]
fn the_best_weights_are_kept_and_others_begun_with() {
    let clips = striped(12);
    let (training, validation) = (examples(0..8), turned(8..12));
    let settings = Settings { patience: Some(2), updates: 200, evaluate_every: 10, ..small() };
    let never = AtomicBool::new(false);
    let stopped = train(&settings, &lessons(&clips, &training, &validation), &Nobody, &|_| (), &never).unwrap();
    assert!(stopped.updates < 200 && stopped.updates == stopped.taken + 20, "{stopped:?}");
    let short = Settings { patience: None, updates: stopped.taken, ..settings.clone() };
    let until = train(&short, &lessons(&clips, &training, &validation), &Nobody, &|_| (), &never).unwrap();
    assert_eq!(until.weights, stopped.weights);
    let error = train(&settings, &lessons(&clips, &training, &[]), &Nobody, &|_| (), &never).unwrap_err();
    assert!(error.to_string().contains("set patients aside"));

    let learned = run(&Settings { updates: 100, ..small() }, &clips, &training).unwrap();
    let on = Lessons { start: Some(&learned.weights), ..lessons(&clips, &training, &[]) };
    let settings = Settings { updates: 1, learning_rate: 1e-6, ..small() };
    let after = train(&settings, &on, &Nobody, &|_| (), &never).unwrap();
    assert!(after.history[0].train_loss < 0.1, "{:?}", after.history);
    let other = Settings { model: Architecture::FrameCnn(FrameCnn::default()), ..settings };
    let shape = Architecture::FrameCnn(FrameCnn { channels: vec![4], ..FrameCnn::default() });
    let error = train(&Settings { model: shape, ..other }, &on, &Nobody, &|_| (), &never).unwrap_err().to_string();
    assert!(error.contains("cnn-gru of 2 classes on 4 frames") && error.contains("frame-cnn"), "{error}");
}
