//! The page: parts in reading order, each left out where there is nothing to say.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::ReportError;
use super::answer::{self, Answer};
use super::chain::Chains;
use super::content::{Content, Contrast, Flow, Format, Sheet};
use super::figure::{Figure, balance, curves, flow, forest, palette, skill, stages};
use super::number::{Number, path};
use super::slug::{Names, slug};
use super::table::{self, Table};

mod look;
mod numbered;
mod scored;

pub(super) use numbered::Told;
use numbered::Unplaced;
use scored::Scored;

const TEMPLATES: [(&str, &str); 12] = [
    ("page.html", include_str!("templates/page.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("numbers.html", include_str!("templates/numbers.html")),
    ("chains.html", include_str!("templates/chains.html")),
    ("answer.html", include_str!("templates/answer.html")),
    ("scored.html", include_str!("templates/scored.html")),
    ("cohort.html", include_str!("templates/cohort.html")),
    ("decoding.html", include_str!("templates/decoding.html")),
    ("viewer.html", include_str!("templates/viewer.html")),
    ("training.html", include_str!("templates/training.html")),
    ("methods.html", include_str!("templates/methods.html")),
    ("provenance.html", include_str!("templates/provenance.html")),
];

/// How large a page may become by pictures, in bytes.
const LARGEST: usize = 5_000_000;

/// The page's own script.
pub(super) const SCRIPT: &str = concat!(include_str!("templates/page.js"), include_str!("templates/viewer.js"));

/// Everything on the page, drawn and laid out.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) content: &'a Content,
    chains: &'a Chains<'a>,
    /// Numbers that no table shows, and how many more there are than a page can hold.
    rest: (Vec<Told>, usize),
    /// The flows as lists, each box with its number.
    flow_lists: Vec<Value>,
    pub(super) answer: Answer,
    pub(super) secondary: Vec<Answer>,
    pub(super) forests: Vec<Figure>,
    pub(super) contrasts: Option<Table>,
    pub(super) published: Option<Table>,
    pub(super) scored: Vec<Scored<'a>>,
    pub(super) flows: Vec<(Option<Figure>, Option<Table>)>,
    pub(super) balance: Option<Figure>,
    pub(super) labels: Option<Table>,
    pub(super) annotators: Option<Table>,
    pub(super) skill: Option<Figure>,
    pub(super) agreement: Option<Table>,
    pub(super) curves: Vec<Figure>,
    pub(super) trainings: Option<Table>,
    pub(super) losses: Option<Table>,
    pub(super) decoded: Option<Table>,
    pub(super) excluded: Option<Table>,
    pub(super) stages: Option<Figure>,
    pub(super) tasks: Option<Table>,
}

impl<'a> Page<'a> {
    /// Draws every figure and lays out every table.
    pub(super) fn new(content: &'a Content, numbers: &'a [Number], chains: &'a Chains<'a>) -> Self {
        let mut names = Names::default();
        // Taken first, so that an evaluation of the same name gets a number and not they.
        for fixed in [
            "contrasts",
            "as-published",
            "labels",
            "annotators",
            "agreement",
            "curves",
            "trainings",
            "clips",
            "excluded",
            "tasks",
        ] {
            names.take(fixed);
        }
        let contrasts: Vec<&Contrast> = content.primary.iter().chain(&content.secondary).collect();
        let flows = content
            .flows
            .iter()
            .map(|shown| {
                let wanted =
                    if shown.title.is_empty() { "flow".to_owned() } else { format!("flow-{}", slug(&shown.title)) };
                let name = names.take(&wanted);
                (flow::draw(&name, shown), table::flow(&name, shown))
            })
            .collect();
        let mut page = Self {
            content,
            chains,
            rest: (Vec::new(), 0),
            flow_lists: Vec::new(),
            answer: answer::of(content),
            secondary: content.secondary.iter().map(answer::about).collect(),
            forests: forests(&contrasts, &mut names),
            contrasts: table::contrasts(&contrasts),
            published: table::tests(&contrasts),
            scored: content.evaluations.iter().map(|evaluation| Scored::new(evaluation, &mut names)).collect(),
            flows,
            balance: balance::draw(&names.take("labels-by-class"), &content.labels),
            labels: table::labels(&content.labels),
            annotators: table::annotators(&content.annotators),
            skill: skill::draw(&names.take("skill-of-annotators"), &content.annotators),
            agreement: table::agreement(&content.agreement),
            curves: panels(content, &mut names),
            trainings: table::trainings(&content.training.curves),
            losses: table::curves(&content.training.curves),
            decoded: table::clips(&content.decoding.clips),
            excluded: table::excluded(&content.excluded),
            stages: stages::draw(&names.take("stages"), &content.provenance.stages),
            tasks: table::tasks(&content.provenance.tasks),
        };
        if page.scored.len() > 1 {
            page.scored.iter_mut().for_each(Scored::tell_apart);
        }
        let mut unplaced = Unplaced::new(content, numbers);
        page.tables_mut().for_each(|table| unplaced.fill(table));
        page.flow_lists = content.flows.iter().map(|flow| flow_list(flow, &mut unplaced)).collect();
        page.rest = unplaced.rest(numbers);
        page
    }

    /// The tables that show numbers, in the order of the page.
    fn tables_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        let about_people = [&mut self.labels, &mut self.annotators, &mut self.agreement, &mut self.trainings];
        let scored = self.scored.iter_mut().flat_map(Scored::tables_mut);
        self.contrasts.iter_mut().chain(&mut self.published).chain(scored).chain(about_people.into_iter().flatten())
    }

    /// The experiment's title, or what all experiments are about.
    pub(super) fn title(&self) -> &str {
        if self.content.title.is_empty() { "Crowd and expert labels" } else { &self.content.title }
    }

    /// Every figure, in the order of the page.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.forests
            .iter()
            .chain(self.scored.iter().flat_map(Scored::figures))
            .chain(self.flows.iter().filter_map(|(figure, _)| figure.as_ref()))
            .chain(&self.balance)
            .chain(&self.skill)
            .chain(&self.curves)
            .chain(&self.stages)
    }

    /// Every table, in the order of the page.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.contrasts
            .iter()
            .chain(&self.published)
            .chain(self.scored.iter().flat_map(Scored::tables))
            .chain(self.flows.iter().filter_map(|(_, table)| table.as_ref()))
            .chain(&self.labels)
            .chain(&self.annotators)
            .chain(&self.agreement)
            .chain(&self.trainings)
            .chain(&self.losses)
            .chain(&self.decoded)
            .chain(&self.excluded)
            .chain(&self.tasks)
    }

    /// The `id` of the first contrast's difference, which the answer is about.
    fn difference(&self) -> Option<&str> {
        let row = self.contrasts.as_ref()?.rows.first()?;
        row.iter().find_map(|cell| cell.told.as_ref()).map(|told| told.id.as_str())
    }

    /// The page's HTML, with so many of the clips worth looking at that it is no larger than [`LARGEST`].
    pub(super) fn html(&self) -> Result<String, ReportError> {
        let mut shown = self.content.viewer.clips.len();
        loop {
            let page = self.html_with(shown)?;
            if page.len() <= LARGEST || shown == 0 {
                return Ok(page);
            }
            shown /= 2;
        }
    }

    fn html_with(&self, shown: usize) -> Result<String, ReportError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        environment.add_filter("count", super::format::count);
        let style = [
            &palette::variables(),
            super::figure::STYLE,
            include_str!("templates/page.css"),
            &look::rules(&self.content.viewer),
        ]
        .concat();
        let content = self.content;
        let flows = content.flows.iter().zip(&self.flow_lists).filter(|(flow, _)| !flow.steps.is_empty());
        let flows: Vec<Value> = flows.map(|(_, list)| list.clone()).collect();
        let page = environment.get_template("page.html")?.render(context! {
            style => Value::from_safe_string(style),
            title => self.title(),
            data => content.data.as_str(),
            caveats => Serde(&content.caveats),
            latex => content.formats.contains(&Format::Latex),
            pdf => content.formats.contains(&Format::Pdf),
            answer => Serde(&self.answer),
            secondary => Serde(&self.secondary),
            forests => views(&self.forests),
            contrasts => Serde(&self.contrasts),
            difference => self.difference(),
            published => Serde(&self.published),
            scored => self.scored.iter().map(Scored::view).collect::<Vec<_>>(),
            flows,
            balance => self.balance.as_ref().map(view),
            labels => Serde(&self.labels),
            annotators => Serde(&self.annotators),
            skill => self.skill.as_ref().map(view),
            agreement => Serde(&self.agreement),
            groups => Serde(annotator_groups(content)),
            curves => views(&self.curves),
            trainings => Serde(&self.trainings),
            trained => content.training.curves.len(),
            decoded => Serde(&self.decoded),
            decoded_notes => table::notes(&content.decoding.clips),
            sheets => content.decoding.sheets.iter().map(sheet).collect::<Vec<_>>(),
            viewer => look::view(&content.viewer, shown),
            excluded => Serde(&self.excluded),
            excluded_clips => content.excluded.len(),
            methods => Serde(&content.methods),
            citations => Serde(&content.citations),
            provenance => Serde(&content.provenance),
            stages => self.stages.as_ref().map(view),
            chains => Serde(numbered::listed(content, self.chains)),
            rest => Serde(&self.rest.0),
            rest_more => self.rest.1,
            script => Value::from_safe_string(SCRIPT.to_owned()),
            tasks => Serde(&self.tasks),
        })?;
        Ok(page)
    }
}

