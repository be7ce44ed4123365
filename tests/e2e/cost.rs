//! What labels cost, told beside how well they do.

use crate::study::{replace, study};
use crate::workshop::Workshop;

/// The rows of the table of costs as `candidate`, `labels`, `clips`, `opinions`, `price`, `cost_per_clip`, `cost`.
fn costs(workshop: &Workshop, table: &str) -> Vec<String> {
    let text = workshop.read(&format!("reports/x/paper/tables/{table}.csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let columns = ["candidate", "labels", "clips", "opinions", "price", "cost_per_clip", "cost"].map(at);
    reader.records().map(|row| columns.map(|column| row.as_ref().unwrap()[column].to_owned()).join(" ")).collect()
}

#[test]
fn opinions_that_counted_are_paid_for_and_a_new_price_redoes_the_report_alone() {
    let workshop = study();
    // A second opinion on two of the eight clips.
    let crowd = workshop.read("data/crowd.csv") + "c0,w2,some\nc1,w2,none\n";
    workshop.write("data/crowd.csv", crowd);
    replace(
        &workshop,
        "x.toml",
        "evaluations = \"@labels\"",
        "evaluations = \"@labels\"\nprices = { crowd = 0.25 }\ncurrency = \"EUR\"",
    );
    workshop.run(&[]);
    assert_eq!(costs(&workshop, "cost-labels"), ["crowd crowd 8 10 0.25 0.3125 2.5"]);
    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("What the labels cost") && page.contains("All (EUR)"));

    replace(&workshop, "x.toml", "crowd = 0.25", "crowd = 0.5");
    assert_eq!(workshop.run(&[]).executed, 1);
    assert_eq!(costs(&workshop, "cost-labels"), ["crowd crowd 8 10 0.5 0.625 5"]);

    replace(&workshop, "x.toml", "crowd = 0.5", "crwd = 0.5");
    let error = workshop.refused();
    assert!(error.contains("`prices.crwd`") && error.contains("did you mean `crowd`?"), "{error}");
    replace(&workshop, "x.toml", "crwd = 0.5", "crowd = -1");
    let error = workshop.refused();
    assert!(error.contains("the price of an opinion of `crowd` is -1"), "{error}");
}

#[test]
fn a_clip_that_models_of_several_folds_learned_from_is_paid_for_once() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/cost-of-labels.toml");
    let workshop = Workshop::new().with("x.toml", &std::fs::read_to_string(path).unwrap());
    replace(&workshop, "x.toml", "updates = 150", "updates = 2");
    workshop.run(&[]);
    let rows = costs(&workshop, "cost-models");
    let expected = [
        "on_crowd 1 crowd 240 240 0.05 0.05 12",
        "on_crowd 3 crowd 240 720 0.05 0.15 36",
        "on_crowd 12 crowd 240 2880 0.05 0.6 144",
        "on_expert 1 expert 240 240 2.5 2.5 600",
        "on_expert 3 expert 240 720 2.5 7.5 1800",
    ];
    assert_eq!(rows, expected);
    let figure = workshop.read("reports/x/paper/figures/scores-models-over-cost.svg");
    assert_eq!(figure.matches("<circle").count(), 4, "three points of the crowd, and one in the legend");
}
