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
