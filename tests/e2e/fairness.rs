//! What makes a comparison fair.

use std::collections::BTreeMap;

use crate::workshop::{TINY, Workshop, tiny_with};

fn page(workshop: &Workshop) -> String {
    workshop.read("reports/x/paper/index.html").replace('\u{a0}', " ")
}

#[test]
fn whoever_teaches_must_not_judge() {
    let shared = tiny_with("annotators = [\"e4\", \"e5\", \"e6\"]", "annotators = [\"e3\", \"e5\", \"e6\"]");
    let workshop = Workshop::new().with("x.toml", &shared);
    let err = workshop.refused();
    assert!(err.contains("`classifier[arm=expert]` and its reference `@judges` share the annotators `e3`"), "{err}");
    workshop.write("x.toml", shared.replace("replicates = 200", "replicates = 200\nallow_shared_raters = true"));
    workshop.run(&[]);
    assert!(page(&workshop).contains("rater e3 is also among the makers of judges: agreement with it is flattered"));
    // The same id in another group is another person.
    let other = shared.replace("[aggregate.judges]", "[aggregate.judges]\nrater_group = \"another hospital\"");
    workshop.write("x.toml", other);
    workshop.run(&[]);
    assert!(!page(&workshop).contains("agreement with it is flattered"));
}

/// The cohort's crowd, with every opinion on the clips of fold 1 changed.
fn with_fold_one_changed(workshop: &Workshop) -> String {
    let fold: BTreeMap<String, String> =
        workshop.table("patients", "split.csv").into_iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let other = |label: &str| match label {
        "none" => "confluent",
        "discrete" => "none",
        _ => "discrete",
    };
    let rows = workshop.table("cohort", "crowd.csv");
    rows.iter()
        .map(|row| match fold.get(&row[0]).map(String::as_str) {
            Some("1") => format!("{},{},{}\n", row[0], row[1], other(&row[2])),
            _ => format!("{},{},{}\n", row[0], row[1], row[2]),
        })
        .collect()
}

#[test]
fn opinions_on_a_fold_never_reach_the_model_scored_on_it() {
    let joined = TINY
        .replace(
            "[aggregate.crowd]\nopinions = \"@cohort.crowd\"",
            "[aggregate.crowd]\nopinions = \"crowd.csv\"\nsplit = \"@patients\"\nmatrix.fold = [0, 1]",
        )
        .replace(
            "method.majority = { ties = \"ordinal-low\" }\n\n[aggregate.expert]",
            "method = \"dawid-skene\"\n\n[aggregate.expert]",
        );
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["patients"]);
    let original: String = workshop.table("cohort", "crowd.csv").iter().map(|row| row.join(",") + "\n").collect();
    let changed = with_fold_one_changed(&workshop);
    assert_ne!(original, changed);
    workshop.write("x.toml", &joined);
    workshop.write("crowd.csv", original);
    workshop.run(&[]);
    let before = workshop.digests("classifier[fold=1,arm=crowd]");
    let scored_on_0 = workshop.digests("classifier[fold=0,arm=crowd]");
    workshop.write("crowd.csv", changed);
    let sum = workshop.run(&[]);
    assert_eq!(workshop.digests("classifier[fold=1,arm=crowd]"), before, "not one byte of the model scored on fold 1");
    assert_ne!(workshop.digests("classifier[fold=0,arm=crowd]"), scored_on_0, "the other model learned from them");
    assert!(sum.ran.contains(&"classifier".to_owned()));
}

#[test]
fn a_held_out_patient_is_in_no_training() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let patient = |clip: &str| clip.split('-').next().unwrap().to_owned();
    for fold in ["0", "1"] {
        let task = format!("classifier[fold={fold},arm=expert]");
        let column = |file: &str| -> Vec<String> {
            let mut patients: Vec<String> =
                workshop.table(&task, file)[1..].iter().map(|row| patient(&row[0])).collect();
            patients.sort();
            patients.dedup();
            patients
        };
        let (learned, predicted) = (column("training.csv"), column("predictions.csv"));
        assert!(!learned.is_empty() && !predicted.is_empty());
        assert!(learned.iter().all(|patient| !predicted.contains(patient)), "{learned:?} {predicted:?}");
    }
}

