//! Every field of every kind, changed: the keys of that stage change, and no other.

use std::collections::BTreeSet;

use crowdline::{schedule::explain::Outlook, stage::STAGES};

use crate::engine::Engine;

const EXPERIMENT: &str = r#"
title = "Every kind"
seed = 3
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 5
method.phantom = { patients = 10, clips_per_patient = 2, frames = 4, width = 32, height = 32 }

[simulate.noise]
labels = "@cohort.truth"
method.opinions = { annotators = 3, confusion = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]] }

[decode.frames]
clips = "@cohort.clips"
frames = 3
size = { width = 16, height = 16 }

[split.patients]
clips = "@cohort.clips"
folds = 2

[aggregate.crowd]
opinions = "@cohort.crowd"
method = "majority"
split = "@patients"
fold = 0

[aggregate.experts]
opinions = "@cohort.experts"
annotators = ["e1", "e2", "e3"]
method = "majority"

[aggregate.lines]
drawn = "@cohort.crowd_lines"
drawn_unit = "percent"
viewed = "@cohort.crowd_views"
frames = "@frames"
method.pixel-majority = { width_px = 3 }

[aggregate.judges]
opinions = "@cohort.experts"
annotators = ["e4", "e5", "e6"]
method = "majority"

[train.classifier]
frames = "@frames"
split = "@patients"
labels = "@experts"
model.cnn-gru = { channels = [8], hidden = 4 }
updates = 2
validation = 0.5
matrix.fold = [0, 1]

[select.best]
models = "@classifier"
matrix.fold = [0, 1]

[evaluate.models]
clips = "@cohort.clips"
models = "@classifier"
reference = "@judges"
on = "out-of-fold"
positive = ["discrete", "confluent"]
replicates = 100

[command.script]
run = ["sh", "-c", "cat {inputs.a} > out"]
inputs.a = "script.txt"
outputs.out = "out"

[report.paper]
evaluations = "@models"
"#;

