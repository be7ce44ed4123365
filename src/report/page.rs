//! The page: parts in reading order, each left out where there is nothing to say.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use super::ReportError;
use super::answer::{self, Answer};
use super::content::{Content, Contrast, Format, Sheet};
use super::figure::{Figure, balance, curves, flow, forest, palette};
use super::slug::{Names, slug};
use super::table::{self, Table};

mod scored;

use scored::Scored;

const TEMPLATES: [(&str, &str); 9] = [
    ("page.html", include_str!("templates/page.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("answer.html", include_str!("templates/answer.html")),
    ("scored.html", include_str!("templates/scored.html")),
    ("cohort.html", include_str!("templates/cohort.html")),
    ("decoding.html", include_str!("templates/decoding.html")),
    ("training.html", include_str!("templates/training.html")),
    ("methods.html", include_str!("templates/methods.html")),
    ("provenance.html", include_str!("templates/provenance.html")),
];

/// Everything on the page, drawn and laid out.
#[derive(Debug)]
pub(super) struct Page<'a> {
    content: &'a Content,
    answer: Answer,
    secondary: Vec<Answer>,
    forests: Vec<Figure>,
    contrasts: Option<Table>,
    published: Option<Table>,
    scored: Vec<Scored<'a>>,
    flows: Vec<(Option<Figure>, Option<Table>)>,
    balance: Option<Figure>,
    labels: Option<Table>,
    annotators: Option<Table>,
    agreement: Option<Table>,
    curves: Vec<Figure>,
    trainings: Option<Table>,
    losses: Option<Table>,
    decoded: Option<Table>,
    excluded: Option<Table>,
    tasks: Option<Table>,
}

impl<'a> Page<'a> {
    /// Draws every figure and lays out every table.
    pub(super) fn new(content: &'a Content) -> Self {
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
        Self {
            content,
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
            agreement: table::agreement(&content.agreement),
            curves: panels(content, &mut names),
            trainings: table::trainings(&content.training.curves),
            losses: table::curves(&content.training.curves),
            decoded: table::clips(&content.decoding.clips),
            excluded: table::excluded(&content.excluded),
            tasks: table::tasks(&content.provenance.tasks),
        }
    }

    /// Every figure, in the order of the page.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.forests
            .iter()
            .chain(self.scored.iter().flat_map(Scored::figures))
            .chain(self.flows.iter().filter_map(|(figure, _)| figure.as_ref()))
            .chain(&self.balance)
            .chain(&self.curves)
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

    /// The page's HTML.
    pub(super) fn html(&self) -> Result<String, ReportError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        for (name, text) in TEMPLATES {
            environment.add_template(name, text)?;
        }
        environment.add_filter("count", super::format::count);
        environment.add_filter("cohort", super::format::cohort);
        environment.add_filter("lost", super::format::lost);
        let style = [&palette::variables(), super::figure::STYLE, include_str!("templates/page.css")].concat();
        let content = self.content;
        let flows: Vec<Value> =
            content.flows.iter().filter(|flow| !flow.steps.is_empty()).map(|flow| Serde(flow).into()).collect();
        let page = environment.get_template("page.html")?.render(context! {
            style => Value::from_safe_string(style),
            title => if content.title.is_empty() { "Crowd and expert labels" } else { content.title.as_str() },
            data => content.data.as_str(),
            caveats => Serde(&content.caveats),
            latex => content.formats.contains(&Format::Latex),
            answer => Serde(&self.answer),
            secondary => Serde(&self.secondary),
            forests => views(&self.forests),
            contrasts => Serde(&self.contrasts),
            published => Serde(&self.published),
            scored => self.scored.iter().map(Scored::view).collect::<Vec<_>>(),
            flows,
            balance => self.balance.as_ref().map(view),
            labels => Serde(&self.labels),
            annotators => Serde(&self.annotators),
            agreement => Serde(&self.agreement),
            groups => Serde(annotator_groups(content)),
            curves => views(&self.curves),
            trainings => Serde(&self.trainings),
            trained => content.training.curves.len(),
            decoded => Serde(&self.decoded),
            decoded_notes => table::notes(&content.decoding.clips),
            sheets => content.decoding.sheets.iter().map(sheet).collect::<Vec<_>>(),
            excluded => Serde(&self.excluded),
            excluded_clips => content.excluded.len(),
            methods => Serde(&content.methods),
            citations => Serde(&content.citations),
            provenance => Serde(&content.provenance),
            tasks => Serde(&self.tasks),
        })?;
        Ok(page)
    }
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