#[test]
fn only_gives_arms_the_same_clips_and_shuffle_the_same_labels() {
    // The crowd judged all clips, the experts' table has but half of them.
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["cohort"]);
    let experts = workshop.table("cohort", "experts.csv");
    let half: String = experts.iter().filter(|row| !row[0].ends_with("-c3")).map(|row| row.join(",") + "\n").collect();
    workshop.write("experts.csv", half);
    let text = TINY.replace("opinions = \"@cohort.experts\"\nannotators = [\"e1\"", "opinions = \"experts.csv\"\nannotators = [\"e1\"").replace(
        "crowd = { labels = \"@crowd\" }",
        "crowd = { labels = \"@crowd\" }\nsame = { labels = \"@crowd\", only = \"@expert\" }\nshuffled = { labels = \"@expert\", shuffle = true }",
    );
    workshop.write("x.toml", text);
    workshop.run(&["classifier"]);
    let training = |arm: &str| -> Vec<(String, String, String)> {
        workshop.table(&format!("classifier[fold=0,arm={arm}]"), "training.csv")[1..]
            .iter()
            .map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
            .collect()
    };
    let clips = |arm: &str| training(arm).into_iter().map(|(clip, _, part)| (clip, part)).collect::<Vec<_>>();
    assert_eq!(clips("same"), clips("expert"));
    assert_eq!(clips("shuffled"), clips("expert"));
    assert!(clips("crowd").len() > clips("same").len());
    let labels = |arm: &str| {
        let mut labels: Vec<String> = training(arm).into_iter().map(|(_, label, _)| label).collect();
        labels.sort();
        labels
    };
    assert_eq!(labels("shuffled"), labels("expert"));
    assert_ne!(training("shuffled"), training("expert"));
}

#[test]
fn known_answers_of_scored_patients_are_refused() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["cohort"]);
    // The truth of two clips each of two patients is known; the patients may be in any fold.
    let truth = workshop.table("cohort", "truth.csv");
    let at = |name: &str| truth[0].iter().position(|column| column == name).unwrap();
    let known = truth[1..]
        .iter()
        .filter(|row| ["p001-c1", "p001-c2", "p004-c1", "p004-c2"].contains(&row[at("clip")].as_str()));
    let known: String = known.map(|row| format!("{},{}\n", row[at("clip")], row[at("label")])).collect();
    workshop.write("answers.csv", format!("clip,label\n{known}"));
    let quality = "quality = { minimum_known = 1, minimum_opinions = 0, minimum_accuracy = 0.1, before = \"include\" }";
    let crowd = format!("[aggregate.crowd]\nknown_answers = \"answers.csv\"\n{quality}");
    let text = TINY.replace("[aggregate.crowd]", &crowd);
    workshop.write("x.toml", &text);
    let err = workshop.refused();
    for said in [
        "`classifier[fold=",
        "arm=crowd]` rests on known answers to",
        "clips of patients it is scored on: `p00",
        "aggregate anew for each fold (`split` and `matrix.fold`)",
    ] {
        assert!(err.contains(said), "`{said}` is not in\n{err}");
    }
    // Aggregated anew for each fold, the known answers on it are not looked at.
    workshop.write("x.toml", text.replace(quality, &format!("{quality}\nsplit = \"@patients\"\nmatrix.fold = [0, 1]")));
    workshop.run(&[]);
    // Labels are an arm too, and a known answer of a stranger can't be checked.
    let labels = "[evaluate.labels]\nclips = \"@cohort.clips\"\ncandidate = \"@crowd\"\nreference = \"@judges\"\n";
    workshop.write("x.toml", format!("{}\n{labels}", text.split("[train.").next().unwrap()));
    assert!(workshop.refused().contains("`crowd` rests on known answers to 4 clips of patients"));
    let others: String = workshop
        .table("cohort", "clips.csv")
        .iter()
        .filter(|row| !row[0].starts_with("p001"))
        .map(|row| format!("{},{}\n", row[0], row[1]))
        .collect();
    workshop.write("clips.csv", others);
    let elsewhere = labels.replace("@cohort.clips", "clips.csv");
    workshop.write("x.toml", format!("{}\n{elsewhere}", text.split("[train.").next().unwrap()));
    let err = workshop.refused();
    assert!(err.contains("the clips `p001-c1`, `p001-c2`, which the clip table does not have"), "{err}");
}

