//! What goes with opinions and what with drawings: one of the two is read, with a method and fields of its own.

use super::{
    method::Method,
    parameters::{Duplicates, Known, Parameters},
};
use crate::{
    crowd::{self, drawn},
    name::quoted,
    plan::Problem,
};

/// What of the ports and fields does not go together.
pub(super) fn problems(parameters: &Parameters, ports: &[&str]) -> Vec<Problem> {
    let connected = |port: &str| ports.contains(&port);
    let drawings = match (connected("opinions"), connected("drawn")) {
        (true, true) => {
            let message = "`drawn` stands beside `opinions`, and one aggregation reads one of them";
            return vec![Problem::new("drawn", message, "give each a stage of its own")];
        }
        (false, false) => {
            let message = "`aggregate` needs `opinions` or `drawn`";
            let help = "add `opinions = \"…\"`, a table of clip, annotator and label, or `drawn = \"…\"`, one of clip, \
                        frame, annotator and geometry";
            return vec![Problem::new("opinions", message, help)];
        }
        (_, drawings) => drawings,
    };
    let mut problems = Vec::new();
    let (source, other) = if drawings { ("drawn", "opinions") } else { ("opinions", "drawn") };
    let works = match &parameters.method {
        Method::Opinions(_) if drawings => Some(drawn::Method::NAMES),
        Method::Drawn(_) if !drawings => Some(crowd::Method::NAMES),
        _ => None,
    };
    if let Some(names) = works {
        let message = format!("the method `{}` takes `{other}`, not `{source}`", parameters.method.version().0);
        problems.push(Problem::new("method", message, format!("methods for `{source}` are {}", quoted(names))));
    }
    let fields = if drawings { of_opinions(parameters) } else { of_drawings(parameters) };
    let taken = if drawings { &["known_answers", "clips"][..] } else { &["viewed", "frames"][..] };
    let given = fields.into_iter().filter(|(_, given)| *given).map(|(field, _)| field);
    for field in given.chain(taken.iter().copied().filter(|port| connected(port))) {
        let message = format!("`{field}` means nothing with `{source}`: it goes with `{other}`");
        let help = match field {
            "clips" => "take it out: the clips and their patients are those of `frames`",
            _ => "take it out",
        };
        problems.push(Problem::new(field, message, help));
    }
    if drawings {
        problems.extend(incomplete(parameters, connected));
    }
    problems
}

/// What drawings can't do without.
fn incomplete(parameters: &Parameters, connected: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !connected("frames") {
        let message = "`drawn` needs `frames`, which has size and scale of what was drawn on";
        problems.push(Problem::new("frames", message, "add `frames = \"@…\"`, the stage that decodes the clips"));
    }
    if parameters.drawn_unit.is_none() {
        let message = "`drawn` needs `drawn_unit`: what the coordinates count";
        let help = "it is \"percent\" of width and height, \"pixels\" from the outer edge of the first one, or \
                    \"pixel-centres\" from the centre of the first one";
        problems.push(Problem::new("drawn_unit", message, help));
    }
    match (connected("viewed"), parameters.unviewed.is_some()) {
        (false, false) => {
            let message = "nothing says who looked at what: somebody who looked and drew nothing says there is nothing";
            let help = "add `viewed = \"…\"`, a table of clip, frame and annotator, or declare it: `unviewed = \"drawn-only\"` \
                        (whoever drew on a frame looked at it, and nobody else) or \"all\" (everybody looked at every frame)";
            problems.push(Problem::new("viewed", message, help));
        }
        (true, true) => {
            let message = "`unviewed` declares what the table `viewed` says already";
            problems.push(Problem::new("unviewed", message, "keep one of them"));
        }
        _ => {}
    }
    if let Method::Drawn(method) = &parameters.method {
        if let Err(error) = method.check() {
            problems.push(Problem { field: "method".to_owned(), message: error.to_string(), help: None });
        }
        if !parameters.probabilities && !method.makes_masks() {
            let message = format!("`{}` makes no masks, so there are no probabilities to leave out", method.name());
            problems.push(Problem::new("probabilities", message, "take it out"));
        }
    }
    problems
}

/// Fields that go with opinions only, and whether they say something.
fn of_opinions(parameters: &Parameters) -> Vec<(&'static str, bool)> {
    vec![
        ("duplicates", parameters.duplicates != Duplicates::default()),
        ("quality", parameters.quality.is_some()),
        ("known", parameters.known != Known::default()),
        ("opinions_per_item", parameters.opinions_per_item.is_some()),
        ("opinions_seed", parameters.opinions_seed != 0),
        ("minimum_reads", parameters.minimum_reads != 0),
    ]
}

/// Fields that go with drawings only, and whether they say something.
fn of_drawings(parameters: &Parameters) -> Vec<(&'static str, bool)> {
    vec![
        ("drawn_unit", parameters.drawn_unit.is_some()),
        ("unviewed", parameters.unviewed.is_some()),
        ("probabilities", !parameters.probabilities),
    ]
}
