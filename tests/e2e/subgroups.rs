//! The same scores on the clips of each site: rows of their own, from the same draws of patients.

use crate::workshop::{Workshop, rows};

const EXPERIMENT: &str = r#"
title = "Sites"
seed = 7
classes = ["none", "some"]
[aggregate.crowd]
opinions = "crowd.csv"
method = "majority"
[aggregate.judge]
opinions = "judge.csv"
method = "majority"
[evaluate.people]
clips = "clips.csv"
candidate = "@crowd"
reference = "@judge"
metrics = ["accuracy", "sensitivity", "calibration-slope"]
replicates = 200
allow_shared_raters = true
subgroups = ["site"]
[report.paper]
evaluations = "@people"
formats = ["html", "latex"]
"#;

/// Site A: six clips of three patients, four right; site B: three clips of one patient, none is of class `some`; site C has a
/// clip that nobody judged.
fn workshop(subgroups: &str, clips: &str) -> Workshop {
    let judged = [
        ("a1", 1, 1),
        ("a2", 1, 0),
        ("a3", 0, 0),
        ("a4", 0, 0),
        ("a5", 1, 1),
        ("a6", 0, 1),
        ("b1", 0, 0),
        ("b2", 0, 0),
        ("b3", 0, 1),
    ];
    let table = |of: fn(&(&str, usize, usize)) -> usize| {
        let row = |row: &(&str, usize, usize)| format!("{},x,{}\n", row.0, ["none", "some"][of(row)]);
        format!("clip,annotator,label\n{}", judged.iter().map(row).collect::<String>())
    };
    Workshop::new()
        .with("x.toml", &EXPERIMENT.replace("[\"site\"]", subgroups))
        .with("clips.csv", clips)
        .with("crowd.csv", &table(|row| row.2))
        .with("judge.csv", &table(|row| row.1))
}

const CLIPS: &str =
    "clip,patient,site\na1,p1,A\na2,p1,A\na3,p2,A\na4,p2,A\na5,p3,A\na6,p3,A\nb1,p4,B\nb2,p4,B\nb3,p4,B\nc1,p5,C\n";

#[test]
fn every_value_has_rows_with_its_patients_and_clips() {
    let workshop = workshop("[\"site\"]", CLIPS);
    workshop.run(&[]);
    let table = workshop.table("people", "scores.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let told: Vec<[&str; 5]> = table[1..]
        .iter()
        .map(|row| ["subgroup", "metric", "value", "patients", "clips"].map(|name| row[at(name)].as_str()))
        .collect();
    let two_thirds = "0.6666666666666666";
    let expected = [
        ["", "accuracy", two_thirds, "4", "9"],
        ["", "sensitivity", two_thirds, "4", "9"],
        ["", "calibration-slope", "", "4", "9"],
        ["site=A", "accuracy", two_thirds, "3", "6"],
        ["site=A", "sensitivity", two_thirds, "3", "6"],
        ["site=A", "calibration-slope", "", "3", "6"],
        ["site=B", "accuracy", two_thirds, "1", "3"],
        ["site=B", "sensitivity", "", "1", "3"],
        ["site=B", "calibration-slope", "", "1", "3"],
        ["site=C", "accuracy", "", "0", "0"],
        ["site=C", "sensitivity", "", "0", "0"],
        ["site=C", "calibration-slope", "", "0", "0"],
    ];
    assert_eq!(told.iter().map(|row| (row[0], row[1])).collect::<Vec<_>>(), expected.map(|row| (row[0], row[1])));
    for (told, expected) in told.iter().zip(&expected) {
        assert_eq!(told[3..], expected[3..], "{told:?}");
        if expected[1] != "calibration-slope" {
            assert_eq!(told[2], expected[2], "{told:?}");
        }
    }
    // One patient of four: in about (3/4)^4 of the draws, a third, there is no clip of site B.
    let undefined: usize = table[7][at("undefined_draws")].parse().unwrap();
    assert!((40..90).contains(&undefined), "{undefined}");
    assert_eq!(table[7][at("low")], table[7][at("high")]);

    let page = workshop.read("reports/x/paper/index.html");
    assert!(page.contains("By site: Labels against judge"));
    assert!(page.contains("not estimable: none of its clips is scored") && page.contains("not defined on these clips"));
    let table = rows(&workshop.path("reports/x/paper/tables/scores-people-by-site.csv"));
    assert_eq!(table.len(), 1 + 9);
    assert!(workshop.read("reports/x/paper/tables/scores-people-by-site.tex").contains("Patients"));
}

#[test]
fn a_column_that_is_not_there_or_tells_everyone_apart_is_refused() {
    let said = workshop("[\"sitr\"]", CLIPS).refused();
    assert!(said.contains("sitr") && said.contains("did you mean `site`?"), "{said}");
    let said = workshop("[\"site\", \"site\"]", CLIPS).refused();
    assert!(said.contains("column `site` is named twice"), "{said}");
    let many: String = (0..41).map(|site| format!("z{site},z{site},S{site}\n")).collect();
    let said = workshop("[\"site\"]", &format!("{CLIPS}{many}")).refused();
    assert!(
        said.contains("column `site` of clips.csv has 44 values, and subgroups of at most 40 are scored"),
        "{said}"
    );
}
