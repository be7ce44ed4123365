//! The bytes every kind makes of the tiny experiment. Where one of these digests changes, outputs that users have in their
//! caches would not come out again: raise the `version` of the kind or of the method whose output changed, then write the
//! new digest here.

use crate::workshop::{TINY, Workshop};

const DIGESTS: [(&str, &str); 6] = [
    ("cohort", "68ff9c43ef8b2e32"),
    ("frames", "ea058d21691ccd49"),
    ("patients", "eb92cebf4f82af22"),
    ("crowd", "c619e565d4dd2e5c"),
    ("classifier[fold=0,arm=crowd]", "9bbd0cf115a20e72"),
    ("models", "bd7feff046314c5d"),
];

#[test]
fn outputs_change_only_with_their_version() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&[]);
    let found: Vec<(&str, String)> =
        DIGESTS.iter().map(|(task, _)| (*task, workshop.digests(task)[0].1[..16].to_owned())).collect();
    let expected: Vec<(&str, String)> = DIGESTS.iter().map(|(task, digest)| (*task, (*digest).to_owned())).collect();
    assert_eq!(found, expected);
}

/// The versions of metrics are in the key: one more there, and every evaluation made so far would count as out of date.
#[test]
fn metrics_that_have_to_be_asked_for_are_in_no_other_evaluations_key() {
    let kinds = crowdline::stage::kinds();
    let evaluate = kinds.iter().find(|kind| kind.name() == "evaluate").unwrap();
    let named = |parameters| evaluate.methods(&parameters).into_keys().collect::<Vec<String>>();
    assert_eq!(named(serde_json::json!({ "metrics": ["brier"] })), ["brier"]);
    let usual = named(serde_json::json!({}));
    assert!(
        usual.len() == 16 && usual.contains(&"auroc".to_owned()) && usual.contains(&"dice".to_owned()),
        "{usual:?}"
    );
}
