//! Crowd and omitted expert against the same remaining experts, on the opinions of Duggan et al. 2023.

use std::path::Path;

use crate::workshop::Workshop;

/// Accuracy of the crowd and of the expert left out, and the clips that all three label.
type Expected = (f64, f64, u32);

/// For `e1` to `e6`, by tie rule.
///
/// Python 3.13, standard library only, on `clips.csv`, `crowd_opinions.csv` and `expert_opinions.csv`:
///
/// ```python
/// def majority(labels, rule):                      # rule: 0 takes the least severe of those that tie, -1 the most severe
///     counts = collections.Counter(labels); most = max(counts.values())
///     tied = [label for label in ("none", "discrete", "confluent") if counts.get(label) == most]
///     return tied[0] if len(tied) == 1 else None if rule is None else tied[rule]
/// for rule in (0, -1, None):
///     for left in experts:
///         rows = [(majority([expert[e][clip] for e in experts if e != left], rule), majority(crowd[clip], 0), expert[left][clip])
///                 for clip in clips]
///         rows = [row for row in rows if row[0] is not None]
///         print(len(rows), sum(r == c for r, c, _ in rows) / len(rows), sum(r == e for r, _, e in rows) / len(rows))
/// ```
const REFERENCE: [(&str, [Expected; 6]); 3] = [
    (
        "low",
        [
            (0.9124, 0.8557, 194),
            (0.9124, 0.8351, 194),
            (0.8969, 0.7113, 194),
            (0.9175, 0.8247, 194),
            (0.9021, 0.7423, 194),
            (0.9072, 0.8660, 194),
        ],
    ),
    (
        "high",
        [
            (0.9227, 0.8454, 194),
            (0.9227, 0.8299, 194),
            (0.9072, 0.7216, 194),
            (0.9227, 0.8247, 194),
            (0.8969, 0.7423, 194),
            (0.9021, 0.8557, 194),
        ],
    ),
    (
        "abstain",
        [
            (0.9312, 0.8624, 189),
            (0.9309, 0.8457, 188),
            (0.9110, 0.7225, 191),
            (0.9267, 0.8325, 191),
            (0.9016, 0.7461, 193),
            (0.9110, 0.8691, 191),
        ],
    ),
];

#[test]
fn crowd_and_omitted_expert_against_the_same_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data");
    if !data.is_dir() {
        println!("skipped: no ../shared/data");
        return;
    }
    let text = std::fs::read_to_string(root.join("experiments/duggan-leave-one-out.toml")).unwrap();
    let text = text.replace("\"../data/", &format!("\"{}/", data.canonicalize().unwrap().display()));
    let workshop = Workshop::new().with("x.toml", &text);
    workshop.run(&[]);
    for (ties, experts) in REFERENCE {
        for (number, (crowd, expert, clips)) in (1..).zip(experts) {
            let table = workshop.table(&format!("left_out[left_out=e{number},ties={ties}]"), "scores.csv");
            let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
            let row =
                |source: &str| table.iter().find(|row| row[0] == source && row[at("metric")] == "accuracy").unwrap();
            for (source, reference) in [("crowd", crowd), ("expert", expert)] {
                let value: f64 = row(source)[at("value")].parse().unwrap();
                assert!((value - reference).abs() < 5e-5, "{ties}, e{number}, {source}: {value}, not {reference}");
                assert_eq!(row(source)[at("clips")], clips.to_string());
            }
        }
    }
}

/// The crowd's majority against the six experts, clip by clip, on the published reference.
///
/// Python 3.13, scipy 1.17, `majority` as above with `rule = 0`; all 194 clips have a reference and six experts:
///
/// ```python
/// crowd = [float(majority(crowd[clip], 0) == reference[clip]) for clip in clips]
/// people = [numpy.mean([expert[e][clip] == reference[clip] for e in experts]) for clip in clips]
/// scipy.stats.ttest_rel(crowd, people)
/// # t = 4.426524832793024, p = 1.600267947538401e-05, 193 degrees; means 0.9278350515463918 and 0.8513745704467355
/// ```
#[test]
fn the_paired_test_as_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = root.join("../shared/data");
    if !data.is_dir() {
        println!("skipped: no ../shared/data");
        return;
    }
    let text = std::fs::read_to_string(root.join("experiments/duggan-labels.toml")).unwrap();
    let text = text.replace("\"../data/", &format!("\"{}/", data.canonicalize().unwrap().display()));
    let workshop = Workshop::new().with("x.toml", &text);
    workshop.run(&[]);
    let table = workshop.table("labels", "against_people.csv");
    let rows: Vec<&Vec<String>> = table[1..].iter().collect();
    let sources: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(sources, ["crowd", "crowd_votes"]);
    for row in rows {
        let number =
            |name: &str| -> f64 { row[table[0].iter().position(|column| column == name).unwrap()].parse().unwrap() };
        for (name, reference) in [
            ("n", 6.0),
            ("right", 0.9278350515463918),
            ("people_right", 0.8513745704467355),
            ("difference", 0.0764604810996563),
            ("t", 4.426524832793024),
            ("degrees", 193.0),
            ("p", 1.600267947538401e-05),
        ] {
            assert!((number(name) / reference - 1.0).abs() < 1e-9, "{name} {}", number(name));
        }
        assert!(number("low") < number("difference") && number("difference") < number("high"));
    }
}