/// A flow as a list: its boxes and who left, each with its number.
fn flow_list(flow: &Flow, unplaced: &mut Unplaced<'_>) -> Value {
    let steps: Vec<Value> = flow
        .steps
        .iter()
        .map(|step| {
            let path = path::step(flow, step);
            let number = unplaced.take(&path);
            let excluded: Vec<Value> = step
                .excluded
                .iter()
                .map(|left| {
                    let number = unplaced.take(&format!("{path}/excluded/{}", slug(&left.reason)));
                    let text = super::format::lost(left.patients, left.clips);
                    context! { reason => left.reason.as_str(), text, number => Serde(number) }
                })
                .collect();
            let text = super::format::cohort(step.patients, step.clips);
            context! { title => step.title.as_str(), text, number => Serde(number), excluded }
        })
        .collect();
    context! { title => flow.title.as_str(), steps }
}

/// A figure as templates see it.
fn view(figure: &Figure) -> Value {
    context! {
        name => figure.name.as_str(),
        caption => figure.caption.as_str(),
        svg => Value::from_safe_string(figure.inline()),
    }
}

/// A contact sheet as templates see it.
fn sheet(sheet: &Sheet) -> Value {
    let png = BASE64_STANDARD.encode(&sheet.png);
    context! { clip => sheet.clip.as_str(), why => sheet.why.as_str(), png }
}

