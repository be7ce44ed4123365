//! Agreement between annotators, on tables and on the opinions of six experts.

use std::path::PathBuf;

use crate::workshop::Workshop;

/// What the references say of the six experts.
const EXPERTS: [([&str; 4], f64); 9] = [
    (["cohen-kappa", "pair", "expert-31771", "expert-65108"], 0.8000281122616315),
    (["linear-kappa", "pair", "expert-31771", "expert-65108"], 0.8153260352213232),
    (["quadratic-kappa", "pair", "expert-31771", "expert-65108"], 0.8351441578148711),
    (["alpha-nominal", "all", "", ""], 0.5894577013195217),
    (["alpha-ordinal", "all", "", ""], 0.7728760171927115),
    (["alpha-interval", "all", "", ""], 0.7376362952750972),
    (["fleiss-kappa", "all", "", ""], 0.589104698483),
    (["gwet-ac1", "all", "", ""], 0.668759320012),
    (["quadratic-kappa", "others", "expert-31771", ""], 0.8317018852289206),
];

/// The row of a coefficient: statistic, between, annotator, other.
fn row(workshop: &Workshop, task: &str, key: [&str; 4]) -> Vec<String> {
    let table = workshop.table(task, "agreement.csv");
    let found = table.iter().find(|row| row[..4] == key).unwrap_or_else(|| panic!("{key:?} is not in {table:?}"));
    found.clone()
}

fn number(row: &[String], at: usize) -> f64 {
    row[at].parse().unwrap()
}

/// The figures are scikit-learn's 1.9.1, krippendorff's 0.9.0 and irrCAC's 0.4.4 on the same table:
///
/// ```python
/// t = pd.read_csv("expert_opinions.csv").pivot(index="clip", columns="annotator", values="label")
/// x = t.replace({"none": 0, "discrete": 1, "confluent": 2})
/// cohen_kappa_score(x["expert-31771"], x["expert-65108"], labels=[0, 1, 2], weights="quadratic")
/// krippendorff.alpha(x.T.values, level_of_measurement="ordinal", value_domain=[0, 1, 2])
/// CAC(x, categories=[0, 1, 2], digits=12).fleiss(), .gwet()
/// ```
#[test]
fn six_experts_agree_as_the_references_say() {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/duggan");
    let Ok(experts) = std::fs::read_to_string(data.join("expert_opinions.csv")) else {
        println!("skipped: no ../shared/data");
        return;
    };
    let clips = std::fs::read_to_string(data.join("clips.csv")).unwrap();
    let workshop = Workshop::new().with("experts.csv", &experts).with("clips.csv", &clips).with(
        "x.toml",
        "classes = [\"none\", \"discrete\", \"confluent\"]\n[aggregate.panel]\nopinions = \"experts.csv\"\nclips = \"clips.csv\"\nmethod = \"majority\"\n",
    );
    workshop.run(&[]);
    for (key, expected) in EXPERTS {
        let row = row(&workshop, "panel", key);
        assert!((number(&row, 4) - expected).abs() < 1e-9, "{row:?}, not {expected}");
        assert!(number(&row, 5) < expected && expected < number(&row, 6), "{row:?}");
        assert_eq!(row[7..], ["194", if key[1] == "pair" { "388" } else { "1164" }, "patient", "85", "1000"]);
    }
    assert_eq!(workshop.table("panel", "agreement.csv").len(), 1 + 7 + 15 * 4 + 6 * 4);
}

#[test]
fn without_patients_clips_are_resampled_and_the_table_says_so() {
    let opinions =
        "clip,annotator,label\nc1,a,none\nc1,b,none\nc2,a,some\nc2,b,some\nc3,a,some\nc3,b,none\nc4,a,none\n";
    let text =
        "classes = [\"none\", \"some\"]\n[aggregate.crowd]\nopinions = \"opinions.csv\"\nmethod = \"majority\"\n";
    let workshop = Workshop::new().with("x.toml", text).with("opinions.csv", opinions);
    workshop.run(&[]);
    let before = workshop.table("crowd", "agreement.csv");
    let pair = row(&workshop, "crowd", ["percent-agreement", "pair", "a", "b"]);
    assert_eq!(
        (pair[4].as_str(), &pair[7..]),
        ("0.6666666666666666", &["3", "6", "clip", "4", "1000"].map(String::from)[..])
    );
    // The order of lines is of no consequence.
    let backwards: Vec<&str> = opinions.lines().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    workshop.write("opinions.csv", format!("clip,annotator,label\n{}\n", backwards.join("\n")));
    workshop.run(&[]);
    assert_eq!(workshop.table("crowd", "agreement.csv"), before);
    // With patients, they are the unit; without draws there are no intervals.
    workshop.write("clips.csv", "clip,patient\nc1,p1\nc2,p1\nc3,p2\nc4,p2\n");
    workshop.write("x.toml", format!("{text}clips = \"clips.csv\"\nagreement = {{ replicates = 0 }}\n"));
    workshop.run(&[]);
    let pair = row(&workshop, "crowd", ["percent-agreement", "pair", "a", "b"]);
    assert_eq!(pair[5..], ["", "", "3", "6", "patient", "2", "0"]);
    workshop.write("clips.csv", "clip,patient\nc1,p1\nc2,\nc3,p2\nc4,p2\n");
    assert!(workshop.refused().contains("clips.csv:3: clip `c2` has no patient"));
}
