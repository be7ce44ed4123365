//! Opinions a model learns from as they are: those on its training clips, and no others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    clips::StoredClips,
    parameters::{ByClass, Learn, Parameters},
    sides::Labelled,
};
use crate::{
    artifact::labels::Rater,
    model::{CrowdLayer, Example, Opinion, Target},
    plan::Problem,
    stage::{Context, StageError, aggregate::opinions::classes_of},
    table::Wanted,
};

/// How much the matrices' diagonals count where that is not said, as in Tanno et al. 2019.
const TRACE: f64 = 0.01;

/// The columns of a table of opinions.
pub(super) fn columns() -> Vec<Wanted> {
    let mut columns = ["clip", "annotator", "label"].map(Wanted::required).to_vec();
    columns.push(Wanted::optional("votes"));
    columns
}

/// What is wrong about learning from opinions, before anything runs.
pub(super) fn problems(parameters: &Parameters, connected: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, message: &str, remedy: &str| problems.push(Problem::new(field, message, remedy));
    let asked = parameters.learn == Learn::Opinions;
    match (asked, connected) {
        (true, false) => {
            wrong("learn", "opinions are to be learned and there are none", "add `opinions = \"opinions.csv\"`");
        }
        (false, true) => {
            wrong("opinions", "`opinions` are not learned", "add `learn = \"opinions\"`, or take them out");
        }
        _ => {}
    }
    if !asked {
        let beside = [
            ("confusion_trace", parameters.confusion_trace.is_some()),
            ("rater_group", !parameters.rater_group.is_empty()),
        ];
        for (field, _) in beside.into_iter().filter(|(_, given)| *given) {
            wrong(field, &format!("`{field}` is for opinions"), "add `learn = \"opinions\"`, or take it out");
        }
        return problems;
    }
    if parameters.confusion_trace.is_some_and(|trace| !(trace >= 0.0 && trace.is_finite())) {
        wrong("confusion_trace", "`confusion_trace` is no weight", "give 0 or a small positive number such as 0.01");
    }
    let others = [
        ("shuffle", parameters.shuffle, "labels are dealt out anew, and opinions stay with their clips"),
        ("class_weights", parameters.class_weights != ByClass::default(), "opinions count as they are"),
        ("loss", parameters.loss != crate::model::Loss::default(), "opinions have a loss of their own"),
        ("model", parameters.model.is_solved() || parameters.model.of_frames(), "this model has no crowd layer"),
    ];
    for (field, _, message) in others.into_iter().filter(|(_, given, _)| *given) {
        wrong(field, message, "take it out, or learn labels or posteriors");
    }
    problems
}

/// The opinions on training clips.
pub(super) struct Said {
    /// Sorted.
    annotators: Vec<String>,
    /// How many opinions each gave, votes counted.
    given: Vec<f64>,
    of: HashMap<usize, Vec<Opinion>>,
}