/// A field and another value for it. `aggregate.experts` stands for all of its kind but where it says otherwise.
const CHANGES: &[(&str, &str)] = &[
    (
        "simulate.noise.method",
        "{ opinions = { annotators = 4, confusion = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]] } }",
    ),
    ("simulate.noise.labels", "\"@cohort.crowd\""),
    ("simulate.cohort.seed", "6"),
    ("decode.frames.clips", "{ file = \"@cohort.clips\", columns = { patient = \"clip\" } }"),
    ("decode.frames.frames", "2"),
    ("decode.frames.size", "{ width = 16, height = 12 }"),
    ("decode.frames.short", "\"repeat\""),
    ("decode.frames.on_error", "\"skip\""),
    // In place of `frames`; tests/e2e/decoding.rs.
    ("decode.frames.at", ""),
    ("decode.frames.geometry", "\"scale.csv\""),
    ("decode.frames.sample", "\"centre\""),
    ("decode.frames.rate", "5.0"),
    ("decode.frames.mask", "\"auto\""),
    ("decode.frames.crop", "\"fan\""),
    ("decode.frames.pad", "{ width = 3, height = 2 }"),
    ("decode.frames.resize", "\"area\""),
    // In place of `size`, and with corners; src/decode/geometry/tests.rs.
    ("decode.frames.polar", ""),
    ("decode.frames.intensity", "{ percentiles = { low = 1.0, high = 99.0 } }"),
    // With a mask; src/decode/geometry/tests.rs.
    ("decode.frames.deidentify", ""),
    ("decode.frames.title_frames", "\"drop\""),
    ("decode.frames.sheets", "false"),
    ("split.patients.clips", "{ file = \"@cohort.clips\", columns = { patient = \"clip\" } }"),
    ("split.patients.group", "\"clip\""),
    ("split.patients.folds", "3"),
    ("split.patients.test", "0.2"),
    ("split.patients.stratify", "\"patient\""),
    ("split.patients.seed", "9"),
    ("aggregate.experts.opinions", "\"@cohort.crowd\""),
    ("aggregate.experts.method", "\"dawid-skene\""),
    ("aggregate.lines.drawn", "\"@cohort.expert_lines\""),
    ("aggregate.lines.drawn_unit", "\"pixels\""),
    ("aggregate.lines.viewed", "\"@cohort.expert_views\""),
    // In place of `viewed`; tests/e2e/drawn.rs.
    ("aggregate.lines.unviewed", ""),
    ("aggregate.lines.frames", "\"@frames\""),
    ("aggregate.lines.probabilities", "false"),
    ("aggregate.lines.method", "{ pixel-majority = { width_px = 4 } }"),
    ("aggregate.experts.annotators", "[\"e1\", \"e2\"]"),
    ("aggregate.crowd.raters", "[\"x\"]"),
    ("aggregate.experts.rater_group", "\"others\""),
    ("aggregate.experts.clips", "\"@cohort.clips\""),
    ("aggregate.experts.unknown_clips", "\"drop\""),
    ("aggregate.experts.split", "\"@patients\""),
    ("aggregate.crowd.fold", "1"),
    ("aggregate.experts.duplicates", "\"last\""),
    ("aggregate.experts.minimum_reads", "2"),
    ("aggregate.experts.opinions_per_item", "2"),
    ("aggregate.experts.agreement", "{ replicates = 200 }"),
    // Only together with each other; tests/e2e/quality.rs.
    ("aggregate.experts.known_answers", ""),
    ("aggregate.experts.known", ""),
    ("aggregate.experts.quality", ""),
    ("aggregate.experts.opinions_seed", ""),
    ("train.classifier.frames", "\"@frames\""),
    ("train.classifier.split", "\"@patients\""),
    ("train.classifier.labels", "\"@judges\""),
    ("train.classifier.only", "\"@judges\""),
    ("train.classifier.model", "{ cnn-gru = { channels = [8], hidden = 5 } }"),
    ("train.classifier.updates", "3"),
    ("train.classifier.epochs", ""),
    ("train.classifier.fold", ""),
    ("train.classifier.learn", "\"posteriors\""),
    // A model of its own patients is refused; tests/e2e/training.rs.
    // Only together with each other; tests/e2e/crowd_layer.rs.
    ("train.classifier.opinions", ""),
    ("train.classifier.confusion_trace", ""),
    ("train.classifier.rater_group", ""),
    ("train.classifier.init", ""),
    // Of models of frames; tests/e2e/segmentation.rs.
    ("train.classifier.target", ""),
    ("train.classifier.patience", "2"),
    ("train.classifier.evaluate_every", "1"),
    ("train.classifier.sampling", "\"balanced\""),
    ("train.classifier.optimiser", "\"sgd\""),
    ("train.classifier.schedule", "\"cosine\""),
    ("train.classifier.warmup", "1"),
    ("train.classifier.clip_norm", "0.5"),
    ("train.classifier.loss", "{ focal = 1.0 }"),
    ("train.classifier.class_weights", "{ given = { confluent = 3.0 } }"),
    // Of models of frames; tests/e2e/segmentation.rs.
    ("train.classifier.frame_weights", ""),
    ("train.classifier.shuffle", "true"),
    ("train.classifier.validation", "0.3"),
    ("train.classifier.batch", "4"),
    ("train.classifier.learning_rate", "0.01"),
    ("train.classifier.weight_decay", "0.001"),
    ("train.classifier.augment", "{ mirror = false }"),
    ("train.classifier.seed", "9"),
    ("select.best.models", "\"@classifier\""),
    ("select.best.by", "\"score\""),
    ("evaluate.models.clips", "{ file = \"@cohort.clips\", columns = { patient = \"clip\" } }"),
    ("evaluate.models.candidate", ""),
    ("evaluate.models.models", "\"@classifier\""),
    ("evaluate.models.reference", "\"@crowd\""),
    ("evaluate.models.on", "\"test\""),
    ("evaluate.models.positive", "[\"confluent\"]"),
    ("evaluate.models.metrics", "[\"accuracy\"]"),
    // Of frames; tests/e2e/segmentation.rs.
    ("evaluate.models.match", "{ mm = 5.0 }"),
    ("evaluate.models.threshold", "0.4"),
    ("evaluate.models.allow_shared_raters", "true"),
    ("evaluate.models.replicates", "101"),
    ("evaluate.models.level", "0.9"),
    // Of frames; tests/e2e/frame_metrics.rs.
    ("evaluate.models.frame_to_clip", "\"mean\""),
    ("evaluate.models.subgroups", "[\"patient\"]"),
    ("evaluate.models.interval", "\"bca\""),
    ("evaluate.models.seed", "9"),
    ("report.paper.evaluations", "\"@models\""),
    ("report.paper.labels", "\"@crowd\""),
    ("report.paper.models", "\"@classifier\""),
    ("report.paper.frames", "\"@frames\""),
    ("report.paper.alpha", "0.05"),
    ("report.paper.compare", ""),
    ("report.paper.floor", ""),
    ("report.paper.control", ""),
    ("report.paper.prices", "{ crowd = 0.05 }"),
    ("report.paper.currency", "\"EUR\""),
    ("report.paper.interval", "\"bca\""),
    ("report.paper.formats", "[\"html\", \"latex\"]"),
    ("command.script.run", "[\"sh\", \"-c\", \"cat {inputs.a} {inputs.a} > out\"]"),
    ("command.script.inputs.a", "\"other.txt\""),
    ("command.script.outputs.out", "\"else\""),
    ("command.script.set", "{ A = \"1\" }"),
    ("command.script.environment", "[\"HOME\"]"),
    ("command.script.retries", "1"),
    ("command.script.timeout", "10"),
    ("command.script.threads", "2"),
    ("command.script.memory", "\"1 GB\""),
    ("command.script.gpus", "1"),
];