fn views(figures: &[Figure]) -> Vec<Value> {
    figures.iter().map(view).collect()
}

/// One forest plot a metric, in order of first appearance.
fn forests(contrasts: &[&Contrast], names: &mut Names) -> Vec<Figure> {
    let mut metrics: Vec<&str> = Vec::new();
    for contrast in contrasts {
        if !metrics.contains(&contrast.metric.as_str()) {
            metrics.push(&contrast.metric);
        }
    }
    metrics
        .into_iter()
        .filter_map(|metric| {
            let same: Vec<&Contrast> = contrasts.iter().copied().filter(|contrast| contrast.metric == metric).collect();
            forest::draw(&names.take(&format!("forest-{}", slug(metric))), &same)
        })
        .collect()
}

/// One panel an arm, or a training; all on the same axes.
fn panels(content: &Content, names: &mut Names) -> Vec<Figure> {
    let training = &content.training;
    let points = || training.curves.iter().flat_map(|curve| &curve.points);
    let updates: Vec<f64> = points().map(|point| point.update as f64).collect();
    let losses: Vec<f64> =
        points().flat_map(|point| [Some(point.train_loss), point.validation_loss]).flatten().collect();
    curves::panels(training.along.as_deref(), &training.curves)
        .iter()
        .map(|panel| {
            let name = names.take(&format!("curves-{}", slug(&panel.label)));
            curves::draw(&name, panel, &updates, &losses)
        })
        .collect()
}

/// Group, annotators and opinions, in order of first appearance.
fn annotator_groups(content: &Content) -> Vec<(&str, u64, u64)> {
    let mut groups: Vec<(&str, u64, u64)> = Vec::new();
    for annotator in &content.annotators {
        match groups.iter_mut().find(|group| group.0 == annotator.group) {
            Some(group) => {
                group.1 += 1;
                group.2 += annotator.opinions;
            }
            None => groups.push((&annotator.group, 1, annotator.opinions)),
        }
    }
    groups
}
