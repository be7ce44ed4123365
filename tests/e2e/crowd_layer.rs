//! Opinions that are learned as they are.

use crate::workshop::Workshop;

const EXPERIMENT: &str = r#"
seed = 5
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 3
method.phantom = { patients = 30, clips_per_patient = 3, frames = 6, width = 48, height = 48, crowd = { annotators = 12, opinions_per_clip = 8, guessers = 0.4 } }

[decode.frames]
clips = "@cohort.clips"
frames = 3
size = { width = 48, height = 48 }

[split.patients]
clips = "@cohort.clips"
folds = 3

[aggregate.crowd]
opinions = "opinions.csv"
method = "majority"

[aggregate.truth]
opinions = "@cohort.truth"
method = "majority"

[train.classifier]
frames = "@frames"
split = "@patients"
labels = "@crowd"
only = "@truth"
opinions = "opinions.csv"
learn = "opinions"
model.cnn-gru = { channels = [16, 16, 32], hidden = 16 }
updates = 240
matrix.fold = [0, 1, 2]

[evaluate.models]
clips = "@cohort.clips"
models = "@classifier"
reference = "@truth"
on = "out-of-fold"
positive = ["discrete", "confluent"]

[report.paper]
evaluations = "@models"
models = "@classifier"
"#;

fn workshop() -> Workshop {
    let made = Workshop::new().with("x.toml", EXPERIMENT).with("opinions.csv", "clip,annotator,label\n");
    made.run(&["cohort"]);
    let opinions = std::fs::read_to_string(made.files("cohort").join("crowd.csv")).unwrap();
    made.write("opinions.csv", opinions);
    made
}

#[test]
fn annotators_are_learned_with_the_network_and_from_training_clips_alone() {
    let workshop = workshop();
    workshop.run(&[]);
    let table = workshop.table("models", "scores.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let auroc = table.iter().find(|row| row[at("metric")] == "auroc").unwrap();
    assert!(auroc[at("value")].parse::<f64>().unwrap() > 0.75, "{auroc:?}");
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("through a confusion matrix for each annotator that was learned with the network"));

    // Who guesses is found: the learned skill goes with how often somebody is right.
    let model = "classifier[fold=0]";
    let truth = workshop.table("truth", "labels.csv");
    let is = |clip: &str| truth.iter().find(|row| row[0] == clip).unwrap()[1].clone();
    let opinions = crate::workshop::rows(&workshop.path("opinions.csv"));
    let column = |name: &str| opinions[0].iter().position(|column| column == name).unwrap();
    let (clip, annotator, label) = (column("clip"), column("annotator"), column("label"));
    let right = |id: &str| {
        let own: Vec<&Vec<String>> = opinions[1..].iter().filter(|row| row[annotator] == id).collect();
        own.iter().filter(|row| is(&row[clip]) == row[label]).count() as f64 / own.len() as f64
    };
    let raters = workshop.table(model, "annotators.csv");
    let of = |name: &str| raters[0].iter().position(|column| column == name).unwrap();
    let pairs: Vec<(f64, f64)> =
        raters[1..].iter().map(|row| (right(&row[of("annotator")]), row[of("skill")].parse().unwrap())).collect();
    assert_eq!(pairs.len(), 12);
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / 12.0;
    let (x, y) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
    let product = mean(&|pair| (pair.0 - x) * (pair.1 - y));
    let spread = (mean(&|pair| (pair.0 - x).powi(2)) * mean(&|pair| (pair.1 - y).powi(2))).sqrt();
    println!("{:.2} {pairs:?}", product / spread);
    assert!(product / spread > 0.6, "{pairs:?}");
    let row = |name: &str| raters[1][of(name)].parse::<f64>().unwrap();
    let sum: f64 = ["none", "discrete", "confluent"].iter().map(|given| row(&format!("none_called_{given}"))).sum();
    assert!((sum - 1.0).abs() < 1e-9);

    // What was said of clips this model is kept from, or scored on, is nothing to it.
    let before = workshop.digests(model);
    let held: Vec<String> = workshop.table(model, "predictions.csv")[1..].iter().map(|row| row[0].clone()).collect();
    let changed: String = std::iter::once(opinions[0].join(","))
        .chain(opinions[1..].iter().map(|row| {
            let mut row = row.clone();
            if held.contains(&row[clip]) {
                row[label] = "none".to_owned();
            }
            row.join(",")
        }))
        .map(|line| line + "\n")
        .collect();
    workshop.write("opinions.csv", changed);
    // The labels must not move either, for they say how the validation curve is drawn.
    let text = EXPERIMENT.replace("labels = \"@crowd\"\nonly = \"@truth\"", "labels = \"@truth\"");
    workshop.write("x.toml", &text);
    workshop.run(&[model]);
    let after = workshop.digests(model);
    workshop.write("opinions.csv", opinions.iter().map(|row| row.join(",") + "\n").collect::<String>());
    workshop.run(&[model]);
    assert_eq!(workshop.digests(model), after);
    assert_ne!(before, after, "other labels draw another validation curve");
}

#[test]
fn what_does_not_go_with_opinions_is_named() {
    let text = EXPERIMENT
        .replace("[aggregate.crowd]\nopinions = \"opinions.csv\"", "[aggregate.crowd]\nopinions = \"@cohort.crowd\"");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        Workshop::new()
            .with("x.toml", &text.replace(from, to))
            .with("opinions.csv", "clip,annotator,label\np001-c1,,none\n")
    };
    for (from, to, expected) in [
        ("learn = \"opinions\"\n", "", "`opinions` are not learned"),
        ("only = \"@truth\"\nopinions = \"opinions.csv\"\n", "", "opinions are to be learned and there are none"),
        ("learn = \"opinions\"\n", "learn = \"opinions\"\nshuffle = true\n", "opinions stay with their clips"),
        ("learn = \"opinions\"\n", "learn = \"opinions\"\nconfusion_trace = -1\n", "`confusion_trace` is no weight"),
        (
            "learn = \"opinions\"\n",
            "learn = \"opinions\"\nclass_weights = \"balanced\"\n",
            "opinions count as they are",
        ),
        (
            "model.cnn-gru = { channels = [16, 16, 32], hidden = 16 }",
            "model = \"baseline\"",
            "this model has no crowd layer",
        ),
    ] {
        let refused = with(from, to).refused();
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
    let anonymous = with("updates = 240", "updates = 2\nvalidation = 0");
    let clip = "p001-c1";
    let refused = anonymous.refused();
    let named = refused.contains("opinions.csv:2: the opinion has no annotator");
    let nowhere = refused.contains("no opinion is on one of the") && !refused.contains(clip);
    assert!(named || nowhere, "{refused}");
}
