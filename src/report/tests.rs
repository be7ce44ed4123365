//! The whole report: a content with everything in it, one with nothing, and hostile ones.

use std::collections::BTreeSet;

use super::content::{Annotator, Confusion, Contrast, Evaluation, EvaluationKind, Excluded, Verdict};
use super::{Content, Rendered, ReportError, render};

use fixture::{classes, contrast, group, kitchen_sink};

mod decoding;
pub(super) mod fixture;
mod viewer;

fn file<'a>(rendered: &'a Rendered, path: &str) -> &'a str {
    let (_, bytes) =
        rendered.files.iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("{path} is missing"));
    std::str::from_utf8(bytes).unwrap()
}

/// The tags of a text, `name` or `/name`, with what stands inside them. Text inside `<style>` holds no `<`.
fn tags(text: &str) -> Vec<(&str, &str)> {
    text.split('<')
        .skip(1)
        .map(|piece| {
            let inside = &piece[..piece.find('>').expect("a tag is closed")];
            (inside.split_whitespace().next().unwrap().trim_end_matches('/'), inside)
        })
        .collect()
}

/// Fails where tags do not nest, ids repeat, or something refers to an id that is not there.
fn assert_sound(text: &str, what: &str) {
    let void = ["!DOCTYPE", "?xml", "meta", "link", "img", "input"];
    let mut open = Vec::new();
    let mut ids = BTreeSet::new();
    let mut wanted = Vec::new();
    for (name, inside) in tags(text) {
        let attribute = |key: &str| {
            let start = inside.find(&format!(" {key}=\""))? + key.len() + 3;
            Some(&inside[start..start + inside[start..].find('"')?])
        };
        if let Some(id) = attribute("id") {
            assert!(ids.insert(id), "{what}: id {id} repeats");
        }
        wanted.extend(attribute("aria-labelledby").into_iter().flat_map(str::split_whitespace));
        wanted.extend(attribute("href").and_then(|target| target.strip_prefix('#')));
        wanted.extend(attribute("popovertarget"));
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{what}");
        } else if !void.contains(&name) && !inside.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{what}: {open:?} left open");
    for id in wanted {
        assert!(ids.contains(id), "{what}: no id {id}");
    }
}

fn assert_all_sound(rendered: &Rendered) {
    let mut paths = BTreeSet::new();
    for (path, bytes) in &rendered.files {
        assert!(paths.insert(path.to_lowercase()), "{path} repeats");
        assert!(path.chars().all(|c| c.is_ascii_alphanumeric() || "-./".contains(c)) && !path.contains(".."), "{path}");
        let text = std::str::from_utf8(bytes).unwrap();
        if path.ends_with(".svg") || path.ends_with(".html") {
            assert_sound(text, path);
            assert!(!text.contains("NaN"), "{path}");
        }
    }
    // Nothing is fetched from anywhere; the one address is SVG's own namespace, and pictures stand in the page.
    let rest = rendered.html.replace("http://www.w3.org/2000/svg", "").replace(" src=\"data:image/png;base64,", "");
    // The one script is the page's own.
    let rest = rest.replace(&format!("<script>\n{}</script>", super::page::SCRIPT), "");
    for foreign in ["http:", "https:", "<script", "src=", "url(", "@import", " onload="] {
        assert!(!rest.contains(foreign), "{foreign} in the page");
    }
}

#[test]
fn everything_is_on_the_page_and_in_the_files() {
    let rendered = render(&kitchen_sink()).unwrap();
    assert_all_sound(&rendered);
    let page = rendered.html.replace('\u{a0}', " ");
    // A price keeps the decimals it was declared with; a source without one has a dash in its place.
    assert!(file(&rendered, "tables/cost-labels.csv").contains(",200,1000,5,0.055,0.275,55,EUR,auroc,0.873,"));
    assert!(page.contains(">0.055<") && file(&rendered, "numbers.json").contains("cost/labels/arm-same/crowd/total"));
    for sentence in [
        "Arm same is non-inferior to arm expert in AUROC.",
        "lies above the margin of −0.050",
        "opinions are simulated",
        "few patients",
        "† shares rater e1",
        "† arm same shares raters with the reference",
        "one class only",
        "0.873 † [0.823, 0.913]",
        "Resampled: patients. Test: percentile bootstrap.",
        "expert: mean of 6",
        "4,030 clips",
        ">2 clips, no patient</button>",
        "120 (52.6 %)",
        "Clips were decoded. Models were trained.",
        "arms differ in their environment",
        "updates = 8000",
        "no video stream",
        "By site: Models against reference, on the clips of each subgroup.",
        "(not given)",
    ] {
        assert!(page.contains(sentence), "{sentence} is not on the page");
    }
    assert_eq!(file(&rendered, "index.html"), rendered.html);
    for path in [
        "figures/forest-auroc.svg",
        "figures/roc-models.svg",
        "figures/pr-models.svg",
        "figures/counts-models-arm-same.svg",
        "figures/skill-of-annotators.svg",
        "figures/stages.svg",
        "figures/calibration-models.svg",
        "figures/confusion-labels-arm-same.svg",
        "figures/curves-shuffled.svg",
        "figures/flow-models.svg",
        "tables/confusion-models.csv",
        "tables/roc-points-labels.csv",
        "tables/scores-models.tex",
        "tables/scores-models-by-site.csv",
        "tables/scores-models-by-site.tex",
        "numbers.tex",
    ] {
        file(&rendered, path);
    }
    let mut scores = csv::Reader::from_reader(file(&rendered, "tables/scores-models.csv").as_bytes());
    let rows: Vec<csv::StringRecord> = scores.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 6, "three groups, two metrics");
    let value = scores.headers().unwrap().iter().position(|head| head == "value").unwrap();
    assert_eq!((&rows[0][value], &rows[1][value]), ("0.873", ""));
}

