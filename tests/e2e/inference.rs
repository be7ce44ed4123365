//! Tests, intervals and power, from the evaluation to the page.

use crate::workshop::Workshop;

/// Label sources of a simulated cohort against its truth: nothing is trained.
const LABELS: &str = r#"title = "Label sources"
seed = 7
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
seed = 11
method.phantom = { patients = 12, clips_per_patient = 4, frames = 2, width = 32, height = 32 }

[aggregate.crowd]
opinions = "@cohort.crowd"
method.majority = { ties = "ordinal-low" }

[aggregate.expert]
opinions = "@cohort.experts"
annotators = ["e1"]
method.majority = { ties = "ordinal-low" }

[aggregate.truth]
opinions = "@cohort.truth"
raters = ["simulation"]
method = "majority"

[evaluate.labels]
clips = "@cohort.clips"
candidate = ["@crowd", "@expert"]
reference = "@truth"
positive = ["discrete", "confluent"]
replicates = 200

[report.paper]
evaluations = "@labels"
compare.primary = { along = "candidate", candidate = "crowd", baseline = "expert", metric = "accuracy", margin = 0.9, goal = "equivalence" }
compare.auroc = { along = "candidate", candidate = "crowd", baseline = "expert", metric = "auroc", margin = 0.9 }
compare.back = { along = "candidate", candidate = "expert", baseline = "crowd", metric = "accuracy", margin = 0.9 }
"#;

/// The cells of a column in the rows whose cells in other columns are these.
fn cells(table: &[Vec<String>], wanted: &[(&str, &str)], column: &str) -> Vec<String> {
    let at = |name: &str| table[0].iter().position(|head| head == name).unwrap_or_else(|| panic!("no column {name}"));
    let rows = table[1..].iter().filter(|row| wanted.iter().all(|(name, value)| row[at(name)] == *value));
    rows.map(|row| row[at(column)].clone()).collect()
}

#[test]
fn two_label_sources_are_tested_in_every_way() {
    let workshop = Workshop::new().with("x.toml", LABELS);
    workshop.run(&[]);
    let paired = workshop.table("labels", "paired.csv");
    let tests = |metric: &str| cells(&paired, &[("metric", metric)], "test");
    assert_eq!(tests("accuracy"), ["bootstrap-expanded", "mcnemar-exact", "mcnemar-mid-p", "paired-t", "permutation"]);
    assert_eq!(tests("auroc"), ["bootstrap-expanded", "delong", "obuchowski", "permutation"]);
    // The later source is held against the earlier one, by all tests alike.
    let predictions = workshop.table("labels", "predictions.csv");
    let right = |source: &str| -> Vec<bool> {
        let of = |column: &str| cells(&predictions, &[("source", source)], column);
        of("reference").iter().zip(of("predicted")).map(|(reference, predicted)| *reference == predicted).collect()
    };
    let (crowd, expert) = (right("crowd"), right("expert"));
    let share = |right: &[bool]| right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
    let difference = share(&expert) - share(&crowd);
    assert!(difference != 0.0, "this test needs sources that differ");
    for (test, found) in tests("accuracy").iter().zip(cells(&paired, &[("metric", "accuracy")], "difference")) {
        assert!((found.parse::<f64>().unwrap() - difference).abs() < 1e-12, "{test}: {found}, not {difference}");
    }
    // One pair is tested: adjusting changes nothing.
    for column in ["p_holm", "p_benjamini_hochberg"] {
        assert_eq!(cells(&paired, &[], column), cells(&paired, &[], "p"));
    }
    let published = workshop.table("labels", "published.csv");
    let methods = |metric: &str| cells(&published, &[("source", "crowd"), ("metric", metric)], "method");
    for metric in ["accuracy", "sensitivity", "specificity"] {
        assert_eq!(methods(metric), ["wilson", "clopper-pearson"]);
    }
    assert_eq!(methods("auroc"), ["delong", "obuchowski"]);
}

#[test]
fn the_page_shows_goal_power_adjustment_and_what_studies_publish() {
    let workshop = Workshop::new().with("x.toml", LABELS);
    workshop.run(&[]);
    let page = workshop.read("reports/x/paper/index.html").replace('\u{a0}', " ");
    for wanted in [
        "Candidate crowd is equivalent to candidate expert in Accuracy.",
        "an equivalence margin of 0.9 at one-sided alpha 0.025 for each of two tests",
        "two one-sided tests by the expanded percentile bootstrap of the paired difference",
        "a true difference of 0 would be shown equivalent with probability",
        "As published",
        "Permutation of patients",
        "Obuchowski (clustered)",
        "Clopper–Pearson (exact)",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    let contrasts = crate::workshop::rows(&workshop.path("reports/x/paper/tables/contrasts.csv"));
    let holm = cells(&contrasts, &[], "p_holm");
    assert!(holm[0].is_empty() && !holm[1].is_empty() && !holm[2].is_empty(), "secondary contrasts alone: {holm:?}");
    // The same two sources the other way round: the difference turns, its test does not.
    let tests = crate::workshop::rows(&workshop.path("reports/x/paper/tables/as-published.csv"));
    let of = |contrast: &str, column: &str| -> f64 {
        let found = cells(&tests, &[("contrast", contrast), ("test", "paired-t")], column);
        found[0].parse().unwrap()
    };
    assert_eq!(of("primary", "difference"), -of("back", "difference"));
    assert_eq!((of("primary", "low"), of("primary", "p")), (-of("back", "high"), of("back", "p")));
}

#[test]
fn limits_are_read_off_as_asked() {
    let low = |interval: &str| {
        let asked = format!("[report.paper]\ninterval = \"{interval}\"\n");
        let workshop = Workshop::new().with("x.toml", &LABELS.replace("[report.paper]\n", &asked));
        workshop.run(&[]);
        let contrasts = crate::workshop::rows(&workshop.path("reports/x/paper/tables/contrasts.csv"));
        cells(&contrasts, &[("contrast", "auroc")], "low")[0].parse::<f64>().unwrap()
    };
    let (plain, expanded) = (low("percentile"), low("expanded"));
    assert!(expanded < plain, "{expanded} lies farther out than {plain}");
    assert_ne!(low("bca"), plain);
}

#[test]
fn equivalence_within_a_margin_of_nothing_is_refused() {
    let text = LABELS.replace("margin = 0.9, goal", "margin = 0, goal");
    let err = Workshop::new().with("x.toml", &text).refused();
    assert!(err.contains("no two arms are equivalent within a margin of 0"), "{err}");
    let text = LABELS.replace("\"equivalence\"", "\"equivalance\"");
    let err = Workshop::new().with("x.toml", &text).refused();
    assert!(err.contains("equivalence"), "{err}");
}