/// Fields that say how a task runs and not what comes out.
const UNKEYED: [&str; 5] = ["retries", "timeout", "threads", "memory", "gpus"];

/// Fields whose other value here gives the same input, or which can't stand beside the others; each has a test elsewhere.
const SAME: [&str; 6] = [
    "aggregate.lines.frames",
    "train.classifier.frames",
    "train.classifier.split",
    "evaluate.models.models",
    "select.best.models",
    "report.paper.evaluations",
];

fn engine() -> Engine {
    let engine = Engine::with(EXPERIMENT);
    engine.write("script.txt", "a\n");
    engine.write("scale.csv", "clip,mm_per_pixel\n");
    engine.write("other.txt", "b\n");
    let ran = engine.run(None);
    assert_eq!(ran.summary.failed, 0, "{:?}", ran.told);
    engine
}

#[test]
fn every_field_is_changed_here() {
    for stage in STAGES {
        let ports = stage.ports().iter().map(|port| port.name);
        for field in ports.chain(stage.fields().iter().copied()) {
            let is_it = |(name, _): &&(&str, &str)| {
                let mut parts = name.split('.');
                parts.next() == Some(stage.name()) && parts.nth(1) == Some(field)
            };
            assert!(CHANGES.iter().find(is_it).is_some(), "`{}.….{field}` is not in the list", stage.name());
        }
    }
}

#[test]
fn a_field_changes_the_keys_of_its_stage_and_no_other() {
    let engine = engine();
    let before = engine.prospects(&[]);
    assert!(before.values().all(|prospect| prospect.outlook == Outlook::Cached));
    for (field, value) in CHANGES.iter().filter(|(_, value)| !value.is_empty()) {
        let after = engine.prospects(&[format!("{field}={value}")]);
        let stage = field.split('.').nth(1).unwrap();
        let of_stage = |address: &str| address == stage || address.starts_with(&format!("{stage}["));
        let changed: BTreeSet<&str> = after
            .iter()
            .filter(|(address, prospect)| {
                prospect.key.is_some() && before.get(*address).is_none_or(|b| b.key != prospect.key)
            })
            .map(|(address, _)| address.as_str())
            .collect();
        let unchanged = SAME.contains(field) || UNKEYED.contains(&field.rsplit('.').next().unwrap());
        let expected: BTreeSet<&str> =
            after.keys().map(String::as_str).filter(|address| !unchanged && of_stage(address)).collect();
        assert_eq!(changed, expected, "{field} = {value}");
        // What has no key yet waits for the stage, and nothing else does.
        for (address, prospect) in &after {
            let waits = prospect.outlook == Outlook::WaitsOnContent;
            assert_eq!(prospect.key.is_none(), waits, "{field}: {address} {:?}", prospect.cause);
            assert!(!waits || !unchanged, "{field}: {address}");
        }
    }
}

#[test]
fn what_stands_above_the_stages_changes_what_uses_it() {
    let engine = engine();
    let before = engine.prospects(&[]);
    let changed = |set: &str| -> BTreeSet<String> {
        let after = engine.prospects(&[set.to_owned()]);
        let changed = after.into_iter().filter(|(address, prospect)| prospect.key != before[address].key);
        changed.map(|(address, _)| address).collect()
    };
    let set = |addresses: &[&str]| addresses.iter().map(|address| (*address).to_owned()).collect::<BTreeSet<_>>();
    for set_to in ["title=\"Another\"", "caveats=[\"one\"]"] {
        assert_eq!(changed(set_to), set(&["paper"]), "{set_to}");
    }
    let seeded = ["noise", "patients", "crowd", "classifier[fold=0]", "classifier[fold=1]"];
    // And what waits for these.
    let waiting = ["best[fold=0]", "best[fold=1]", "models", "paper"];
    assert_eq!(
        changed("seed=4"),
        &set(&seeded) | &set(&waiting),
        "the cohort has a seed of its own, and what has none draws nothing"
    );
}