impl Said {
    /// Reads the table of the port `opinions`, where it is connected. Training clips without opinions are left out.
    ///
    /// # Errors
    /// A table that can't be read, opinions nobody signed, or none on any training clip.
    pub(super) fn read(
        context: &Context<'_>,
        clips: &StoredClips<'_>,
        training: &mut Vec<Labelled>,
    ) -> Result<Option<Self>, StageError> {
        let Some((table, _)) = context.table("opinions")? else { return Ok(None) };
        let class_of = classes_of(&table, context.classes())?;
        let wanted: BTreeSet<usize> = training.iter().map(|labelled| labelled.clip).collect();
        let (names, labels) = (table.required("clip"), table.required("label"));
        let (annotators, votes) = (table.required("annotator"), table.column("votes"));
        let mut rows: Vec<(usize, &str, u16, f32)> = Vec::new();
        for row in 0..table.len() {
            let Some(clip) = clips.index.get(names.get(row)).filter(|clip| wanted.contains(*clip)) else { continue };
            let annotator = annotators.get(row);
            if annotator.is_empty() {
                let remedy = "a confusion matrix is somebody's: name them, or learn labels or posteriors";
                return Err(table.error(row, "the opinion has no annotator".to_owned(), remedy).into());
            }
            let text = votes.map_or("", |votes| votes.get(row));
            let count = if text.is_empty() { Some(1.0) } else { text.parse::<f32>().ok() };
            match count.filter(|count| *count >= 0.0 && count.is_finite()) {
                Some(0.0) => {}
                Some(count) => rows.push((*clip, annotator, class_of[labels.symbol(row) as usize], count)),
                None => {
                    let message = format!("`{text}` is no number of votes");
                    return Err(table.error(row, message, "give a number from 0").into());
                }
            }
        }
        let distinct: BTreeSet<&str> = rows.iter().map(|(_, annotator, ..)| *annotator).collect();
        let place: BTreeMap<&str, u32> = distinct.iter().copied().zip(0..).collect();
        let mut said = Self {
            annotators: distinct.into_iter().map(str::to_owned).collect(),
            given: vec![0.0; place.len()],
            of: HashMap::new(),
        };
        for (clip, annotator, class, votes) in rows {
            let annotator = place[annotator];
            said.given[annotator as usize] += f64::from(votes);
            said.of.entry(clip).or_default().push(Opinion { annotator, class, votes });
        }
        let before = training.len();
        training.retain(|labelled| said.of.contains_key(&labelled.clip));
        if training.is_empty() {
            return Err(StageError::Input(format!(
                "{}: no opinion is on one of the {before} clips to train on; names look like `{}`",
                table.file,
                if table.is_empty() { "" } else { names.get(0) }
            )));
        }
        if training.len() < before {
            context.warn(format!(
                "{} of {before} training clips have no opinion and are left out",
                before - training.len()
            ));
        }
        Ok(Some(said))
    }

    /// What a clip's windows are examples of: what was said of the clip.
    pub(super) fn examples(&self, clips: &StoredClips<'_>, part: &[Labelled]) -> Vec<Example> {
        let of = |labelled: &Labelled| {
            let opinions = self.of.get(&labelled.clip).cloned().unwrap_or_default();
            let group = labelled.label;
            let example = move |clip| Example { clip, target: Target::Opinions(opinions.clone()), group, weight: 1.0 };
            clips.windows(labelled.clip).map(example).collect::<Vec<_>>()
        };
        part.iter().flat_map(of).collect()
    }

    /// How they are learned.
    pub(super) fn layer(&self, parameters: &Parameters) -> CrowdLayer {
        CrowdLayer { annotators: self.annotators.len(), trace: parameters.confusion_trace.unwrap_or(TRACE) }
    }

    /// Everybody whose opinions were learned, with the confusion matrix that was, and those who made the labels that the
    /// validation curve and the choice of clips rest on.
    pub(super) fn raters(&self, makers: Vec<Rater>, confusions: &[Vec<Vec<f64>>], group: &str) -> Vec<Rater> {
        let learned = self.annotators.iter().zip(&self.given).zip(confusions);
        let mut raters: Vec<Rater> = learned
            .map(|((annotator, given), confusion)| {
                let right: f64 = confusion.iter().enumerate().map(|(class, row)| row[class]).sum();
                Rater {
                    annotator: Some(annotator.clone()),
                    group: group.to_owned(),
                    opinions: *given,
                    counted: *given,
                    skill: Some(right / confusion.len().max(1) as f64),
                    known_seen: None,
                    known_accuracy: None,
                    confusion: Some(confusion.clone()),
                }
            })
            .collect();
        let is_there = |raters: &[Rater], maker: &Rater| {
            raters.iter().any(|rater| (&rater.annotator, &rater.group) == (&maker.annotator, &maker.group))
        };
        for maker in makers {
            if !is_there(&raters, &maker) {
                raters.push(maker);
            }
        }
        raters.sort_by(|a, b| (&a.group, &a.annotator).cmp(&(&b.group, &b.annotator)));
        raters
    }
}
