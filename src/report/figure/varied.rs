//! One metric over a number that was varied, such as opinions a clip: a learning curve.

use std::collections::BTreeSet;

use super::Figure;
use super::axis::Axis;
use super::canvas::{Anchor, Canvas, series, wrap};
use crate::report::content::{Evaluation, Group, Score};
use crate::report::format;

const WIDTH: f64 = 420.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 220.0;
const LEGEND_LINE: f64 = 17.0;
/// A curve has at least this many points; two are a difference, which the table tells better.
const FEWEST: usize = 3;
/// As many curves as have a colour and a mark of their own and stay legible.
pub(super) const CURVES: usize = 6;

/// The coordinates of an evaluation that are numbers and take enough values. Folds and seeds are numbers by name only.
pub(in crate::report) fn numbers(evaluation: &Evaluation) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in evaluation.groups.iter().flat_map(|group| &group.coordinates) {
        let counts = name != "fold" && !name.ends_with("seed");
        if counts && !names.contains(&name.as_str()) {
            let values = evaluation.groups.iter().filter_map(|group| value(group, name));
            let different: BTreeSet<u64> = values.map(f64::to_bits).collect();
            if different.len() >= FEWEST {
                names.push(name);
            }
        }
    }
    names
}

/// The figure of `metric` over the coordinate `along`; `None` where there are too few points for a curve, or more curves
/// than can be told apart. `dagger` marks the groups that carry a notice.
pub(in crate::report) fn draw(
    name: &str,
    evaluation: &Evaluation,
    metric: &str,
    along: &str,
    dagger: &dyn Fn(&Group) -> bool,
) -> Option<Figure> {
    let curves = curves(evaluation, metric, along, dagger);
    if curves.is_empty() || curves.len() > CURVES {
        return None;
    }
    let (_, first) = curves.iter().flat_map(|curve| &curve.points).next()?;
    let unit = if first.unit.is_empty() { String::new() } else { format!(" ({})", first.unit) };
    let shown = along.replace('_', " ");
    let canvas = plot(&curves, &shown, &format!("{}{unit}", first.title));
    let described: Vec<String> = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(|point| (&curve.label, point)))
        .map(|(label, (at, score))| {
            let numbers = format::interval(score.value, score.low, score.high);
            format!("{}{shown} {}: {numbers}", if label.is_empty() { String::new() } else { format!("{label}, ") }, at)
        })
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: format!("{} against {} over {shown}", first.title, evaluation.reference),
        description: described.join("; "),
        caption: format!(
            "{}{unit} against {} over {shown}; bands: {} intervals, each for itself.",
            first.title,
            evaluation.reference,
            format::level(evaluation.level)
        ),
        canvas,
    })
}