#[test]
fn numbers_carry_names_of_their_own_and_full_precision() {
    let rendered = render(&kitchen_sink()).unwrap();
    let numbers: Vec<serde_json::Value> = serde_json::from_str(file(&rendered, "numbers.json")).unwrap();
    let names: BTreeSet<&str> = numbers.iter().map(|number| number["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), numbers.len());
    let named = |name: &str| numbers.iter().find(|number| number["name"] == name).unwrap_or_else(|| panic!("{name}"));
    let primary = named("contrast/primary/difference");
    assert_eq!(
        (primary["value"].as_f64(), primary["low"].as_f64(), primary["high"].as_f64()),
        (Some(-0.012), Some(-0.041), Some(0.018))
    );
    assert_eq!((primary["patients"].as_u64(), primary["clips"].as_u64()), (Some(40), Some(228)));
    assert!(named("scores/models/arm-same/kappa")["value"].is_null());
    assert_eq!(named("flow/models/listed/excluded/unreadable")["clips"], 2);
}

#[test]
fn every_number_stands_on_the_page_under_its_name_and_leads_to_its_chain() {
    let rendered = render(&kitchen_sink()).unwrap();
    let numbers: Vec<serde_json::Value> = serde_json::from_str(file(&rendered, "numbers.json")).unwrap();
    let chains: serde_json::Value = serde_json::from_str(file(&rendered, "chains.json")).unwrap();
    let tasks = chains["tasks"].as_array().unwrap();
    for number in &numbers {
        let name = number["name"].as_str().unwrap();
        assert_eq!(rendered.html.matches(&format!(" id=\"{name}\"")).count(), 1, "{name}");
        assert!(!number["what"].as_str().unwrap().is_empty(), "{name} is not put into words");
        let found = chains["chains"].as_array().unwrap().iter().find(|chain| chain["name"] == number["chain"]);
        let chain = found.unwrap_or_else(|| panic!("{name} has no chain"));
        let places = chain["tasks"].as_array().unwrap();
        let rests_on = places.iter().map(|at| tasks[at.as_u64().unwrap() as usize]["address"].as_str().unwrap());
        assert!(rests_on.into_iter().any(|address| address == chain["task"]), "{name}");
    }
    // What stands in a table opens there; what stands in a figure or file only is listed.
    for open in
        ["contrast/primary/difference", "scores/models/arm-same/auroc", "flow/models/listed", "labels/crowd/none"]
    {
        assert!(rendered.html.contains(&format!("<button type=\"button\" class=\"told\" id=\"{open}\"")), "{open}");
    }
    assert!(rendered.html.contains("<li id=\"confusion/models/arm-same/class-0/class-1\""));
    assert!(rendered.html.contains("<a href=\"#chain/scores/models/arm-same\">Every task it rests on</a>"));
    assert!(rendered.html.contains("the area in words"));
}

#[test]
fn numbers_that_share_a_path_keep_their_own_places() {
    let mut content = kitchen_sink();
    content.annotators = ["w 1", "w-1"]
        .map(|id| Annotator {
            annotator: id.into(),
            group: "crowd".into(),
            opinions: id.len() as u64,
            ..Annotator::default()
        })
        .to_vec();
    content.annotators[1].opinions = 77;
    let page = render(&content).unwrap().html;
    let shown = |name: &str| {
        let rest = page.split(&format!(" id=\"{name}\" popovertarget=\"from/{name}\">")).nth(1).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    assert_eq!(shown("annotators/crowd/w-1/opinions"), "3");
    assert_eq!(shown("annotators/crowd/w-1/opinions-2"), "77");
}

#[test]
fn the_same_content_gives_the_same_bytes_also_by_way_of_json() {
    let content = kitchen_sink();
    let first = render(&content).unwrap();
    let back: Content = serde_json::from_str(&serde_json::to_string(&content).unwrap()).unwrap();
    assert!(back.evaluations[0].groups[0].scores[1].value.is_nan());
    assert!(first == render(&content).unwrap());
    assert!(first == render(&back).unwrap());
}

#[test]
fn no_text_becomes_markup() {
    const HOSTILE: &str = "<script>alert(1)</script>\"'&{{ 7*7 }}</style>\n=1";
    fn poison(value: &mut serde_json::Value, key: &str) {
        match value {
            serde_json::Value::String(text)
                if text != "bound" && !["kind", "verdict", "direction", "goal", "formats", "role"].contains(&key) =>
            {
                text.push_str(HOSTILE);
            }
            serde_json::Value::Array(entries) => entries.iter_mut().for_each(|entry| poison(entry, key)),
            serde_json::Value::Object(fields) => fields.iter_mut().for_each(|(key, entry)| poison(entry, key)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(kitchen_sink()).unwrap();
    poison(&mut value, "");
    let rendered = render(&serde_json::from_value(value).unwrap()).unwrap();
    assert_all_sound(&rendered);
    assert_eq!(rendered.html.matches("</style>").count(), 1);
    assert!(rendered.html.contains("{{ 7*7 }}"), "a template was run on what it was handed");
    for (path, bytes) in &rendered.files {
        if !path.ends_with(".csv") && !path.ends_with(".json") {
            let own = usize::from(path.ends_with(".html"));
            assert_eq!(String::from_utf8_lossy(bytes).matches("<script").count(), own, "{path}");
        }
    }
    let mut excluded = csv::Reader::from_reader(file(&rendered, "tables/excluded.csv").as_bytes());
    assert_eq!(&excluded.records().next().unwrap().unwrap()[0], format!("c1{HOSTILE}"));
}

#[test]
fn missing_parts_leave_no_empty_shells() {
    let empty = render(&Content::default()).unwrap();
    assert_all_sound(&empty);
    assert!(empty.html.contains("there is no answer here"));
    for absent in ["<table", "<figure", "popover ", "<details", "id=\"methods\"", "id=\"cohort\"", "id=\"provenance\""]
    {
        assert!(!empty.html.contains(absent), "{absent}");
    }
    assert_eq!(empty.files.len(), 3);

    let no_contrast = Content { primary: None, secondary: vec![], formats: vec![], ..kitchen_sink() };
    let rendered = render(&no_contrast).unwrap();
    assert_all_sound(&rendered);
    assert!(rendered.html.contains("No comparison was declared, so nothing was compared."));
    assert!(rendered.files.iter().all(|(path, _)| !path.ends_with(".tex") && !path.contains("forest")));
}

#[test]
fn two_to_eight_classes_and_sixty_groups_fit() {
    let groups =
        (0..60).map(|index| group(&format!("{} {index}", "very-long-name-".repeat(12)), 2 + index % 7)).collect();
    let evaluation = Evaluation { name: "many".into(), kind: EvaluationKind::Models, groups, ..Evaluation::default() };
    let rendered =
        render(&Content { evaluations: vec![evaluation.clone(), evaluation], ..Content::default() }).unwrap();
    assert_all_sound(&rendered);
    assert_eq!(rendered.files.iter().filter(|(path, _)| path.starts_with("figures/confusion")).count(), 120);
    assert_eq!(rendered.files.iter().filter(|(path, _)| path.starts_with("figures/roc")).count(), 20);
}

#[test]
fn long_lists_are_cut_on_the_page_but_not_in_the_file() {
    let excluded = (0..1000).map(|clip| Excluded { clip: format!("clip{clip}"), reason: "dark".into() }).collect();
    let rendered = render(&Content { excluded, ..Content::default() }).unwrap();
    assert!(rendered.html.contains("The first 400 of 1,000 rows"));
    assert!(!rendered.html.contains("clip999") && file(&rendered, "tables/excluded.csv").contains("clip999"));
}

#[test]
fn a_content_that_contradicts_itself_is_refused() {
    let mut content = kitchen_sink();
    content.primary = Some(Contrast { bound: -0.06, ..contrast("primary", Verdict::NonInferior, vec![]) });
    assert!(matches!(render(&content), Err(ReportError::Verdict { .. })));

    let mut content = kitchen_sink();
    content.evaluations[0].groups[0].confusion = Some(Confusion { classes: classes(2), counts: vec![vec![1.0]] });
    let message = render(&content).unwrap_err().to_string();
    assert!(message.contains("not 2 by 2"), "{message}");
}
