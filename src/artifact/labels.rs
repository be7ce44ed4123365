//! `Labels`: one label a clip, and who made them: `labels.csv`, `annotators.csv`, `aggregation.json`,
//! and where answers were known, `known.csv`.

use serde::{Deserialize, Serialize};

use super::{ArtifactError, Folder, rows};
use crate::table::Wanted;

/// The file that says which clips had a known answer.
pub const KNOWN: &str = "known.csv";

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
    /// How hard the clip is, as the method estimates it.
    pub difficulty: Option<f64>,
}

/// Somebody whose opinions went into labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Rater {
    /// The id; `None` stands for all opinions whose author the table doesn't name.
    pub annotator: Option<String>,
    /// The group ids are unique in; the same id in two groups is two people.
    pub group: String,
    /// How many opinions were given.
    pub opinions: f64,
    /// How many of them count: those that no quality control and no draw left out.
    pub counted: f64,
    /// Skill as the method estimates it.
    pub skill: Option<f64>,
    /// With quality control, how many of the opinions are on clips with a known answer.
    pub known_seen: Option<u32>,
    /// The accuracy on these.
    pub known_accuracy: Option<f64>,
    /// Confusion matrix: rows are true classes, columns given ones.
    pub confusion: Option<Vec<Vec<f64>>>,
}

/// How the labels were made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Aggregation {
    /// The method's name.
    pub method: String,
    /// How many opinions count.
    pub opinions: f64,
    /// Opinions left out, by reason.
    pub excluded: Vec<(String, f64)>,
    /// The fold whose clips were kept out, for aggregations that join on one.
    pub without_fold: Option<u32>,
    /// Clips with a known answer that were looked at.
    pub known_answers: u64,
    /// Those of them that get no label for it.
    pub known_omitted: u64,
    /// Clips without a label for having too few opinions.
    pub few_reads: u64,
    /// How many opinions were drawn on each clip.
    pub opinions_per_item: Option<u32>,
    /// Clips that had fewer.
    pub short_of_opinions: u64,
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
    columns.extend(["opinions", "agreement", "entropy"].map(str::to_owned));
    let difficulty = labels.iter().any(|label| label.difficulty.is_some());
    columns.extend(difficulty.then(|| "difficulty".to_owned()));
    rows::written(columns, labels, |l, writer| {
        writer.value(&l.clip);
        writer.value(l.label.map_or("", |index| &classes[index]));
        l.probabilities.iter().for_each(|probability| writer.number(*probability));
        for number in [l.opinions, l.agreement, entropy(&l.probabilities)] {
            writer.number(number);
        }
        if difficulty {
            writer.number(l.difficulty.unwrap_or(f64::NAN));
        }
        writer.end();
    })
}

/// Shannon's entropy of a distribution in nats, from 0 where one class is certain to ln(classes); NaN where a probability
/// is.
fn entropy(probabilities: &[f64]) -> f64 {
    let term = |p: &f64| if *p == 0.0 { 0.0 } else { -p * libm::log(*p) };
    // A sum of nothing but -0 is -0.
    probabilities.iter().map(term).sum::<f64>() + 0.0
}

/// Reads `labels.csv`.
///
/// # Errors
/// An artifact that can't be read, or whose classes are not the experiment's.
pub fn read_labels(folder: &dyn Folder, classes: &[String]) -> Result<Vec<Label>, ArtifactError> {
    let mut wanted = ["clip", "label", "opinions", "agreement"].map(Wanted::required).to_vec();
    wanted.extend(classes.iter().map(|class| Wanted::required(&format!("p_{class}"))));
    wanted.push(Wanted::optional("difficulty"));
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
                difficulty: Some(rows::parse(&table, "difficulty", row)?).filter(|value| !value.is_nan()),
            })
        })
        .collect()
}

