//! The methods paragraph: what was really run, from the recipes, and whose conventions it follows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Parameters, Read};
use crate::{
    crowd::{Look, Quality},
    job::Past,
    metric::Goal,
    recipe::Recipe,
};

mod inference;
mod training;

/// One sentence for each stage that ran, in the order data flow.
pub(super) fn sentences(history: &[Past], read: &[Read], parameters: &Parameters) -> Vec<String> {
    let mut stages: Vec<(&str, Vec<&Past>)> = Vec::new();
    for past in history {
        let stage = past.stage();
        match stages.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, tasks)) => tasks.push(past),
            None => stages.push((stage, vec![past])),
        }
    }
    let mut sentences: Vec<String> = stages.iter().filter_map(|(stage, tasks)| sentence(stage, tasks)).collect();
    for one in read {
        let evaluation = &one.evaluation;
        sentences.push(format!(
            "In {}, {} were scored against {} on {} clips of {} patients; intervals are {} % {} bootstrap intervals over {}.",
            one.name,
            evaluation.subject,
            evaluation.reference,
            evaluation.clips,
            evaluation.patients,
            percent(evaluation.level),
            limits(&evaluation.interval),
            super::evaluations::resampled(evaluation),
        ));
    }
    for (name, compare) in &parameters.compare.0 {
        sentences.push(format!(
            "The {name} contrast was {} {} minus {} in {}, with {} margin of {} at one-sided alpha {}{}.",
            compare.along,
            compare.candidate,
            compare.baseline,
            compare.metric.title(),
            match compare.goal {
                Goal::NonInferiority => "a non-inferiority",
                Goal::Equivalence => "an equivalence",
            },
            compare.margin,
            parameters.alpha,
            if compare.goal == Goal::Equivalence { " for each of two tests" } else { "" },
        ));
    }
    if !parameters.compare.0.is_empty() {
        sentences.push(format!(
            "Limits and p-values of contrasts are those of the {} bootstrap of the paired difference.",
            limits(parameters.interval.name())
        ));
    }
    if let Some(floor) = &parameters.floor {
        sentences.push(format!(
            "A comparison counts as inconclusive unless {} {} reaches {} {}.",
            floor.along,
            floor.at,
            floor.metric.title(),
            floor.value
        ));
    }
    if let Some((control, chance)) = parameters.control.as_ref().and_then(super::Control::with_chance) {
        sentences.push(format!(
            "It also counts as inconclusive if the 95 % interval of the {} of {} {} excludes {chance}.",
            control.metric.title(),
            control.along,
            control.at,
        ));
    }
    sentences
}

/// How limits are read off the draws, in the words of a sentence.
pub(super) fn limits(interval: &str) -> &str {
    match interval {
        "expanded" => "expanded percentile",
        "bca" => "BCa",
        other => other,
    }
}

fn percent(level: f64) -> String {
    format!("{}", (level * 1000.0).round() / 10.0)
}

fn sentence(stage: &str, tasks: &[&Past]) -> Option<String> {
    let recipe = &tasks.first()?.recipe;
    let p = &recipe.parameters;
    let number = |key: &str| p[key].as_f64().map(|n| format!("{n}"));
    Some(match recipe.kind.as_str() {
        "simulate" => format!("The data of {stage} are simulated ({}, seed {}).", method(p), recipe.seed.unwrap_or(0)),
        "decode" => decoding(recipe),
        "split" => {
            let folds = number("folds").unwrap_or_else(|| "5".to_owned());
            let stratify = p["stratify"].as_str().map_or(String::new(), |column| format!(", stratified by {column}"));
            let test = number("test").map_or(String::new(), |share| format!(" and a test part of {share}"));
            let seed = recipe.seed.unwrap_or(0);
            format!("Patients were divided into {folds} folds{test}{stratify}, none on two sides (seed {seed}).")
        }
        "aggregate" => aggregation(stage, tasks),
        "train" => return training::sentence(stage, tasks),
        "select" => training::selection(stage, tasks),
        _ => return None,
    })
}

