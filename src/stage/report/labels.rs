//! Label sources and annotators, from the aggregations upstream.

use crate::{
    artifact::{Folder as _, agreement, labels, lines},
    job::Past,
    metric::agreement::Coefficient,
    report::content::{Agreement, Annotator, LabelSet},
    stage::{Context, StageError},
};

/// What the aggregations upstream made.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) sets: Vec<LabelSet>,
    pub(super) annotators: Vec<Annotator>,
    pub(super) agreement: Vec<Agreement>,
    /// Aggregations of crowds that are not joined on a fold.
    pub(super) over_all_patients: Vec<String>,
}

/// Aggregations of the same stage for several folds are told once.
pub(super) fn read(context: &Context<'_>, history: &[Past]) -> Result<Sources, StageError> {
    let mut sources = Sources::default();
    for past in history.iter().filter(|past| past.recipe.kind == "aggregate") {
        let classes = past.recipe.classes.clone().unwrap_or_default();
        let folder = context.store.folder(&past.output)?;
        let level = past.recipe.parameters["agreement"]["level"].as_f64().unwrap_or(0.95);
        let told = agreement::read(&folder)?;
        sources.agreement.extend(told.into_iter().map(|row| shown(row, &past.address, level)));
        if folder.tree().files.contains_key(lines::FRAMES) {
            // Lines are no label sources.
            continue;
        }
        let all = labels::read_labels(&folder, &classes)?;
        let raters = labels::read_raters(&folder)?;
        let about = labels::read_aggregation(&folder)?;
        let known: Vec<&labels::Rater> = raters.iter().filter(|rater| rater.annotator.is_some()).collect();
        let counted = |rater: &&&labels::Rater| rater.counted > 0.0;
        if about.without_fold.is_none() && about.method != "majority" {
            sources.over_all_patients.push(past.address.clone());
        }
        let count = |class: usize| all.iter().filter(|label| label.label == Some(class)).count() as u64;
        // A clip all of whose opinions were left out has no agreement.
        let agreed: Vec<f64> = all.iter().map(|label| label.agreement).filter(|share| share.is_finite()).collect();
        let agreement = agreed.iter().sum::<f64>() / agreed.len().max(1) as f64;
        sources.sets.push(LabelSet {
            name: past.address.clone(),
            classes: classes.iter().enumerate().map(|(at, class)| (class.clone(), count(at))).collect(),
            unlabelled: all.iter().filter(|label| label.label.is_none()).count() as u64,
            opinions: Some(about.opinions as u64),
            annotators: (known.len() == raters.len()).then(|| known.iter().filter(counted).count() as u64),
            agreement: Some(agreement),
        });
        for rater in known {
            sources.annotators.push(Annotator {
                annotator: rater.annotator.clone().unwrap_or_default(),
                group: past.address.clone(),
                opinions: rater.counted as u64,
                skill: rater.skill,
                agreement: None,
            });
        }
    }
    Ok(sources)
}

fn shown(row: agreement::Row, labels: &str, level: f64) -> Agreement {
    let between = match (&row.annotator, &row.other) {
        (None, _) if row.between == "others" => "each and the others".to_owned(),
        (None, _) => "all".to_owned(),
        (Some(annotator), None) => format!("{annotator} and the others"),
        (Some(annotator), Some(other)) => format!("{annotator} and {other}"),
    };
    Agreement {
        of_drawings: matches!(row.statistic.as_str(), "line-f1" | "origin-f1" | "dice" | "presence"),
        labels: labels.to_owned(),
        coefficient: title(&row.statistic).to_owned(),
        between,
        is_pair: row.other.is_some(),
        value: row.value,
        interval: row.low.zip(row.high),
        level,
        clips: row.clips,
        opinions: row.opinions as u64,
        units: (row.unit, row.units),
    }
}

/// A coefficient's name in print; one that is not known is printed as it is.
fn title(statistic: &str) -> &str {
    match statistic {
        "line-f1" => "F1 of lines",
        "origin-f1" => "F1 of origins",
        "dice" => "Dice",
        "presence" => "Share of frames agreed on presence",
        _ => Coefficient::ALL.iter().find(|known| known.name() == statistic).map_or(statistic, |known| known.title()),
    }
}
