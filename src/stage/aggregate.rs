//! `aggregate`: many opinions to one label a clip, or what many drew to lines, origins or masks of a frame.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, Output, Stage, StageError, declare};
use crate::{
    artifact::{Folder, Type, distance, lines},
    crowd,
    plan::{Port, Problem, Surroundings, kind},
    table::Wanted,
};

mod agreement;
mod chosen;
mod drawn;
mod duplicates;
mod family;
mod known;
mod labels;
mod method;
pub(super) mod opinions;
mod parameters;
mod raters;
mod screen;
mod times;

use method::Method;
use parameters::Parameters;

/// The kind.
#[derive(Debug)]
pub(super) struct Aggregate;

declare! {
    Aggregate, "aggregate", version 6, Parameters,
    "make one label a clip of many opinions, or lines, origins or masks of many drawings on frames",
    ports [
        Port::table("opinions").optional(),
        Port::table("drawn").optional(),
        Port::table("viewed").optional(),
        Port::one("frames", &[Type::Frames]).optional(),
        Port::table("known_answers").optional(),
        Port::table("clips").optional(),
        Port::one("split", &[Type::Split]).optional(),
    ],
    makes Type::Labels | Type::Lines,
    {
        fn output(&self, connected: &[&str]) -> Type {
            if connected.contains(&"drawn") { Type::Lines } else { Type::Labels }
        }

        fn uses_classes(&self, connected: &[&str]) -> bool {
            self.output(connected) == Type::Labels
        }

        fn methods(&self, parameters: &Value) -> BTreeMap<String, u32> {
            let Ok(read) = kind::parameters::<Parameters>(parameters) else { return BTreeMap::new() };
            let quality = read.quality.is_some().then_some(("quality", crowd::QUALITY_VERSION));
            let fewer = read.opinions_per_item.is_some().then_some(("opinions-per-item", crowd::SUBSAMPLE_VERSION));
            let all = [Some(read.method.version()), quality, fewer];
            all.into_iter().flatten().map(|(name, version)| (name.to_owned(), version)).collect()
        }

        fn columns(&self, port: &str, parameters: &Value) -> Vec<Wanted> {
            let mut columns = vec![Wanted::required("clip")];
            match port {
                "drawn" | "viewed" => {
                    columns.extend([Wanted::required("frame"), Wanted::optional("annotator")]);
                    let content = [Wanted::optional("geometry"), Wanted::optional_file("mask")];
                    columns.extend(content.into_iter().filter(|_| port == "drawn"));
                }
                "opinions" => {
                    let read = ["annotator", "votes"].map(Wanted::optional);
                    columns.extend([Wanted::required("label")].into_iter().chain(read));
                    // Only screening goes by time; a column that is not looked at must not count.
                    let screened = kind::parameters::<Parameters>(parameters).is_ok_and(|read| read.quality.is_some());
                    columns.extend(screened.then(|| Wanted::optional("time")));
                }
                "known_answers" => columns.push(Wanted::required("label")),
                _ => columns.push(Wanted::optional("patient")),
            }
            columns
        }

        fn check(&self, parameters: &Value, around: &Surroundings<'_>) -> Vec<Problem> {
            kind::parameters::<Parameters>(parameters).map_or(Vec::new(), |read| read.problems(around))
        }
    }
}

impl Stage for Aggregate {
    fn nouns(&self) -> [&'static str; 2] {
        ["aggregation", "aggregations"]
    }

    fn distance(&self, one: &dyn Folder, other: &dyn Folder) -> Option<f64> {
        let tables = ["labels.csv", lines::LINES, lines::ORIGINS, lines::FRAMES];
        let table = tables.into_iter().find(|table| one.tree().files.contains_key(*table))?;
        distance::of_tables(one, other, table)
    }

    fn run(&self, context: &Context<'_>) -> Result<Output, StageError> {
        let parameters: Parameters = context.parameters()?;
        match &parameters.method {
            Method::Opinions(method) => labels::make(context, &parameters, method),
            Method::Drawn(method) => drawn::make(context, &parameters, method),
        }
    }
}
