//! One of several models is kept, by patients set aside.

use crate::workshop::{Workshop, tiny_with};

/// Three learning rates, of which the best is kept in each fold of each arm.
fn experiment() -> String {
    tiny_with("updates = 6\nmatrix.fold = [0, 1]", "updates = 30\nvalidation = 0.4\nmatrix.fold = [0, 1]\nmatrix.learning_rate = [0.1, 0.003, 1e-6]")
        .replace("patients = 9,", "patients = 20,")
        .replace(
            "[evaluate.models]",
            "[select.best]\nmodels = \"@classifier\"\nmatrix.fold = [0, 1]\nmatrix.arm = [\"expert\", \"crowd\"]\n\n[evaluate.models]",
        )
        .replace("models = \"@classifier\"\nreference", "models = \"@best\"\nreference")
}

#[test]
fn the_model_with_the_lowest_validation_loss_is_kept_in_each_fold_and_arm() {
    let workshop = Workshop::new().with("x.toml", &experiment());
    workshop.run(&[]);
    let mut kept = Vec::new();
    for arm in ["expert", "crowd"] {
        for fold in [0, 1] {
            let best = format!("best[fold={fold},arm={arm}]");
            let selection = workshop.table(&best, "selection.csv");
            assert_eq!(selection[0], ["model", "validation_loss", "validation_score", "chosen"]);
            assert_eq!(selection.len(), 4);
            let loss = |row: &Vec<String>| row[1].parse::<f64>().unwrap();
            let chosen: Vec<&Vec<String>> = selection[1..].iter().filter(|row| row[3] == "1").collect();
            assert!(
                chosen.len() == 1 && selection[1..].iter().all(|row| loss(row) >= loss(chosen[0])),
                "{selection:?}"
            );
            // The loss is that of the point whose weights were taken, and the model is that model.
            let history = workshop.table(&chosen[0][0], "history.csv");
            let at = |name: &str| history[0].iter().position(|column| column == name).unwrap();
            let taken: Vec<&Vec<String>> = history[1..].iter().filter(|row| row[at("taken")] == "1").collect();
            assert_eq!((taken.len(), &taken[0][at("validation_loss")]), (1, &chosen[0][1]));
            for file in ["model.safetensors", "predictions.csv", "training.csv", "annotators.csv"] {
                let read = |task: &str| std::fs::read(workshop.files(task).join(file)).unwrap();
                assert!(read(&best) == read(&chosen[0][0]), "{file}");
            }
            kept.push(chosen[0][0].clone());
        }
    }
    // It is not the first of each that is kept, whatever its loss.
    assert!(kept.iter().all(|model| !model.contains("learning_rate=0.1")), "{kept:?}");
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("As best, of 12 trained models in each of 4 cases the model with the lowest loss"), "{page}");
    // A selection is a model to others.
    let clips = workshop.files("cohort").join("clips.csv").display().to_string();
    let ask = |model: &str| workshop.crowdline(&["predict", "x.toml", model, &clips]);
    let (best, chosen) = (ask("best[fold=0,arm=expert]"), ask(&kept[0]));
    assert!(best.code == 0 && best.out == chosen.out, "{}", best.err);
}

#[test]
fn models_that_can_not_be_compared_are_named() {
    let mixed = experiment()
        .replace("matrix.arm = [\"expert\", \"crowd\"]\n\n[evaluate", "\n[evaluate")
        .replace("crowd = { labels = \"@crowd\" }", "crowd = { labels = \"@crowd\", validation = 0.2 }");
    let text = mixed.replace("[report.paper]", "[report.paper]\n").replace("compare.primary = { along = \"arm\", candidate = \"crowd\", baseline = \"expert\", metric = \"auroc\", margin = 0.05 }\n", "");
    let refused = |text: &str, what: &str| {
        let workshop = Workshop::new().with("x.toml", text);
        let outcome = workshop.crowdline(&["run", "x.toml", "best"]);
        assert_ne!(outcome.code, 0);
        assert!(outcome.err.contains(what), "{what}: {}", outcome.err);
    };
    refused(&text, "were validated on different clips");
    let blind = experiment().replace("validation = 0.4", "validation = 0");
    refused(&blind, "was not validated: train it with `validation` above 0");
}
