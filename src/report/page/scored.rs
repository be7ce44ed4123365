//! One evaluation on the page.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{view, views};
use crate::report::content::{Evaluation, EvaluationKind, Group};
use crate::report::figure::{Figure, confusion, roc, scores, varied};
use crate::report::slug::{Names, slug};
use crate::report::table::{self, Table};

/// How many matrices, curves' figures and score figures stand open before the rest is folded.
const OPEN: usize = 4;

/// Score figures of more groups than this are folded: the table says the same in less room.
const TALL: usize = 16;

/// An evaluation, drawn and laid out.
#[derive(Debug)]
pub(super) struct Scored<'a> {
    evaluation: &'a Evaluation,
    id: String,
    table: Option<Table>,
    summaries: Option<Table>,
    against_people: Option<Table>,
    published: Option<Table>,
    confusion: Option<Table>,
    curves: Option<Table>,
    /// One metric over a number that was varied.
    varied: Vec<Figure>,
    scores: Vec<Figure>,
    rocs: Vec<Figure>,
    matrices: Vec<Figure>,
}

impl<'a> Scored<'a> {
    /// Draws and lays out `evaluation`; `names` keeps its files apart from all others.
    pub(super) fn new(evaluation: &'a Evaluation, names: &mut Names) -> Self {
        let stem = slug(&evaluation.name);
        let id = names.take(&format!("scores-{stem}"));
        let shares = |group: &Group| table::notice(evaluation, group).is_some();
        let shown = |group: &Group| format!("{}{}", group.label, if shares(group) { " †" } else { "" });
        let scores = table::metrics(evaluation)
            .into_iter()
            .filter_map(|metric| {
                let name = names.take(&format!("{id}-{}", slug(&metric.metric)));
                scores::draw(&name, evaluation, &metric.metric, &shares).map(explained)
            })
            .collect();
        let varied = table::metrics(evaluation)
            .into_iter()
            .flat_map(|metric| varied::numbers(evaluation).into_iter().map(move |along| (metric, along)))
            .filter_map(|(metric, along)| {
                let name = names.take(&format!("{id}-{}-over-{}", slug(&metric.metric), slug(along)));
                varied::draw(&name, evaluation, &metric.metric, along, &shares).map(explained)
            })
            .collect();
        let with_roc: Vec<&Group> = evaluation.groups.iter().filter(|group| !group.roc.is_empty()).collect();
        let rocs = with_roc
            .chunks(roc::CURVES)
            .filter_map(|groups| {
                let labels: Vec<String> = groups.iter().map(|group| shown(group)).collect();
                roc::draw(&names.take(&format!("roc-{stem}")), &evaluation.reference, groups, &labels).map(explained)
            })
            .collect();
        let matrices = evaluation
            .groups
            .iter()
            .filter_map(|group| {
                let name = names.take(&format!("confusion-{stem}-{}", slug(&group.label)));
                let mut figure =
                    confusion::draw(&name, &evaluation.reference, &shown(group), group.confusion.as_ref()?)?;
                if let Some(notice) = table::notice(evaluation, group) {
                    figure.caption.push_str(&format!(" † {notice}"));
                }
                Some(figure)
            })
            .collect();
        Self {
            evaluation,
            table: table::scores(&id, evaluation),
            summaries: table::summaries(&names.take(&format!("summaries-{stem}")), evaluation),
            against_people: table::against_people(&names.take(&format!("against-people-{stem}")), evaluation),
            published: table::intervals(&names.take(&format!("published-{stem}")), evaluation),
            confusion: table::confusion(&names.take(&format!("confusion-{stem}")), evaluation),
            curves: table::roc(&names.take(&format!("roc-points-{stem}")), evaluation),
            varied,
            scores,
            rocs,
            matrices,
            id,
        }
    }

    /// Every figure, in the order of the page.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.varied.iter().chain(&self.scores).chain(&self.rocs).chain(&self.matrices)
    }

    /// Every table, in the order of the page.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        let scores = self.table.iter().chain(&self.summaries).chain(&self.against_people).chain(&self.published);
        scores.chain(&self.confusion).chain(&self.curves)
    }

    /// The evaluation as templates see it.
    pub(super) fn view(&self) -> Value {
        let evaluation = self.evaluation;
        let tall = evaluation.groups.len() > TALL;
        let (open, folded) = self.scores.split_at(if tall { 0 } else { self.scores.len() });
        let others: Vec<Value> = folded.iter().chain(self.rocs.iter().skip(1)).map(view).collect();
        let (matrices, more_matrices) = self.matrices.split_at(self.matrices.len().min(OPEN));
        context! {
            id => self.id.as_str(),
            name => evaluation.name.as_str(),
            reference => evaluation.reference.as_str(),
            people => evaluation.kind == EvaluationKind::Labels,
            notes => Serde(&evaluation.notes),
            notices => self.unplaced(),
            table => Serde(&self.table),
            summaries => Serde(&self.summaries),
            against_people => Serde(&self.against_people),
            published => Serde(&self.published),
            on => evaluation.on.as_deref(),
            varied => views(&self.varied),
            figures => views(open),
            rocs => views(&self.rocs[..self.rocs.len().min(1)]),
            others,
            matrices => views(matrices),
            more_matrices => views(more_matrices),
        }
    }

    /// Notices on candidates that no row is about; they are said above the table instead.
    fn unplaced(&self) -> Vec<String> {
        let placed = |sentence: &str| {
            self.evaluation.groups.iter().any(|group| table::notice(self.evaluation, group) == Some(sentence))
        };
        self.evaluation
            .shared_raters
            .iter()
            .filter(|shared| !placed(&shared.sentence))
            .map(|shared| format!("{}: {}", shared.candidate, shared.sentence))
            .collect()
    }
}

/// The figure with its dagger explained, where it shows one.
fn explained(mut figure: Figure) -> Figure {
    if figure.inline().contains(" †</text>") {
        figure.caption.push_str(" † shares raters with the reference; the sentence stands in the table.");
    }
    figure
}
