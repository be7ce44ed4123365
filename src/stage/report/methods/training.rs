//! How models were trained, in a sentence.

use serde_json::Value;

use super::coordinates;
use crate::job::Past;

/// What was trained, for how long, with what, and on what.
pub(super) fn sentence(stage: &str, tasks: &[&Past]) -> Option<String> {
    let (solved, descended): (Vec<&Past>, Vec<&Past>) =
        tasks.iter().partition(|task| task.recipe.methods.contains_key("baseline"));
    let sentences = [descent(stage, &descended), baseline(stage, &solved)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// How many models were looked at for those that were kept, and by what.
pub(super) fn selection(stage: &str, tasks: &[&Past]) -> String {
    let models = |task: &Past| task.recipe.inputs.get("models").map_or(0, Vec::len);
    let (all, kept) = (tasks.iter().map(|task| models(task)).sum::<usize>(), tasks.len());
    let by = match tasks.first().and_then(|task| task.recipe.parameters["by"].as_str()) {
        Some("score") => "the highest score",
        _ => "the lowest loss",
    };
    let each = if kept == 1 { "the model".to_owned() } else { format!("in each of {kept} cases the model") };
    format!(
        "As {stage}, of {all} trained models {each} with {by} on the training patients set aside was kept; no scored patient was looked at for that."
    )
}

/// The baseline, which has no optimiser.
fn baseline(stage: &str, tasks: &[&Past]) -> Option<String> {
    let settings = &tasks.first()?.recipe.parameters["model"]["baseline"];
    let or = |key: &str, usual: &str| settings[key].as_f64().map_or_else(|| usual.to_owned(), |n| format!("{n}"));
    Some(format!(
        "{} models of {stage} are the baseline: logistic regression with a ridge of {} on the mean grey and the mean change from frame to \
         frame in {} bands of rows and of columns; {}.",
        tasks.len(),
        or("ridge", "1"),
        or("bands", "16"),
        coordinates(tasks)
    ))
}

/// Models that learned by steps down a gradient.
fn descent(stage: &str, tasks: &[&Past]) -> Option<String> {
    let recipe = &tasks.first()?.recipe;
    let p = &recipe.parameters;
    let number = |value: &Value| value.as_f64().map(|n| format!("{n}"));
    let or = |key: &str, usual: &str| number(&p[key]).unwrap_or_else(|| usual.to_owned());
    let length = number(&p["updates"]).map_or_else(
        || format!("{} epochs", number(&p["epochs"]).unwrap_or_default()),
        |updates| format!("{updates} updates"),
    );
    let methods: Vec<&str> = tasks.iter().flat_map(|task| task.recipe.methods.keys()).map(String::as_str).collect();
    let mut names: Vec<&str> = Vec::new();
    methods.into_iter().for_each(|name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    let mut details =
        vec![format!("{} at a learning rate of {}", optimiser(&p["optimiser"]), or("learning_rate", "0.001"))];
    details.extend(schedule(&p["schedule"]));
    details.extend(number(&p["warmup"]).map(|updates| format!("warmed up over {updates} updates")));
    details.extend(number(&p["clip_norm"]).map(|longest| format!("gradients cut at length {longest}")));
    let mut more = Vec::new();
    more.extend(target(&p["target"]));
    match p["learn"].as_str() {
        Some("posteriors") => more.push("the labels' probabilities were learned".to_owned()),
        Some("sampled") => {
            more.push("a class was drawn from the labels' probabilities each time a clip was seen".to_owned());
        }
        Some("opinions") => more.push(
            "opinions were learned as they are, through a confusion matrix for each annotator that was learned with the network".to_owned(),
        ),
        _ => {}
    }
    if p["class_weights"] == "balanced" {
        more.push("classes were weighted inversely to their frequency".to_owned());
    } else if let Some(given) = by_class(&p["class_weights"]) {
        more.push(format!("classes were weighted ({given})"));
    }
    if p["frame_weights"] == "balanced" {
        more.push("empty and drawn frames counted alike as a whole".to_owned());
    } else if let Some(given) = by_class(&p["frame_weights"]) {
        more.push(format!("frames were weighted ({given})"));
    }
    if p["sampling"] == "balanced" {
        more.push("each class had the same share of every batch".to_owned());
    } else if let Some(given) = by_class(&p["sampling"]) {
        more.push(format!("classes had fixed shares of every batch ({given})"));
    }
    if let Some(patience) = number(&p["patience"]) {
        more.push(format!(
            "training stopped after {patience} points of the validation curve without a lower loss, on training patients set aside, and the \
             best weights were kept"
        ));
    }
    if recipe.inputs.contains_key("init") {
        more.push("weights of an earlier training were begun with".to_owned());
    }
    let more: String = more.into_iter().map(|more| format!("; {more}")).collect();
    Some(format!(
        "{} models ({}) were trained as {stage}, each for {length} of {} {} with {}{more}; {}.",
        tasks.len(),
        names.join(", "),
        or("batch", "8"),
        if p["target"].is_null() { "clips" } else { "frames" },
        details.join(", "),
        coordinates(tasks)
    ))
}

/// What of drawings is learned.
fn target(value: &Value) -> Option<String> {
    let wide = |settings: &Value| {
        let table = settings.as_object()?;
        let (key, number) = table.iter().find_map(|(key, number)| Some((key, number.as_f64()?)))?;
        let unit = match key.rsplit('_').next() {
            Some("mm") => "mm",
            Some("percent") => "% of the frame's diagonal",
            _ => "pixels",
        };
        Some(format!("{number} {unit}"))
    };
    if value == "mask" {
        return Some("the pixels of masks were learned".to_owned());
    }
    if let Some(wide) = wide(&value["line"]) {
        return Some(format!("lines were learned as bars {wide} wide"));
    }
    wide(&value["origin"]).map(|wide| format!("the origins of lines were learned as discs of {wide}"))
}

fn optimiser(value: &Value) -> String {
    let name = value.as_str().or_else(|| value.as_object().and_then(|table| table.keys().next()).map(String::as_str));
    match name {
        Some("adam") => "Adam".to_owned(),
        Some("sgd") => {
            let settings = &value["sgd"];
            let momentum = settings["momentum"].as_f64().unwrap_or(0.9);
            let nesterov = if settings["nesterov"] == true { " (Nesterov)" } else { "" };
            format!("stochastic gradient descent with momentum {momentum}{nesterov}")
        }
        _ => "AdamW".to_owned(),
    }
}

fn schedule(value: &Value) -> Option<String> {
    let (name, settings) = match value {
        Value::String(name) => (name.as_str(), &Value::Null),
        Value::Object(table) => table.iter().next().map(|(name, settings)| (name.as_str(), settings))?,
        _ => return None,
    };
    let of = |key: &str, usual: f64| settings[key].as_f64().unwrap_or(usual);
    Some(match name {
        "cosine" => format!("which falls along a cosine to {} of it", of("floor", 0.0)),
        "step" => format!("times {} every {} updates", of("factor", 0.5), of("every", 1000.0)),
        "plateau" => format!(
            "times {} after {} points of the validation curve without a lower loss",
            of("factor", 0.5),
            of("patience", 3.0)
        ),
        _ => return None,
    })
}

fn by_class(value: &Value) -> Option<String> {
    let given = value["given"].as_object()?;
    Some(given.iter().map(|(class, number)| format!("{class} {number}")).collect::<Vec<_>>().join(", "))
}
