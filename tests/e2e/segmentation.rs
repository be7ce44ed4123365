//! Models of frames: from drawings to maps, and what is made of these.

use crate::workshop::Workshop;

pub const EXPERIMENT: &str = r#"
seed = 7
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 5
method.phantom = { patients = 16, clips_per_patient = 2, frames = 3, frames_drawn = 2, width = 64, height = 64 }

[decode.frames]
clips = "@cohort.clips"
size = { width = 40, height = 40 }

[split.patients]
clips = "@cohort.clips"
folds = 2

[aggregate.crowd]
drawn = "@cohort.crowd_lines"
drawn_unit = "percent"
viewed = "@cohort.crowd_views"
frames = "@frames"
method.line-consensus = { match_px = 5, support = 0.5 }

[aggregate.judges]
drawn = "@cohort.expert_lines"
drawn_unit = "percent"
viewed = "@cohort.expert_views"
frames = "@frames"
method.line-consensus = { match_px = 5, support = 0.5 }

[train.segmenter]
frames = "@frames"
split = "@patients"
labels = "@crowd"
target.line = { width_px = 4 }
model.unet = { width = 8, depth = 3 }
batch = 6
updates = 150
matrix.fold = [0, 1]
matrix.shuffle = [false, true]

[evaluate.models]
clips = "@cohort.clips"
models = "@segmenter"
reference = "@judges"
on = "out-of-fold"
match = { px = 6 }
replicates = 200

[report.paper]
evaluations = "@models"
models = "@segmenter"
"#;

const TASK: &str = "segmenter[fold=0,shuffle=false]";

fn with(from: &str, to: &str) -> Workshop {
    assert!(EXPERIMENT.contains(from), "{from}");
    Workshop::new().with("x.toml", &EXPERIMENT.replace(from, to))
}