/// Writes `annotators.csv`.
pub fn write_raters(raters: &[Rater], classes: &[String]) -> Vec<u8> {
    let mut columns = ["annotator", "group", "opinions", "skill", "opinions_counted", "known_seen", "known_accuracy"]
        .map(str::to_owned)
        .to_vec();
    let confusion = raters.iter().any(|rater| rater.confusion.is_some());
    if confusion {
        columns.extend(classes.iter().flat_map(|t| classes.iter().map(move |g| format!("{t}_called_{g}"))));
    }
    rows::written(columns, raters, |r, writer| {
        let mut row = vec![
            r.annotator.clone().unwrap_or_default(),
            r.group.clone(),
            rows::number(r.opinions),
            rows::maybe(r.skill),
            rows::number(r.counted),
            rows::maybe(r.known_seen.map(f64::from)),
            rows::maybe(r.known_accuracy),
        ];
        if confusion {
            let cells = classes.len() * classes.len();
            match &r.confusion {
                Some(matrix) => row.extend(matrix.iter().flatten().map(|p| rows::number(*p))),
                None => row.extend(std::iter::repeat_n(String::new(), cells)),
            }
        }
        writer.row(row);
    })
}

/// Reads who made labels, without their confusion matrices.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_raters(folder: &dyn Folder) -> Result<Vec<Rater>, ArtifactError> {
    let mut wanted = ["annotator", "group", "opinions", "skill"].map(Wanted::required).to_vec();
    // Labels made before there was quality control don't have them.
    wanted.extend(["opinions_counted", "known_seen", "known_accuracy"].map(Wanted::optional));
    let table = rows::read(folder, "annotators.csv", &wanted)?;
    let given = |column: &str, row| rows::parse(&table, column, row).map(|value| value.is_finite().then_some(value));
    (0..table.len())
        .map(|row| {
            let id = table.required("annotator").get(row);
            let opinions = rows::parse(&table, "opinions", row)?;
            Ok(Rater {
                annotator: (!id.is_empty()).then(|| id.to_owned()),
                group: table.required("group").get(row).to_owned(),
                opinions,
                counted: given("opinions_counted", row)?.unwrap_or(opinions),
                skill: given("skill", row)?,
                known_seen: given("known_seen", row)?.map(|seen| seen as u32),
                known_accuracy: given("known_accuracy", row)?,
                confusion: None,
            })
        })
        .collect()
}

/// Writes `known.csv`: the clips whose known answers the labels rest on, sorted.
pub fn write_known<C: AsRef<str>>(clips: &[C]) -> Vec<u8> {
    let mut clips: Vec<&str> = clips.iter().map(AsRef::as_ref).collect();
    clips.sort_unstable();
    let mut writer = rows::Writer::new(["clip"]);
    clips.into_iter().for_each(|clip| writer.row([clip]));
    writer.finish()
}

/// Reads the clips whose known answers labels rest on, of labels or of a model that learned them.
///
/// # Errors
/// An artifact that can't be read.
pub fn read_known(folder: &dyn Folder) -> Result<Vec<String>, ArtifactError> {
    if !folder.tree().files.contains_key(KNOWN) {
        return Ok(Vec::new());
    }
    let table = rows::read(folder, KNOWN, &[Wanted::required("clip")])?;
    Ok((0..table.len()).map(|row| table.required("clip").get(row).to_owned()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.entropy` of scipy 1.17.
    #[test]
    fn entropy_is_scipys() {
        for (probabilities, expected) in [
            (&[0.2, 0.5, 0.3][..], 1.029_653_014_064_573_7),
            (&[1.0, 0.0, 0.0], 0.0),
            (&[0.25; 4], 1.386_294_361_119_890_6),
        ] {
            let found = entropy(probabilities);
            assert!((found - expected).abs() < 1e-15 && found.is_sign_positive(), "{found} is not {expected}");
        }
        assert!(entropy(&[f64::NAN, f64::NAN]).is_nan());
    }
}
