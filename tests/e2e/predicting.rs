//! Trained models on other clips.

use std::collections::BTreeMap;

use crate::segmentation;
use crate::workshop::{TINY, Workshop, rows};

fn clips(workshop: &Workshop) -> String {
    workshop.files("cohort").join("clips.csv").display().to_string()
}

/// Probabilities by clip, and how many models learned from it.
fn predicted(text: &str) -> BTreeMap<String, (Vec<f64>, String)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["clip", "label", "p_none", "p_discrete", "p_confluent", "learned_by"]);
    let row = |row: csv::StringRecord| {
        let p = (2..5).map(|at| row[at].parse().unwrap()).collect();
        (row[0].to_owned(), (p, row[5].to_owned()))
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn one_model_says_what_it_said_of_clips_it_was_kept_from_and_several_the_mean() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["classifier"]);
    let clips = clips(&workshop);
    let ask = |model: &str| {
        let outcome = workshop.crowdline(&["predict", "x.toml", model, &clips]);
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        (predicted(&outcome.out), outcome.err)
    };
    let (first, told) = ask("classifier[fold=0,arm=crowd]");
    assert_eq!(first.len(), 27);
    let held = workshop.table("classifier[fold=0,arm=crowd]", "predictions.csv");
    let at = |name: &str| held[0].iter().position(|column| column == name).unwrap();
    assert!(held.len() > 5);
    for row in &held[1..] {
        let expected: Vec<f64> =
            ["p_none", "p_discrete", "p_confluent"].iter().map(|name| row[at(name)].parse().unwrap()).collect();
        assert_eq!(first[&row[at("clip")]], (expected, "0".to_owned()));
    }
    let learned = first.values().filter(|(_, learned)| learned == "1").count();
    assert_eq!(learned, workshop.table("classifier[fold=0,arm=crowd]", "training.csv").len() - 1);
    assert!(
        told.contains(&format!("{learned} of these clips are called like clips that models learned from")),
        "{told}"
    );

    let (second, _) = ask("classifier[fold=1,arm=crowd]");
    let (both, _) = ask("classifier[arm=crowd]");
    for (clip, (found, _)) in &both {
        for ((found, one), other) in found.iter().zip(&first[clip].0).zip(&second[clip].0) {
            assert!((found - (one + other) / 2.0).abs() < 1e-12, "{clip}");
        }
    }
    let outcome =
        workshop.crowdline(&["predict", "x.toml", "classifier[arm=crowd]", &clips, "--json", "--threads", "1"]);
    let line: serde_json::Value = serde_json::from_str(outcome.out.lines().next().unwrap()).unwrap();
    let clip = line["clip"].as_str().unwrap();
    assert_eq!(line["probabilities"]["none"].as_f64().unwrap(), both[clip].0[0]);
}

#[test]
fn maps_are_those_of_the_training() {
    let text = segmentation::EXPERIMENT.replace("updates = 150", "updates = 4");
    let workshop = Workshop::new().with("x.toml", &text);
    let model = "segmenter[fold=1,shuffle=false]";
    workshop.run(&[model]);
    let clips = clips(&workshop);
    let nowhere = workshop.crowdline(&["predict", "x.toml", model, &clips]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.err.contains("--output FOLDER"), "{}", nowhere.err);
    let outcome = workshop.crowdline(&["predict", "x.toml", model, &clips, "-o", "maps-of-all"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let table = rows(&workshop.path("maps-of-all/frames.csv"));
    assert_eq!(table[0], ["clip", "frame", "index", "share", "highest", "learned_by"]);
    assert_eq!(table.len(), 1 + 32 * 3);
    let held = workshop.table(model, "maps.csv");
    assert!(held.len() > 10);
    for row in &held[1..] {
        let file = format!("maps/{}.npy", row[0]);
        let (made, found) = (workshop.files(model).join(&file), workshop.path("maps-of-all").join(&file));
        assert!(std::fs::read(made).unwrap() == std::fs::read(found).unwrap(), "{file}");
    }
}

#[test]
fn what_can_not_be_predicted_is_named() {
    let workshop = Workshop::new().with("x.toml", TINY).with("broken.mp4", "no video").with("empty.csv", "clip,path\n");
    let refused = |arguments: &[&str], code: i32, what: &str| {
        let outcome = workshop.crowdline(&[&["predict", "x.toml"], arguments].concat());
        assert_eq!(outcome.code, code, "{}", outcome.err);
        assert!(outcome.err.contains(what), "{what}: {}", outcome.err);
        outcome
    };
    refused(&["crowd", "broken.mp4"], 2, "`crowd` is no model");
    refused(&["classifier", "broken.mp4"], 2, "name one of classifier[arm=expert], classifier[arm=crowd]");
    refused(&["classifier[arm=crowd]", "nothing.mp4"], 2, "there is no file `nothing.mp4`");
    refused(&["classifier[arm=crowd]", "empty.csv"], 2, "no clip is named");
    refused(&["classifier[arm=crowd]", "broken.mp4", "./broken.mp4"], 2, "two clips are called `broken`");
    refused(&["classifier[arm=crowd]", "broken.mp4"], 1, "is not trained yet; `crowdline run x.toml classifier[");
    workshop.run(&["classifier"]);
    let clips = clips(&workshop);
    let outcome = refused(&["classifier[arm=crowd]", "broken.mp4", &clips], 1, "1 of 28 clips could not be predicted");
    assert!(outcome.err.contains("broken (broken.mp4): "), "{}", outcome.err);
    assert_eq!(predicted(&outcome.out).len(), 27);
}
