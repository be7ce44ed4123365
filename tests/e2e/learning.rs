//! What can be learned is learned, and what can't is not.

use crate::workshop::Workshop;

/// A cohort on which true labels are easily learned, with arms that can learn and arms that can't.
const EXPERIMENT: &str = r#"
seed = 5
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 3
method.phantom = { patients = 30, clips_per_patient = 3, frames = 6, width = 48, height = 48, crowd = { annotators = 12, opinions_per_clip = 3, guessers = 1.0 } }

[decode.frames]
clips = "@cohort.clips"
frames = 3
size = { width = 48, height = 48 }

[split.patients]
clips = "@cohort.clips"
folds = 3

[aggregate.truth]
opinions = "@cohort.truth"
method = "majority"

[aggregate.guesses]
opinions = "@cohort.crowd"
method = "majority"

[aggregate.planted]
opinions = "planted.csv"
method = "majority"

[train.classifier]
frames = "@frames"
split = "@patients"
model.cnn-gru = { channels = [16, 16, 32], hidden = 16 }
updates = 150
matrix.fold = [0, 1, 2]

[train.classifier.matrix.arm]
truth = { labels = "@truth" }
shuffled = { labels = "@truth", shuffle = true }
guesses = { labels = "@guesses" }
planted = { labels = "@planted" }
logistic = { labels = "@truth", model = "baseline" }

[evaluate.models]
clips = "@cohort.clips"
models = ["@classifier[arm=truth]", "@classifier[arm=shuffled]", "@classifier[arm=guesses]", "@classifier[arm=logistic]"]
reference = "@truth"
on = "out-of-fold"
positive = ["discrete", "confluent"]

[evaluate.by_patient]
clips = "@cohort.clips"
models = "@classifier[arm=planted]"
reference = "@planted"
on = "out-of-fold"
positive = ["discrete", "confluent"]

[report.paper]
evaluations = "@models"
models = "@classifier"
"#;

#[test]
fn truth_is_learned_and_noise_is_not() {
    let workshop = Workshop::new().with("x.toml", EXPERIMENT);
    // Labels that hang on the patient alone: learnable only by a model that sees the same patient on both sides.
    let class = |patient: usize| ["none", "discrete", "confluent"][(patient * 7 + patient / 3) % 3];
    let rows: String = (1..=30).flat_map(|p| (1..=3).map(move |c| format!("p{p:03}-c{c},{}\n", class(p)))).collect();
    workshop.write("planted.csv", format!("clip,label\n{rows}"));
    workshop.run(&[]);
    let (truth, low, _) = workshop.score("models", "truth", "auroc");
    assert!(truth > 0.75 && low > 0.6, "true labels: {truth} [{low}, …]");
    let (baseline, low, _) = workshop.score("models", "logistic", "auroc");
    assert!(baseline > 0.6 && low > 0.5, "the baseline: {baseline} [{low}, …]");
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("3 models of classifier are the baseline: logistic regression with a ridge of 1"));
    assert!(page.contains("12 models (cnn-gru) were trained as classifier"));
    for (stage, arm) in [("models", "shuffled"), ("models", "guesses"), ("by_patient", "planted")] {
        let (value, low, high) = workshop.score(stage, arm, "auroc");
        println!("{arm}: {value:.3} [{low:.3}, {high:.3}]");
        assert!(low <= 0.5 && 0.5 <= high, "{arm}: {value} [{low}, {high}]");
    }
}

/// Sixteen real clips are learned by heart: nothing in the way from a video to a gradient is
/// lost. (All five networks came below 0.04 in 200 updates on frames of 64×64.)
#[test]
fn sixteen_real_clips_are_learned_by_heart() {
    let Some(data) = crate::drawn_for_real::shared("covid_blues") else { return };
    let experiment = r#"
seed = 1
classes = ["absent", "present"]

[decode.frames]
clips = "clips.csv"
frames = 8
size = { width = 40, height = 40 }
short = "repeat"

[split.halves]
clips = "clips.csv"
group = "half"
folds = 2

[aggregate.panel]
opinions = "clips.csv"
raters = ["panel"]
method = "majority"

[train.fit]
frames = "@frames"
split = "@halves"
labels = "@panel"
updates = 150
schedule = "cosine"
validation = 0
augment = { mirror = false }
fold = 0
"#;
    let mut rows = csv::Reader::from_path(data.join("severity.csv")).unwrap();
    let rows: Vec<(String, bool)> =
        rows.records().map(Result::unwrap).map(|row| (row[0].to_owned(), row[3].trim() == "yes")).collect();
    let mut table = "clip,patient,half,path,label\n".to_owned();
    for (seen, every) in [(true, 8), (false, 6)] {
        let clips = rows.iter().filter(|(_, present)| *present == seen).step_by(every).take(16).enumerate();
        for (number, (clip, present)) in clips {
            let label = if *present { "present" } else { "absent" };
            let path = data.join("lus_videos").join(format!("{clip}.mp4"));
            table += &format!("{clip},{clip},h{},{},{label}\n", number % 2, path.display());
        }
    }
    let workshop = Workshop::new().with("x.toml", experiment).with("clips.csv", &table);
    workshop.run(&["fit"]);
    assert_eq!(workshop.table("fit", "training.csv").len(), 17);
    let history = workshop.table("fit", "history.csv");
    let loss: f64 = history.last().unwrap()[3].parse().unwrap();
    assert!(loss < 0.05, "{loss}");
}