/// How clips became frames: which frames, what was blanked and cut, and how large they are, in the order it is done in.
fn decoding(recipe: &Recipe) -> String {
    let p = &recipe.parameters;
    let number = |value: &Value| value.as_f64().map(|n| format!("{n}"));
    let text = |key: &str| p[key].as_str().unwrap_or_default();
    let mut steps = Vec::new();
    if p["title_frames"] == "drop" {
        steps.push("near-black frames at both ends were left out".to_owned());
    }
    if let Some(rate) = number(&p["rate"]) {
        steps.push(format!("clips were brought to {rate} frames a second"));
    }
    let short = match text("short") {
        "repeat" => "; shorter clips were repeated",
        "pad" => "; shorter clips were followed by black frames",
        _ => "",
    };
    let count = number(&p["frames"]).map_or_else(|| "all frames".to_owned(), |n| format!("{n} frames"));
    let sample = &p["sample"];
    steps.push(if recipe.inputs.contains_key("at") {
        "the frames of a table were kept".to_owned()
    } else if let Some(windows) = sample.get("windows") {
        let of = |key: &str| number(&windows[key]).unwrap_or_default();
        format!("windows of {} frames, {} apart, were kept{short}", of("length"), of("hop"))
    } else if let Some(stride) = sample.get("stride") {
        let from = number(&stride["from"]).unwrap_or_else(|| "0".to_owned());
        let every = number(&stride["every"]).unwrap_or_default();
        format!("{count}, every {every} from frame {from} on, were kept{short}")
    } else if p["frames"].is_null() {
        format!("{count} were kept")
    } else if sample == "centre" {
        format!("{count} from the middle of each clip were kept{short}")
    } else {
        format!("{count}, evenly over the clip, were kept{short}")
    });
    match text("mask") {
        "corners" => steps.push("all outside the fan between given corners was blanked".to_owned()),
        "regions" => steps.push("all outside the region of tissue that the file tells of was blanked".to_owned()),
        "auto" => steps.push(
            "all outside the fan, found from what moves or is bright in each clip, was blanked, and burned-in marks \
             that were found inside it were filled in"
                .to_owned(),
        ),
        _ => {}
    }
    if let Some(range) = p["intensity"].get("percentiles") {
        let of = |key: &str| number(&range[key]).unwrap_or_default();
        let (low, high) = (of("low"), of("high"));
        steps.push(format!("grey levels were stretched between percentiles {low} and {high} of each clip"));
    }
    if p["crop"] == "fan" {
        steps.push("frames were cropped".to_owned());
    }
    if let (Some(width), Some(height)) = (number(&p["pad"]["width"]), number(&p["pad"]["height"])) {
        steps.push(format!("frames were padded symmetrically to {width}:{height}"));
    }
    if let (Some(width), Some(height)) = (number(&p["size"]["width"]), number(&p["size"]["height"])) {
        let how = match text("resize") {
            "area" => "by area means",
            "interpolate" => "by bilinear interpolation without a filter",
            _ => "by an antialiased bilinear filter",
        };
        steps.push(format!("frames were resized to {width}×{height} pixels {how}"));
    }
    if let (Some(angles), Some(depths)) = (number(&p["polar"]["angles"]), number(&p["polar"]["depths"])) {
        steps.push(format!("scan conversion was undone to {angles} angles by {depths} depths"));
    }
    format!("Clips were decoded to grey; {}.", steps.join("; "))
}

fn aggregation(stage: &str, tasks: &[&Past]) -> String {
    let p = &tasks[0].recipe.parameters;
    let annotators = p["annotators"].as_array().map_or(String::new(), |list| {
        if tasks.len() > 1 { String::new() } else { format!(" of {} chosen annotators", list.len()) }
    });
    let fold = !p["fold"].is_null();
    let several = if tasks.len() > 1 && !fold {
        format!(" ({} times: {})", tasks.len(), coordinates(tasks))
    } else {
        String::new()
    };
    let counted = screening(p).map_or(String::new(), |screening| format!(" {screening}"));
    let (made, of) = if tasks[0].recipe.inputs.contains_key("drawn") {
        let made = match p["method"].as_str().or_else(|| Some(p["method"].as_object()?.keys().next()?.as_str())) {
            Some("line-consensus") => "Lines",
            Some("origin-points") => "Origins of lines",
            _ => "Masks",
        };
        (made, "drawings")
    } else {
        ("Labels", "opinions")
    };
    let fold =
        if fold { format!(", anew for each fold from the {of} on training patients alone") } else { String::new() };
    format!("{made} of {stage} were made from {of}{annotators} by {}{fold}{several}.{counted}", method(p))
}