/// Curves with their intervals: a band, and where there is one point only, a bar. More than one curve is told apart by a
/// legend.
pub(super) fn plot(curves: &[Curve<'_>], below: &str, beside: &str) -> Canvas {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let legend: Vec<Vec<String>> = curves.iter().map(|curve| wrap(&curve.label, 48, 2)).collect();
    let legend_lines = if curves.len() > 1 { legend.iter().map(Vec::len).sum::<usize>() } else { 0 };
    let mut canvas = Canvas::new(WIDTH, BOTTOM + 44.0 + legend_lines as f64 * LEGEND_LINE);
    let across = Axis::over(points().map(|(at, _)| *at), LEFT, RIGHT, 5);
    let up = Axis::over(points().flat_map(|(_, score)| [score.value, score.low, score.high]), BOTTOM, TOP, 5);
    across.draw_grid(&mut canvas, TOP, BOTTOM);
    across.draw_below(&mut canvas, BOTTOM);
    up.draw_left(&mut canvas, LEFT, RIGHT);
    canvas.text("small", ((LEFT + RIGHT) / 2.0, BOTTOM + 31.0), Anchor::Middle, below);
    canvas.turned("small", (12.0, (TOP + BOTTOM) / 2.0), Anchor::Middle, beside, -90.0);
    for (index, curve) in curves.iter().enumerate() {
        let place = |pick: fn(&Score) -> f64| -> Vec<(f64, f64)> {
            curve.points.iter().map(|(at, score)| (across.at(*at), up.at(pick(score)))).collect()
        };
        let (lows, highs) = (place(|score| score.low), place(|score| score.high));
        match (lows.as_slice(), highs.as_slice()) {
            ([low], [high]) if low.1.is_finite() && high.1.is_finite() => {
                canvas.line(&series("interval", index), *low, *high);
            }
            _ => canvas.band(&series("band", index), &highs, &lows),
        }
        canvas.polyline(&series("line", index), &place(|score| score.value));
        for (x, y) in place(|score| score.value).into_iter().filter(|(_, y)| y.is_finite()) {
            canvas.marker(index, (x, y));
        }
    }
    let mut y = BOTTOM + 52.0;
    for (index, lines) in legend.iter().enumerate().filter(|_| legend_lines > 0) {
        canvas.line(&series("line", index), (LEFT, y - 4.0), (LEFT + 34.0, y - 4.0));
        canvas.marker(index, (LEFT + 17.0, y - 4.0));
        for text in lines {
            canvas.text("", (LEFT + 42.0, y), Anchor::Start, text);
            y += LEGEND_LINE;
        }
    }
    canvas
}

/// Scores over a number.
pub(super) struct Curve<'a> {
    /// What its groups have in common beside the number.
    pub(super) label: String,
    /// By increasing number.
    pub(super) points: Vec<(f64, &'a Score)>,
}

/// Groups that differ in the number alone make a curve; in order of first appearance.
fn curves<'a>(
    evaluation: &'a Evaluation,
    metric: &str,
    along: &str,
    dagger: &dyn Fn(&Group) -> bool,
) -> Vec<Curve<'a>> {
    let mut curves: Vec<Curve<'a>> = Vec::new();
    for group in &evaluation.groups {
        let score = group.scores.iter().find(|score| score.metric == metric);
        let (Some(at), Some(score)) = (value(group, along), score) else { continue };
        let others = group.coordinates.iter().filter(|(name, _)| name != along);
        // Labels end in the values of the coordinates; what stands before is the source.
        let values: Vec<&str> = group.coordinates.iter().map(|(_, value)| value.as_str()).collect();
        let source = group.label.strip_suffix(&values.join(" · ")).unwrap_or_default().trim();
        let parts: Vec<String> = [source.to_owned()]
            .into_iter()
            .filter(|source| !source.is_empty())
            .chain(others.map(|(name, value)| format!("{} {value}", name.replace('_', " "))))
            .collect();
        let label = format!("{}{}", parts.join(", "), if dagger(group) { " †" } else { "" });
        match curves.iter_mut().find(|curve| curve.label == label) {
            Some(curve) => curve.points.push((at, score)),
            None => curves.push(Curve { label, points: vec![(at, score)] }),
        }
    }
    for curve in &mut curves {
        curve.points.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    }
    curves.retain(|curve| curve.points.len() >= FEWEST);
    curves
}

/// The value of a coordinate, where it is a number.
fn value(group: &Group, name: &str) -> Option<f64> {
    let (_, value) = group.coordinates.iter().find(|(key, _)| key == name)?;
    value.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(method: &str, opinions: &str, value: f64) -> Group {
        Group {
            label: format!("crowd {method} · {opinions}"),
            coordinates: vec![("method".into(), method.into()), ("opinions_per_item".into(), opinions.into())],
            scores: vec![Score {
                metric: "accuracy".into(),
                title: "Accuracy".into(),
                value,
                low: value - 0.1,
                high: value + 0.05,
                ..Score::default()
            }],
            ..Group::default()
        }
    }

    #[test]
    fn groups_that_differ_in_a_number_make_a_curve() {
        let mut groups = vec![group("majority", "9", 0.9), group("majority", "1", 0.7), group("majority", "3", 0.8)];
        groups.extend([group("ibcc", "1", 0.72), group("ibcc", "3", 0.83), group("ibcc", "9", f64::NAN)]);
        groups.push(group("mace", "3", 0.8));
        let evaluation = Evaluation { reference: "experts".into(), groups, ..Evaluation::default() };
        assert_eq!(numbers(&evaluation), ["opinions_per_item"]);
        let figure = draw("f", &evaluation, "accuracy", "opinions_per_item", &|_| false).unwrap();
        let begins = "crowd, method majority, opinions per item 1: 0.700 [0.600, 0.750]; crowd, method majority, ";
        assert!(figure.description.replace('\u{a0}', " ").starts_with(begins), "{}", figure.description);
        assert!(figure.description.contains("opinions per item 9: –") && !figure.canvas.body.contains("NaN"));
        // Three circles and one of the legend; two squares and one of the legend. MACE has one point and no curve.
        let count = |shape: &str| figure.canvas.body.matches(shape).count();
        assert_eq!((count("<circle"), count("<polygon class=\"mark s1\"")), (4, 3));
        assert!(!figure.canvas.body.contains("mace"));
        assert!(draw("f", &evaluation, "auroc", "opinions_per_item", &|_| false).is_none());
    }

    #[test]
    fn seeds_and_words_are_no_numbers() {
        let coordinate = |name: &str, value: &str| Group {
            coordinates: vec![(name.into(), value.into()), ("arm".into(), value.into())],
            ..Group::default()
        };
        let groups = ["1", "2", "3"].map(|value| coordinate("opinions_seed", value)).to_vec();
        let mut words = Evaluation { groups, ..Evaluation::default() };
        words.groups.iter_mut().for_each(|group| group.coordinates[1].1.insert(0, 'a'));
        assert!(numbers(&words).is_empty());
    }
}
