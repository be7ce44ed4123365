//! What a paper takes in: tables and numbers as LaTeX, and PDF.

use std::{collections::BTreeSet, fs, process::Command};

use crate::workshop::{Workshop, tiny_with};

fn with_formats(formats: &str) -> String {
    tiny_with("[report.paper]", &format!("[report.paper]\nformats = [{formats}]"))
}

/// Names of the files with an ending in a folder of the report, without it.
fn stems(workshop: &Workshop, folder: &str, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(workshop.path("reports/x/paper").join(folder)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[test]
fn tables_and_numbers_compile_in_a_document() {
    let workshop = Workshop::new().with("x.toml", &with_formats("\"html\", \"latex\""));
    workshop.run(&[]);
    let tables = stems(&workshop, "tables", ".tex");
    assert!(tables.contains("contrasts"), "{tables:?}");
    let numbers: Vec<serde_json::Value> = serde_json::from_str(&workshop.read("reports/x/paper/numbers.json")).unwrap();
    let numbers = numbers.iter().map(|number| format!("\\crowdline{{{}}}\n", number["name"].as_str().unwrap()));
    // Floats are put out one by one, for LaTeX keeps only so many.
    let tables = tables.iter().map(|name| format!("\\input{{tables/{name}}}\\clearpage\n"));
    let document = format!(
        "\\documentclass{{article}}\n\\usepackage[utf8]{{inputenc}}\n\\usepackage[T1]{{fontenc}}\n\\usepackage{{booktabs}}\n\
         \\usepackage{{rotating}}\n\\usepackage{{longtable}}\n\\input{{numbers}}\n\\begin{{document}}\n{}{}\\end{{document}}\n",
        numbers.collect::<String>(),
        tables.collect::<String>()
    );
    workshop.write("reports/x/paper/document.tex", document);
    let run = Command::new("pdflatex")
        .args(["-interaction=nonstopmode", "-halt-on-error", "document.tex"])
        .current_dir(workshop.path("reports/x/paper"))
        .output();
    let Ok(output) = run else {
        println!("skipped: no pdflatex");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("undefined") && !said.contains("Overfull") && !said.contains("too large"), "{said}");
    assert!(workshop.exists("reports/x/paper/document.pdf"), "{said}");
}

#[test]
fn pdf_is_written_by_a_build_that_has_it_and_refused_by_others_beforehand() {
    let workshop = Workshop::new().with("x.toml", &with_formats("\"pdf\""));
    if cfg!(feature = "pdf") {
        workshop.run(&[]);
        assert!(workshop.exists("reports/x/paper/report.pdf"));
        assert_eq!(stems(&workshop, "figures", ".pdf"), stems(&workshop, "figures", ".svg"));
    } else {
        let said = workshop.refused();
        assert!(said.contains("writes no PDF") && said.contains("--features pdf"), "{said}");
        assert!(!workshop.exists("cache") && !workshop.exists("reports"), "something was written");
    }
}

#[test]
fn curves_have_an_interval_at_each_of_101_rates_and_stages_tell_what_they_read() {
    let workshop = Workshop::new().with("x.toml", &with_formats("\"html\""));
    workshop.run(&[]);
    let table = workshop.table("models", "roc_band.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    for arm in ["expert", "crowd"] {
        let rows = table.iter().filter(|row| row[at("arm")] == arm);
        let rates: Vec<[f64; 4]> = rows
            .map(|row| {
                ["false_positive_rate", "low", "true_positive_rate", "high"].map(|name| row[at(name)].parse().unwrap())
            })
            .collect();
        assert_eq!(rates.len(), 101);
        for (step, [rate, low, _, high]) in rates.iter().enumerate() {
            assert_eq!(*rate, step as f64 / 100.0);
            assert!(0.0 <= *low && low <= high && *high <= 1.0, "{low} to {high}");
        }
        let widest = rates.iter().map(|[_, low, _, high]| high - low).fold(0.0, f64::max);
        assert!(widest > 0.1, "nine patients can't tell a curve to {widest}");
    }
    assert!(workshop.read("reports/x/paper/figures/roc-models.svg").contains("class=\"band s1\""));
    let stages = workshop.read("reports/x/paper/figures/stages.svg");
    for told in
        ["train classifier reads crowd, expert, frames, patients", "evaluate models reads classifier, cohort, judges"]
    {
        assert!(stages.contains(told), "{told} is not in {stages}");
    }
}

#[test]
fn the_mean_difference_of_counts_is_that_of_the_table_of_frames() {
    let workshop = Workshop::new().with(
        "x.toml",
        r#"seed = 7
classes = ["none", "discrete", "confluent"]

[simulate.cohort]
method.phantom = { patients = 8, clips_per_patient = 2, frames = 3, frames_drawn = 2 }

[decode.frames]
clips = "@cohort.clips"

[aggregate.crowd]
drawn = "@cohort.crowd_lines"
drawn_unit = "percent"
viewed = "@cohort.crowd_views"
frames = "@frames"
method.line-consensus = { match_px = 5, support = 0.5 }

[aggregate.judges]
drawn = "@cohort.expert_lines"
drawn_unit = "percent"
viewed = "@cohort.expert_views"
frames = "@frames"
method.line-consensus = { match_px = 5, support = 0.5 }

[evaluate.lines]
clips = "@cohort.clips"
candidate = "@crowd"
reference = "@judges"
match = { px = 5 }
replicates = 100

[report.paper]
evaluations = "@lines"
"#,
    );
    workshop.run(&[]);
    let table = workshop.table("lines", "frames.csv");
    let at = |name: &str| table[0].iter().position(|column| column == name).unwrap();
    let count = |row: &[String], name: &str| row[at(name)].parse::<f64>().unwrap();
    let differences: Vec<f64> =
        table[1..].iter().map(|row| count(row, "lines_found") - count(row, "lines_there")).collect();
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    let numbers: Vec<serde_json::Value> = serde_json::from_str(&workshop.read("reports/x/paper/numbers.json")).unwrap();
    let number = |what: &str| {
        let name = format!("counts/lines/crowd/{what}");
        numbers.iter().find(|number| number["name"] == *name).unwrap()["value"].as_f64().unwrap()
    };
    assert!((number("difference") - mean).abs() < 1e-12, "{} and {mean}", number("difference"));
    assert!(number("lower-limit") < mean && mean < number("upper-limit"));
    assert!(workshop.exists("reports/x/paper/figures/counts-lines-crowd.svg"));
}