fn score(workshop: &Workshop, shuffle: &str, metric: &str) -> f64 {
    let table = workshop.table("models", "scores.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let row = table.iter().find(|row| row[at("shuffle")] == shuffle && row[at("metric")] == metric);
    row.unwrap()[at("value")].parse().unwrap()
}

#[test]
fn lines_are_learned_and_found_on_held_out_patients() {
    let workshop = Workshop::new().with("x.toml", EXPERIMENT);
    workshop.run(&[]);
    for (metric, least) in [("dice", 0.35), ("line-f1", 0.45)] {
        let (learned, shuffled) = (score(&workshop, "false", metric), score(&workshop, "true", metric));
        assert!(learned > least && learned > shuffled + 0.2, "{metric}: {learned} {shuffled}");
    }
    let dice = score(&workshop, "false", "dice");
    assert!(score(&workshop, "false", "iou") < dice, "an intersection over a union is below Dice");

    // Nobody of a held-out clip is learned from, and the maps are of held-out clips alone.
    let training: Vec<String> = workshop.table(TASK, "training.csv")[1..].iter().map(|row| row[0].clone()).collect();
    let maps = workshop.table(TASK, "maps.csv");
    assert_eq!(maps[0], ["clip", "patient", "part", "frame", "index"]);
    assert!(maps[1..].iter().all(|row| row[2] == "0" && !training.contains(&row[0])));
    let file = workshop.files(TASK).join(format!("maps/{}.npy", maps[1][0]));
    let bytes = std::fs::read(file).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY") && bytes.len() > 3 * 40 * 40);
    assert!(workshop.table(TASK, "history.csv")[0].contains(&"validation_dice".to_owned()));
    let shown = workshop.crowdline(&["show", "x.toml", TASK]).out;
    assert!(shown.contains("pixels of 1 frames of 40×40 pixels") && shown.contains("head.weight"), "{shown}");

    // The counts of each frame make up the scores.
    let frames = workshop.table("models", "frames.csv");
    let at = |name: &str| frames[0].iter().position(|column| column == name).unwrap();
    let sum = |column: &str| -> f64 {
        let of = frames[1..].iter().filter(|row| row[0].contains("shuffle=false"));
        of.map(|row| row[at(column)].parse::<f64>().unwrap()).sum()
    };
    let f1 = 2.0 * sum("lines_shared") / (sum("lines_found") + sum("lines_there"));
    assert!((f1 - score(&workshop, "false", "line-f1")).abs() < 1e-12, "{f1}");

    let page = workshop.read("reports/x/paper/index.html");
    for said in ["F1 of lines", "Dice", "lines were learned as bars 4 pixels wide", "of 6 frames with AdamW"] {
        assert!(page.contains(said), "{said}");
    }
    let again = workshop.run(&["--threads", "1"]);
    assert_eq!(again.executed, 0);
}

#[test]
fn origins_and_masks_are_learned_too() {
    let workshop = with("target.line = { width_px = 4 }", "target.origin = { diameter_px = 8 }");
    workshop.run(&["models"]);
    let scores = workshop.table("models", "scores.csv");
    let metrics: Vec<&str> = scores[1..].iter().map(|row| row[2].as_str()).collect();
    assert!(
        metrics.contains(&"origin-f1") && metrics.contains(&"dice") && !metrics.contains(&"line-f1"),
        "{metrics:?}"
    );
    // Where origins usually are is known to a model of shuffled drawings too, so that is no measure here.
    assert!(score(&workshop, "false", "origin-f1") > 0.3);

    let masks = EXPERIMENT
        .replace("target.line = { width_px = 4 }", "target = \"mask\"")
        .replace("method.line-consensus = { match_px = 5, support = 0.5 }", "method.pixel-majority = { width_px = 4 }");
    let workshop = Workshop::new().with("x.toml", &masks);
    workshop.run(&["models"]);
    let scores = workshop.table("models", "scores.csv");
    let metrics: Vec<&str> = scores[1..].iter().map(|row| row[2].as_str()).collect();
    assert_eq!(metrics, ["dice", "iou", "dice", "iou"]);
    assert!(score(&workshop, "false", "dice") > score(&workshop, "true", "dice") + 0.1);
}

#[test]
fn frames_count_as_much_as_is_said() {
    let weights = |given: &str| {
        let workshop = with("updates = 150", &format!("updates = 3\nframe_weights = {given}"));
        workshop.run(&[TASK]);
        std::fs::read(workshop.files(TASK).join("model.safetensors")).unwrap()
    };
    let alike = weights("\"as-they-come\"");
    assert!(weights("{ given = { empty = 1, drawn = 1 } }") == alike);
    assert!(weights("{ given = { empty = 0 } }") != alike && weights("\"balanced\"") != alike);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |from: &str, to: &str| with(from, to).refused();
    let error = refused("target.line = { width_px = 4 }\n", "");
    assert!(error.contains("`unet` is not told what to find"), "{error}");
    let error = refused("target.line = { width_px = 4 }", "target.line = { width_px = 4, width_mm = 2 }");
    assert!(error.contains("give one of `width_mm`, `width_px` and `width_percent`"), "{error}");
    let error = refused("target.line = { width_px = 4 }", "target = \"mask\"");
    assert!(error.contains("the aggregation makes lines: give `target.line`"), "{error}");
    let error = refused("model.unet = { width = 8, depth = 3 }", "model = \"cnn-gru\"");
    assert!(error.contains("`cnn-gru` finds nothing on frames"), "{error}");
    let error = refused("model.unet = { width = 8, depth = 3 }", "frame_weights = \"balanced\"\nmodel = \"cnn-gru\"");
    assert!(error.contains("`cnn-gru` learns clips, not frames"), "{error}");
    let error = refused("updates = 150", "updates = 1\nframe_weights.given = { full = 2 }");
    assert!(error.contains("`frame_weights` has the class `full`"), "{error}");
    let error = refused("match = { px = 6 }", "match = { px = 6, mm = 2 }");
    assert!(error.contains("`match` needs one length"), "{error}");
    let error = refused("updates = 150", "updates = 1\nclass_weights = \"balanced\"");
    assert!(error.contains("class_weights.given = { drawn = 5 }"), "{error}");
    let short = EXPERIMENT.replace("updates = 150", "updates = 1");
    let error = Workshop::new().with("x.toml", &short.replace("match = { px = 6 }\n", "")).refused();
    assert!(error.contains("give `match = { mm = 5 }`"), "{error}");
    let error = Workshop::new()
        .with("x.toml", &short.replace("match = { px = 6 }", "match = { px = 6 }\nmetrics = [\"auroc\"]"))
        .refused();
    assert!(error.contains("`auroc`"), "{error}");
}