#[test]
fn floor_and_control_make_a_verdict_inconclusive() {
    let floor = "models = \"@classifier\"\nfloor = { along = \"arm\", at = \"expert\", metric = \"auroc\", value = 1.0 }\ncompare.primary = { along = \"arm\", candidate = \"crowd\", baseline = \"expert\", metric = \"auroc\", margin = 1.0 }\ncompare.other = { along = \"arm\", candidate = \"expert\", baseline = \"crowd\", metric = \"accuracy\", margin = 1.0 }";
    let declared = "models = \"@classifier\"\ncompare.primary = { along = \"arm\", candidate = \"crowd\", baseline = \"expert\", metric = \"auroc\", margin = 0.05 }";
    let workshop = Workshop::new().with("x.toml", &tiny_with(declared, floor));
    workshop.run(&[]);
    let page = page(&workshop);
    assert!(page.contains("inconclusive") && page.contains("1.000"), "the floor is named");
    assert!(page.contains("not tested"), "a secondary contrast behind one that was not shown");
    // With a floor that is met and a margin nothing can miss, the same numbers are non-inferior or better.
    let met = floor.replace("value = 1.0", "value = 0.0");
    workshop.write("x.toml", tiny_with(declared, &met));
    workshop.run(&[]);
    let page = self::page(&workshop);
    assert!(page.contains("non-inferior") || page.contains("superior"));
    assert!(!page.contains("not tested"));
}

#[test]
fn a_control_is_held_against_a_value_of_chance() {
    let declared = "evaluations = \"@models\"\n";
    let control =
        |metric: &str| format!("{declared}control = {{ along = \"arm\", at = \"expert\", metric = \"{metric}\" }}\n");
    let asked = |metric: &str| {
        let text = tiny_with(declared, &control(metric));
        text.replace("positive = [", "metrics = [\"auroc\", \"accuracy\", \"auroc-ovo\"]\npositive = [")
    };
    let workshop = Workshop::new().with("x.toml", &asked("accuracy"));
    let err = workshop.refused();
    assert!(err.contains("no value of chance") && err.contains("`auroc-ovo`, whose chance is 0.5"), "{err}");
    workshop.write("x.toml", asked("auroc-ovo"));
    workshop.run(&[]);
    let said = "interval of the AUROC, class against class of arm expert excludes 0.5.";
    assert!(page(&workshop).contains(said), "{said}");
}

#[test]
fn comparing_what_is_not_there_is_refused() {
    let workshop = Workshop::new().with("x.toml", &tiny_with("candidate = \"crowd\"", "candidate = \"crwod\""));
    let err = workshop.refused();
    assert!(err.contains("nothing is scored at arm = `crwod`; did you mean `crowd`?"), "{err}");
}

#[test]
fn three_classes_have_no_auroc_without_positives() {
    let text = tiny_with("positive = [\"discrete\", \"confluent\"]", "metrics = [\"auroc\"]");
    let err = Workshop::new().with("x.toml", &text).refused();
    assert!(err.contains("`auroc` is not defined for 3 classes"), "{err}");
}

