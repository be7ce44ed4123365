//! `Labels`: one label a clip, and who made them: `labels.csv`, `annotators.csv`, `aggregation.json`.

use serde::{Deserialize, Serialize};

use super::{ArtifactError, Folder, rows};
use crate::table::Wanted;

/// The label of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The clip.
    pub clip: String,
    /// Index of the class; `None` where aggregation abstained.
    pub label: Option<usize>,
    /// One probability a class.
    pub probabilities: Vec<f64>,
    /// How many opinions it rests on.
    pub opinions: f64,
    /// Share of the opinions that equal the label.
    pub agreement: f64,
}

/// Somebody whose opinions went into labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Rater {
    /// The id; `None` stands for all opinions whose author the table doesn't name.
    pub annotator: Option<String>,
    /// The group ids are unique in; the same id in two groups is two people.
    pub group: String,
    /// How many opinions.
    pub opinions: f64,
    /// Skill as the method estimates it.
    pub skill: Option<f64>,
    /// Confusion matrix: rows are true classes, columns given ones.
    pub confusion: Option<Vec<Vec<f64>>>,
}

/// How the labels were made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Aggregation {
    /// The method's name.
    pub method: String,
    /// How many opinions were read.
    pub opinions: f64,
    /// Opinions left out, by reason.
    pub excluded: Vec<(String, f64)>,
    /// The fold whose clips were kept out, for aggregations that join on one.
    pub without_fold: Option<u32>,
    /// Iterations of an iterative method, and whether it converged.
    pub iterations: Option<u32>,
    /// Whether an iterative method converged.
    pub converged: Option<bool>,
    /// Log-likelihood after each iteration.
    pub log_likelihood: Vec<f64>,
}

/// Writes `labels.csv`.
pub fn write_labels(labels: &[Label], classes: &[String]) -> Vec<u8> {
    let mut columns = vec!["clip".to_owned(), "label".to_owned()];
    columns.extend(classes.iter().map(|class| format!("p_{class}")));
    columns.extend(["opinions".to_owned(), "agreement".to_owned()]);
    let mut writer = rows::Writer::new(columns);
    for l in labels {
        let mut row = vec![l.clip.clone(), l.label.map_or(String::new(), |index| classes[index].clone())];
        row.extend(l.probabilities.iter().map(|p| rows::number(*p)));
        row.extend([rows::number(l.opinions), rows::number(l.agreement)]);
        writer.row(row);
    }
    writer.finish()
}

/// Reads `labels.csv`.
///
/// # Errors
/// An artifact that can't be read, or whose classes are not the experiment's.
pub fn read_labels(folder: &dyn Folder, classes: &[String]) -> Result<Vec<Label>, ArtifactError> {
    let mut wanted = ["clip", "label", "opinions", "agreement"].map(Wanted::required).to_vec();
    wanted.extend(classes.iter().map(|class| Wanted::required(&format!("p_{class}"))));
    let table = rows::read(folder, "labels.csv", &wanted)?;
    let label = table.required("label");
    (0..table.len())
        .map(|row| {
            let probabilities: Result<Vec<f64>, _> =
                classes.iter().map(|class| rows::parse(&table, &format!("p_{class}"), row)).collect();
            Ok(Label {
                clip: table.required("clip").get(row).to_owned(),
                label: classes.iter().position(|class| class == label.get(row)),
                probabilities: probabilities?,
                opinions: rows::parse(&table, "opinions", row)?,
                agreement: rows::parse(&table, "agreement", row)?,
            })
        })
        .collect()
}

/// Writes `annotators.csv`.
pub fn write_raters(raters: &[Rater], classes: &[String]) -> Vec<u8> {
    let mut columns = ["annotator", "group", "opinions", "skill"].map(str::to_owned).to_vec();
    let confusion = raters.iter().any(|rater| rater.confusion.is_some());
    if confusion {
        columns.extend(classes.iter().flat_map(|t| classes.iter().map(move |g| format!("{t}_called_{g}"))));
    }
    let mut writer = rows::Writer::new(columns);
    for r in raters {
        let mut row = vec![
            r.annotator.clone().unwrap_or_default(),
            r.group.clone(),
            rows::number(r.opinions),
            rows::maybe(r.skill),
        ];
        if confusion {
            let cells = classes.len() * classes.len();
            match &r.confusion {
                Some(matrix) => row.extend(matrix.iter().flatten().map(|p| rows::number(*p))),
                None => row.extend(std::iter::repeat_n(String::new(), cells)),
            }
        }
        writer.row(row);
    }
    writer.finish()
}

/// Reads who made labels, without their confusion matrices.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_raters(folder: &dyn Folder) -> Result<Vec<Rater>, ArtifactError> {
    let columns = ["annotator", "group", "opinions", "skill"];
    let table = rows::read(folder, "annotators.csv", &columns.map(Wanted::required))?;
    (0..table.len())
        .map(|row| {
            let id = table.required("annotator").get(row);
            let skill = rows::parse(&table, "skill", row)?;
            Ok(Rater {
                annotator: (!id.is_empty()).then(|| id.to_owned()),
                group: table.required("group").get(row).to_owned(),
                opinions: rows::parse(&table, "opinions", row)?,
                skill: skill.is_finite().then_some(skill),
                confusion: None,
            })
        })
        .collect()
}

/// Reads how labels were made.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_aggregation(folder: &dyn Folder) -> Result<Aggregation, ArtifactError> {
    let path = "aggregation.json";
    serde_json::from_str(&folder.text(path)?)
        .map_err(|error| ArtifactError::Malformed { path: path.to_owned(), message: error.to_string() })
}
