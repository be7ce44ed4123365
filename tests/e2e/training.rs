//! How models are trained: what a run says of it, what goes on after a stop, and what is refused.

use std::{process::Stdio, time::Duration};

use crate::workshop::{Workshop, tiny_with};

const TASK: &str = "classifier[fold=0,arm=crowd]";

/// Everything a training has that remembers or draws.
fn long() -> String {
    tiny_with(
        "model.cnn-gru = { channels = [8, 8], hidden = 8 }\nupdates = 6",
        "model.cnn-lstm = { channels = [8, 8], hidden = 8, bidirectional = true, dropout = 0.2 }\nupdates = 400\nlearn = \"sampled\"\n\
         schedule = \"plateau\"\nsampling = \"balanced\"\naugment = { rotate = 5.0, noise = 4.0, jitter = 1 }\nclip_norm = 1.0",
    )
}

#[cfg(unix)]
#[test]
fn a_training_that_is_killed_goes_on_and_ends_with_the_same_bytes() {
    let undisturbed = Workshop::new().with("x.toml", &long());
    undisturbed.run(&[TASK]);
    let expected = undisturbed.digests(TASK);

    let workshop = Workshop::new().with("x.toml", &long());
    workshop.run(&["frames", "patients", "crowd"]);
    let mut kills = 0;
    for round in 0..60 {
        let mut command = workshop.command(&["run", "x.toml", TASK, "--checkpoint-every", "0"]);
        command.args(["--threads", if round % 2 == 0 { "1" } else { "2" }]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // SIGKILL somewhere inside an update, an epoch, or the writing of a checkpoint.
        std::thread::sleep(Duration::from_millis(150 + 37 * (round % 7)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
    }
    workshop.run(&[TASK]);
    assert!(kills > 0);
    assert_eq!(workshop.digests(TASK), expected, "after {kills} kills");
    let log = workshop.crowdline(&["log", "x.toml", TASK]).out;
    assert!(log.contains("goes on after update"), "{log}");
    // What was half-written at a kill is swept by `gc`, once its process is known to be gone.
    let left = || {
        let names = std::fs::read_dir(workshop.path("cache/checkpoints")).into_iter().flatten();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert!(
        left().iter().all(|name| name.starts_with(".new-")),
        "a training that is done has no checkpoint: {:?}",
        left()
    );
    assert_eq!(workshop.crowdline(&["gc"]).code, 0);
    assert_eq!(left(), [""; 0]);
}

#[test]
fn what_is_shown_of_a_model_and_its_curve() {
    let experiment = tiny_with("updates = 6", "updates = 12\nevaluate_every = 4\nschedule = \"cosine\"\nwarmup = 2");
    let workshop = Workshop::new().with("x.toml", &experiment);
    workshop.run(&[TASK]);
    let shown = workshop.crowdline(&["show", "x.toml", TASK]).out;
    for said in ["cnn-gru", "3 classes of 3 frames of 16×16 pixels", "parameters", "gru.weight_hh_l0", "24×8"] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    let history = workshop.table(TASK, "history.csv");
    let expected = ["update", "epoch", "learning_rate", "train_loss", "validation_loss", "validation_accuracy"];
    assert_eq!(history[0], [&expected[..], &["taken"]].concat());
    assert_eq!(history[1..].iter().map(|row| row[6].as_str()).collect::<Vec<_>>(), ["0", "0", "1"]);
    assert_eq!(history[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["4", "8", "12"]);
    let rates: Vec<f64> = history[1..].iter().map(|row| row[2].parse().unwrap()).collect();
    assert!(rates[0] > rates[1] && rates[1] > rates[2] && rates[2] > 0.0, "{rates:?}");
    let log = workshop.crowdline(&["log", "x.toml", TASK]).out;
    assert!(log.contains("update 8 epoch") && log.contains("at least") && log.contains("right"), "{log}");
}

#[test]
fn a_model_may_begin_with_weights_that_saw_no_scored_patient() {
    let first = "[train.first]\nframes = \"@frames\"\nsplit = \"@patients\"\nlabels = \"@expert\"\nmodel.cnn-gru = { channels = [8, 8], hidden = 8 }\nupdates = 6\n";
    let of_folds = format!("{first}matrix.fold = [0, 1]\n\n[train.classifier]\ninit = \"@first\"");
    let workshop = Workshop::new().with("x.toml", &tiny_with("[train.classifier]", &of_folds));
    workshop.run(&["classifier"]);
    let begun = workshop.table(TASK, "history.csv");
    let plain = Workshop::new().with("x.toml", &tiny_with("", ""));
    plain.run(&["classifier"]);
    assert_ne!(begun, plain.table(TASK, "history.csv"));

    // Trained with fold 1 held out, and so on patients of fold 0.
    let leaking = format!("{first}fold = 1\n\n[train.classifier]\ninit = \"@first\"");
    let workshop = Workshop::new().with("x.toml", &tiny_with("[train.classifier]", &leaking));
    let error = workshop.refused();
    assert!(error.contains("patients that this one is scored on") && error.contains("matrix.fold"), "{error}");

    let other = of_folds.replace("hidden = 8", "hidden = 9");
    let workshop = Workshop::new().with("x.toml", &tiny_with("[train.classifier]", &other));
    let error = workshop.refused();
    assert!(error.contains("give both the same model and frames"), "{error}");
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_runs() {
    let refused = |line: &str| {
        let workshop = Workshop::new().with("x.toml", &tiny_with("updates = 6", &format!("updates = 6\n{line}")));
        let outcome = workshop.crowdline(&["check", "x.toml"]);
        assert_eq!(outcome.code, 2, "{line}\n{}", outcome.err);
        outcome.err
    };
    for (line, said) in [
        ("schedule = \"cosin\"", "cosine"),
        ("optimiser.sgd = { momentum = 1.5 }", "momentum = 1.5"),
        ("warmup = 6", "as long as the training"),
        ("class_weights.given = { confluend = 2 }", "did you mean `confluent`?"),
        ("sampling.given = { none = 0.5, discrete = 0.2 }", "sum to 0.7"),
        ("patience = 2\nvalidation = 0.0", "needs a validation curve"),
        ("augment = { rotate = 300 }", "augment.rotate = 300"),
        ("clip_norm = 0.0", "give a positive number"),
        ("learn = \"softly\"", "unknown variant"),
        ("loss = { dise = 1.0 }", "dice"),
    ] {
        let error = refused(line);
        assert!(error.contains(said), "{line}\n{error}");
    }
    let workshop = Workshop::new().with("x.toml", &tiny_with("updates = 6", "updates = 6\nloss = { dice = 1.0 }"));
    let error = workshop.refused();
    assert!(error.contains("clips take `cross_entropy` and `focal`"), "{error}");
}