#[test]
fn metrics_that_are_named_are_scored_and_told_and_no_others() {
    let named = [
        "f1",
        "mcc",
        "ordinal-mae",
        "average-precision",
        "brier",
        "log-loss",
        "auroc",
        "auroc-ovr",
        "auroc-ovo",
        "ece",
        "calibration-intercept",
        "micro-f1",
    ];
    let text = tiny_with("replicates = 200", &format!("replicates = 200\nmetrics = {named:?}"));
    let workshop =
        Workshop::new().with("x.toml", &text.replace("[report.paper]", "[report.paper]\nformats = [\"latex\"]"));
    workshop.run(&[]);
    let scores = workshop.table("models", "scores.csv");
    let of_crowd = scores.iter().filter(|row| row[1] == "crowd").map(|row| row[2].as_str());
    assert_eq!(of_crowd.collect::<Vec<_>>(), named);
    let (value, low, high) = workshop.score("models", "crowd", "brier");
    assert!(0.0 < low && low <= value && value <= high && high < 1.0, "{value} [{low}, {high}]");
    for metric in ["auroc-ovr", "auroc-ovo"] {
        let (value, low, high) = workshop.score("models", "crowd", metric);
        assert!(0.0 <= low && low <= value && value <= high && high <= 1.0, "{metric}: {value} [{low}, {high}]");
    }

    // The bins hold every clip once, and their gaps make up the expected calibration error.
    let bins = workshop.table("models", "reliability.csv");
    assert_eq!(bins[0], ["source", "arm", "predicted", "observed", "clips_times_seeds"]);
    let of_crowd: Vec<[f64; 3]> = bins[1..]
        .iter()
        .filter(|row| row[1] == "crowd")
        .map(|row| [2, 3, 4].map(|at: usize| row[at].parse().unwrap()))
        .collect();
    let clips: f64 = of_crowd.iter().map(|[_, _, clips]| clips).sum();
    assert_eq!(clips as usize, workshop.table("models", "predictions.csv").len() / 2);
    let error = of_crowd.iter().map(|[predicted, observed, clips]| clips * (predicted - observed).abs()).sum::<f64>();
    assert!((error / clips - workshop.score("models", "crowd", "ece").0).abs() < 1e-12);
    let curve = workshop.table("models", "pr.csv");
    assert_eq!(curve[0], ["source", "arm", "recall", "precision"]);
    assert!(curve.iter().any(|row| row[1] == "crowd" && row[2] == "1"));
}

#[test]
fn a_test_part_is_learned_by_nobody_and_scored_by_all_folds() {
    let text = TINY
        .replace("folds = 2", "folds = 2\ntest = 0.3")
        .replace("updates = 6", "epochs = 1\nlearn = \"posteriors\"")
        .replace("on = \"out-of-fold\"", "on = \"test\"");
    let workshop = Workshop::new().with("x.toml", &text);
    workshop.run(&[]);
    let split = workshop.table("patients", "split.csv");
    let test: Vec<&str> = split.iter().filter(|row| row[2] == "test").map(|row| row[0].as_str()).collect();
    assert!(!test.is_empty());
    for fold in ["0", "1"] {
        let learned = workshop.table(&format!("classifier[fold={fold},arm=crowd]"), "training.csv");
        assert!(learned.iter().all(|row| !test.contains(&row[0].as_str())));
    }
    // Each test clip once an arm, by the mean of both folds' models.
    let predictions = workshop.table("models", "predictions.csv");
    assert_eq!(predictions.len() - 1, 2 * test.len());
    let at = |table: &[Vec<String>], name: &str| table[0].iter().position(|column| column == name).unwrap();
    let of = |table: &[Vec<String>], clip: &str, arm: Option<&str>| -> f64 {
        let fits =
            |row: &&Vec<String>| row[at(table, "clip")] == clip && arm.is_none_or(|arm| row[at(table, "arm")] == arm);
        table.iter().find(fits).unwrap()[at(table, "p_none")].parse().unwrap()
    };
    let by_fold = |fold: &str| workshop.table(&format!("classifier[fold={fold},arm=crowd]"), "predictions.csv");
    let mean = (of(&by_fold("0"), test[0], None) + of(&by_fold("1"), test[0], None)) / 2.0;
    assert!((of(&predictions, test[0], Some("crowd")) - mean).abs() < 1e-15);
}
