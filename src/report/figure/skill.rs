//! Annotators: skill over the number of opinions, one mark a person.

use super::Figure;
use super::axis::Axis;
use super::canvas::{Anchor, Canvas, wrap};
use crate::report::content::Annotator;
use crate::report::format;

const WIDTH: f64 = 420.0;
const LEFT: f64 = 50.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 220.0;
const LEGEND_LINE: f64 = 17.0;
/// As many groups as have a colour and a mark of their own and stay legible; the table has all.
const GROUPS: usize = 6;

/// The figure of at most [`GROUPS`] groups, in order of first appearance; `None` where no skill is estimated. The axis of
/// opinions is logarithmic, for some give a few and some thousands.
pub(in crate::report) fn draw(name: &str, annotators: &[Annotator]) -> Option<Figure> {
    let mut groups: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    for annotator in annotators {
        let Some(skill) = annotator.skill.filter(|skill| skill.is_finite() && annotator.opinions > 0) else { continue };
        let point = (annotator.opinions as f64, skill);
        match groups.iter_mut().find(|group| group.0 == annotator.group) {
            Some(group) => group.1.push(point),
            None => groups.push((&annotator.group, vec![point])),
        }
    }
    let left_out = groups.len().saturating_sub(GROUPS);
    groups.truncate(GROUPS);
    let points = || groups.iter().flat_map(|group| &group.1);
    let most = points().map(|point| point.0).fold(1.0, f64::max);
    let fewest = points().map(|point| point.0).fold(most, f64::min);
    if groups.is_empty() {
        return None;
    }
    let legend: Vec<Vec<String>> = groups
        .iter()
        .map(|(group, points)| {
            let name = if group.is_empty() { "without a group" } else { group };
            wrap(&format!("{name}: {}", format::counted(points.len() as u64, "annotator")), 48, 2)
        })
        .collect();
    let legend_lines: usize = legend.iter().map(Vec::len).sum();
    let mut canvas = Canvas::new(WIDTH, BOTTOM + 44.0 + legend_lines as f64 * LEGEND_LINE);
    let up = Axis::over(points().map(|point| point.1), BOTTOM, TOP, 5);
    up.draw_left(&mut canvas, LEFT, RIGHT);
    let ticks = ticks(fewest, most);
    let (first, last) = (libm::log10(ticks[0]), libm::log10(ticks[ticks.len() - 1]));
    let across =
        |opinions: f64| LEFT + 8.0 + (libm::log10(opinions) - first) / (last - first).max(1e-9) * (RIGHT - LEFT - 16.0);
    for &tick in &ticks {
        canvas.line("grid", (across(tick), TOP), (across(tick), BOTTOM));
        canvas.text("small", (across(tick), BOTTOM + 15.0), Anchor::Middle, &format::count(tick as u64));
    }
    canvas.line("axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
    canvas.text("small", ((LEFT + RIGHT) / 2.0, BOTTOM + 31.0), Anchor::Middle, "opinions given (logarithmic)");
    canvas.turned("small", (12.0, (TOP + BOTTOM) / 2.0), Anchor::Middle, "estimated skill", -90.0);
    for (index, (_, points)) in groups.iter().enumerate() {
        for (opinions, skill) in points {
            canvas.marker(index, (across(*opinions), up.at(*skill)));
        }
    }
    let mut y = BOTTOM + 52.0;
    for (index, lines) in legend.iter().enumerate() {
        canvas.marker(index, (LEFT + 17.0, y - 4.0));
        for text in lines {
            canvas.text("", (LEFT + 42.0, y), Anchor::Start, text);
            y += LEGEND_LINE;
        }
    }
    let described: Vec<String> = groups.iter().map(|(group, points)| told(group, points)).collect();
    let rest = match left_out {
        0 => String::new(),
        more => format!(" {} more are in tables/annotators.csv.", format::counted(more as u64, "label source")),
    };
    Some(Figure {
        name: name.to_owned(),
        title: "Skill of annotators over their opinions".to_owned(),
        description: described.join("; "),
        caption: format!(
            "Skill as each aggregation estimates it, over opinions given; one mark an annotator and label source. Different \
             methods measure skill on different scales.{rest}"
        ),
        canvas,
    })
}

/// How many annotators, from which skill to which.
fn told(group: &str, points: &[(f64, f64)]) -> String {
    let skills = points.iter().map(|point| point.1);
    let (low, high) =
        skills.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), skill| (low.min(skill), high.max(skill)));
    let decimals = format::decimals(&[low, high]);
    format!(
        "{group}: {}, skill {} to {}",
        format::counted(points.len() as u64, "annotator"),
        format::fixed(low, decimals),
        format::fixed(high, decimals)
    )
}

/// Numbers of opinions that begin with 1, 2 or 5 and hold `fewest` and `most` between them; of more than three decades only
/// powers of ten.
fn ticks(fewest: f64, most: f64) -> Vec<f64> {
    let factors: &[f64] = if most / fewest > 1000.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let mut all = Vec::new();
    let mut power = 1.0;
    while power <= most * 10.0 {
        all.extend(factors.iter().map(|factor| factor * power));
        power *= 10.0;
    }
    let first = all.iter().rposition(|tick| *tick <= fewest).unwrap_or_default();
    let last = all.iter().position(|tick| *tick >= most && *tick > all[first]).unwrap_or(all.len() - 1);
    all[first..=last].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotator(group: &str, opinions: u64, skill: Option<f64>) -> Annotator {
        Annotator { annotator: "a".into(), group: group.into(), opinions, skill, agreement: None }
    }

    #[test]
    fn everyone_with_a_skill_is_one_mark_of_their_group() {
        let all = [
            annotator("crowd", 10, Some(0.6)),
            annotator("crowd", 1000, Some(0.9)),
            annotator("panel", 100, Some(0.8)),
            annotator("panel", 100, None),
            annotator("crowd", 0, Some(0.5)),
        ];
        let figure = draw("skill", &all).unwrap();
        // Two circles and one in the legend, one square and one in the legend.
        let count = |shape: &str| figure.canvas.body.matches(shape).count();
        assert_eq!((count("<circle"), count("<polygon class=\"mark s1\"")), (3, 2));
        // 100 lies in the middle of 10 to 1,000.
        assert!(
            figure.canvas.body.contains("x=\"227\" y=\"235\" text-anchor=\"middle\">100<"),
            "{}",
            figure.canvas.body
        );
        assert_eq!(
            figure.description.replace('\u{a0}', " "),
            "crowd: 2 annotators, skill 0.600 to 0.900; panel: 1 annotator, skill 0.800 to 0.800"
        );
        assert!(draw("skill", &[annotator("crowd", 10, None)]).is_none());
    }

    #[test]
    fn ticks_hold_the_numbers_between_them() {
        assert_eq!(ticks(10.0, 1000.0), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(ticks(3.0, 3.0), [2.0, 5.0]);
        assert_eq!(ticks(5.0, 5.0), [5.0, 10.0]);
        assert_eq!(ticks(1.0, 20_000.0), [1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0]);
    }
}
