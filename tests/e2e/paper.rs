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
         \\input{{numbers}}\n\\begin{{document}}\n{}{}\\end{{document}}\n",
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
    assert!(!said.contains("undefined") && workshop.exists("reports/x/paper/document.pdf"), "{said}");
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
