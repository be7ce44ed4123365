//! One evaluation on the page.

use minijinja::value::Serde;
use minijinja::{Value, context};

use super::{view, views};
use crate::report::content::{Evaluation, EvaluationKind, Group};
use crate::report::figure::{
    Figure, calibration, confusion, cost, counts, precision_recall, roc, scores, unit_square, varied,
};
use crate::report::slug::{Names, slug};
use crate::report::table::{self, Table};

/// How many matrices, curves' figures and score figures stand open before the rest is folded.
const OPEN: usize = 4;

/// Score figures of more groups than this are folded: the table says the same in less room.
const TALL: usize = 16;

/// Whether a group has what is drawn.
type Has = fn(&Group) -> bool;

/// Draws some groups' curves under a name, given their names as shown.
type Draw<'d> = dyn Fn(&str, &[&Group], &[String]) -> Option<Figure> + 'd;

/// An evaluation, drawn and laid out.
#[derive(Debug)]
pub(in crate::report) struct Scored<'a> {
    pub(in crate::report) evaluation: &'a Evaluation,
    id: String,
    table: Option<Table>,
    summaries: Option<Table>,
    against_people: Option<Table>,
    cost: Option<Table>,
    /// One metric over what the labels cost.
    costs: Option<Figure>,
    /// One a column that tells clips apart.
    subgroups: Vec<Table>,
    published: Option<Table>,
    confusion: Option<Table>,
    curves: Option<Table>,
    /// One metric over a number that was varied.
    varied: Vec<Figure>,
    scores: Vec<Figure>,
    /// Of each sort of curve on unit axes, the figure of the first groups.
    curves_shown: Vec<Figure>,
    /// The figures of the other groups.
    curves_folded: Vec<Figure>,
    matrices: Vec<Figure>,
    /// Counts on frames against the reference's.
    counts: Vec<Figure>,
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
        let mut curves_shown = Vec::new();
        let mut curves_folded = Vec::new();
        let sorts: [(&str, Has, &Draw<'_>); 3] = [
            ("roc", |group| !group.roc.is_empty(), &|name, groups, labels| {
                roc::draw(name, &evaluation.reference, groups, labels, evaluation.level)
            }),
            ("pr", |group| !group.pr.is_empty(), &|name, groups, labels| {
                precision_recall::draw(name, evaluation, groups, labels)
            }),
            ("calibration", |group| !group.reliability.is_empty(), &|name, groups, labels| {
                calibration::draw(name, &evaluation.reference, groups, labels)
            }),
        ];
        for (sort, has, draw) in sorts {
            let groups: Vec<&Group> = evaluation.groups.iter().filter(|group| has(group)).collect();
            let mut figures = groups.chunks(unit_square::CURVES).filter_map(|groups| {
                let labels: Vec<String> = groups.iter().map(|group| shown(group)).collect();
                draw(&names.take(&format!("{sort}-{stem}")), groups, &labels).map(explained)
            });
            curves_shown.extend(figures.next());
            curves_folded.extend(figures);
        }
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
        let counts = evaluation
            .groups
            .iter()
            .filter_map(|group| {
                let name = names.take(&format!("counts-{stem}-{}", slug(&group.label)));
                counts::draw(&name, &evaluation.reference, &shown(group), group.counts.as_ref()?).map(explained)
            })
            .collect();
        Self {
            evaluation,
            table: table::scores(&id, evaluation),
            summaries: table::summaries(&names.take(&format!("summaries-{stem}")), evaluation),
            against_people: table::against_people(&names.take(&format!("against-people-{stem}")), evaluation),
            cost: table::cost(&names.take(&format!("cost-{stem}")), evaluation),
            costs: cost::draw(&names.take(&format!("{id}-over-cost")), evaluation),
            subgroups: table::subgroup_columns(evaluation)
                .into_iter()
                .filter_map(|column| {
                    table::subgroups(&names.take(&format!("{id}-by-{}", slug(column))), evaluation, column)
                })
                .collect(),
            published: table::intervals(&names.take(&format!("published-{stem}")), evaluation),
            confusion: table::confusion(&names.take(&format!("confusion-{stem}")), evaluation),
            curves: table::roc(&names.take(&format!("roc-points-{stem}")), evaluation),
            varied,
            scores,
            curves_shown,
            curves_folded,
            matrices,
            counts,
            id,
        }
    }

    /// Says in every caption which evaluation it is about: two may be of the same metrics against the same reference.
    pub(super) fn tell_apart(&mut self) {
        let name = format!(" Evaluation: {}.", self.evaluation.name);
        self.tables_mut().for_each(|table| table.caption.push_str(&name));
        let figures = [&mut self.varied, &mut self.scores, &mut self.curves_shown, &mut self.curves_folded];
        let figures = figures.into_iter().chain([&mut self.counts, &mut self.matrices]).flatten();
        figures.chain(&mut self.costs).for_each(|figure| figure.caption.push_str(&name));
    }

    /// Every figure, in the order of the page.
    pub(in crate::report) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.varied
            .iter()
            .chain(&self.costs)
            .chain(&self.scores)
            .chain(&self.curves_shown)
            .chain(&self.curves_folded)
            .chain(&self.counts)
            .chain(&self.matrices)
    }

    /// Every table, in the order of the page.
    pub(in crate::report) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.table
            .iter()
            .chain(&self.summaries)
            .chain(&self.against_people)
            .chain(&self.published)
            .chain(&self.subgroups)
            .chain(&self.cost)
            .chain(&self.confusion)
            .chain(&self.curves)
    }

    /// What is scored against what.
    pub(in crate::report) fn heading(&self) -> String {
        let Evaluation { kind, reference, on, .. } = self.evaluation;
        let who = match kind {
            EvaluationKind::Labels => "People",
            EvaluationKind::Models => "Models",
        };
        format!("{who} against {reference}{}", on.as_ref().map_or_else(String::new, |on| format!(", {on}")))
    }

    /// The tables that show numbers, in the order of the page.
    pub(super) fn tables_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        let whole = [&mut self.table, &mut self.summaries, &mut self.against_people, &mut self.published];
        whole.into_iter().flatten().chain(&mut self.subgroups).chain(&mut self.cost)
    }

    /// The evaluation as templates see it.
    pub(super) fn view(&self) -> Value {
        let evaluation = self.evaluation;
        let tall = evaluation.groups.len() > TALL;
        let (open, folded) = self.scores.split_at(if tall { 0 } else { self.scores.len() });
        let (counts, more_counts) = self.counts.split_at(self.counts.len().min(OPEN));
        let others: Vec<Value> = folded.iter().chain(&self.curves_folded).chain(more_counts).map(view).collect();
        let (matrices, more_matrices) = self.matrices.split_at(self.matrices.len().min(OPEN));
        context! {
            id => self.id.as_str(),
            name => evaluation.name.as_str(),
            heading => self.heading(),
            notes => Serde(&evaluation.notes),
            notices => self.unplaced(),
            table => Serde(&self.table),
            summaries => Serde(&self.summaries),
            against_people => Serde(&self.against_people),
            published => Serde(&self.published),
            cost => Serde(&self.cost),
            costs => self.costs.as_ref().map(view),
            subgroups => Serde(&self.subgroups),
            varied => views(&self.varied),
            figures => views(open),
            unit_curves => views(&self.curves_shown),
            counts => views(counts),
            others,
            matrices => views(matrices),
            more_matrices => views(more_matrices),
        }
    }

    /// Notices on candidates that no row is about; they are said above the table instead.
    pub(in crate::report) fn unplaced(&self) -> Vec<String> {
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
