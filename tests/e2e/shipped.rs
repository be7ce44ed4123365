//! The small experiments that are shipped and make their own data say what they promise.

use crate::workshop::Workshop;

fn shipped(name: &str) -> Workshop {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(name);
    Workshop::new().with("x.toml", &std::fs::read_to_string(path).unwrap())
}

#[test]
fn more_opinions_make_better_labels() {
    let workshop = shipped("opinions-per-clip.toml");
    workshop.run(&[]);
    let table = workshop.table("people", "scores.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let accuracy = |method: &str, opinions: &str| -> f64 {
        let is = |row: &&Vec<String>| {
            row[at("metric")] == "accuracy" && row[at("method")] == method && row[at("opinions_per_item")] == opinions
        };
        table.iter().find(is).unwrap()[at("value")].parse().unwrap()
    };
    for method in ["majority", "weighted-majority", "dawid-skene", "ordinal"] {
        assert!(accuracy(method, "12") > accuracy(method, "3") + 0.1, "{method}");
        assert!(accuracy(method, "12") > 0.9, "{method}");
    }
    let curve = workshop.read("reports/x/paper/figures/scores-people-accuracy-over-opinions-per-item.svg");
    assert_eq!(curve.matches("<circle").count(), 8, "seven points of the first method, and one in the legend");
}

#[test]
fn drawings_become_lines_whose_agreement_is_told() {
    let workshop = shipped("drawn-lines.toml");
    workshop.run(&[]);
    assert!(workshop.table("crowd", "lines.csv").len() > 20);
    let page = workshop.read("reports/x/paper/index.html");
    for said in
        ["F1 of lines", "Share of frames agreed on presence", "Lines of crowd were made from drawings", "Masks of mask"]
    {
        assert!(page.contains(said), "{said}");
    }
    // A report of nothing is refused before anything runs.
    let text = workshop.read("x.toml").replace("labels = [\"@crowd\", \"@experts\", \"@mask\"]\n", "");
    workshop.write("x.toml", text);
    let error = workshop.refused();
    assert!(error.contains("given nothing to tell of") && error.contains("`labels`"), "{error}");
}