/// Which opinions count, where not all do.
fn screening(p: &Value) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(quality) = p["quality"].as_object() {
        // Parameters come without those that are the default.
        let quality: Quality = serde_json::from_value(Value::Object(quality.clone())).ok()?;
        if quality.needs_known() {
            let over = match quality.look {
                Look::Past => format!("the last {} known answers its author gave", quality.window),
                Look::All => "all known answers its author saw".to_owned(),
            };
            let balanced = if quality.balanced { "balanced " } else { "" };
            let (least, known) = (quality.minimum_accuracy, quality.minimum_known);
            parts.push(format!("opinions count from a {balanced}accuracy of {least} over {over}, of at least {known}"));
        }
        if quality.minimum_opinions > 0 {
            parts.push(format!("annotators count from {} opinions", quality.minimum_opinions));
        }
    }
    let number = |key: &str| p[key].as_u64().filter(|number| *number > 0);
    parts.extend(number("minimum_reads").map(|least| format!("clips have a label from {least} opinions")));
    parts.extend(number("opinions_per_item").map(|_| "opinions were drawn at random without replacement".to_owned()));
    (!parts.is_empty()).then(|| format!("There, {}.", parts.join("; ")))
}

/// The chosen method and its parameters that are not the default.
fn method(parameters: &Value) -> String {
    let Some(chosen) = parameters["method"].as_object().and_then(|method| method.iter().next()) else {
        return "the default method".to_owned();
    };
    let (name, settings) = chosen;
    let settings: Vec<String> = settings
        .as_object()
        .map(|settings| {
            settings.iter().map(|(key, value)| format!("{} {}", key.replace('_', " "), plain(value))).collect()
        })
        .unwrap_or_default();
    if settings.is_empty() { name.clone() } else { format!("{name} ({})", settings.join(", ")) }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The values of every coordinate of some tasks.
fn coordinates(tasks: &[&Past]) -> String {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for task in tasks {
        let inside = task.address.split_once('[').map_or("", |(_, inside)| inside.trim_end_matches(']'));
        for (key, value) in inside.split(',').filter_map(|pair| pair.split_once('=')) {
            let known = values.entry(key.to_owned()).or_default();
            if !known.iter().any(|other| other == value) {
                known.push(value.to_owned());
            }
        }
    }
    let told: Vec<String> = values.into_iter().map(|(key, values)| format!("{key}: {}", values.join(", "))).collect();
    if told.is_empty() { "one task".to_owned() } else { told.join("; ") }
}

/// The papers behind what was run.
pub(super) fn citations(history: &[Past], read: &[Read], parameters: &Parameters) -> Vec<String> {
    let compared = !parameters.compare.0.is_empty();
    let used = |method: &str| history.iter().any(|past| past.recipe.methods.contains_key(method));
    let mut citations = vec![
        "Percentile bootstrap over clusters: Field CA, Welsh AH. Bootstrapping clustered data. J R Stat Soc B 2007;69:369–390.".to_owned(),
    ];
    if compared {
        citations.push("Non-inferiority: Piaggio G et al. Reporting of noninferiority and equivalence randomized trials. JAMA 2012;308:2594–2604.".to_owned());
    }
    citations.extend(inference::citations(read, parameters));
    if used("dawid-skene") {
        citations.push("Dawid AP, Skene AM. Maximum likelihood estimation of observer error-rates using the EM algorithm. Appl Stat 1979;28:20–28.".to_owned());
    }
    if used("quality") {
        citations.push("Quality control by known answers: Duggan NM et al. Gamified crowdsourcing as a novel approach to lung ultrasound dataset labeling. arXiv 2306.06773, 2023.".to_owned());
    }
    let pairs = |read: &Read| {
        let metrics = &read.evaluation.metrics;
        read.evaluation.on.as_deref() == Some("out-of-fold") && metrics.iter().any(|metric| metric == "auroc")
    };
    if read.iter().any(pairs) {
        citations.push("Pairs within a fold: Airola A et al. An experimental comparison of cross-validation techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011;55:1828–1844.".to_owned());
    }
    if read.iter().any(|read| read.evaluation.groups.iter().any(|group| group.counts.is_some())) {
        citations.push("Limits of agreement: Bland JM, Altman DG. Agreement between methods of measurement with multiple observations per individual. J Biopharm Stat 2007;17:571–582.".to_owned());
    }
    if used("phantom") {
        citations.push(
            "Speckle: Burckhardt CB. Speckle in ultrasound B-mode scans. IEEE Trans Sonics Ultrason 1978;25:1–6."
                .to_owned(),
        );
    }
    citations
}
