//! Precision-recall curves on unit axes.

use super::Figure;
use super::canvas::series;
use super::unit_square::{Axes, UnitSquare, place};
use crate::report::content::{Evaluation, Group, PrPoint};
use crate::report::format;

/// The curves of at most [`super::unit_square::CURVES`] groups; `None` where none has points. `labels` are the groups' names as
/// shown.
pub(in crate::report) fn draw(
    name: &str,
    evaluation: &Evaluation,
    groups: &[&Group],
    labels: &[String],
) -> Option<Figure> {
    if groups.iter().all(|group| group.pr.is_empty()) {
        return None;
    }
    let reference = &evaluation.reference;
    let mut square = UnitSquare::new(&Axes { across: "recall (sensitivity)", up: "precision" }, labels, 0.0);
    let prevalence = groups.iter().find_map(|group| prevalence(group, &evaluation.positive));
    if let Some(prevalence) = prevalence {
        square.canvas.line("chance", place(0.0, prevalence), place(1.0, prevalence));
    }
    square.frame();
    for (index, group) in groups.iter().enumerate() {
        let line: Vec<(f64, f64)> = steps(&group.pr).into_iter().map(|(x, y)| place(x, y)).collect();
        square.canvas.polyline(&series("line", index), &line);
    }
    let chance = prevalence.map_or_else(String::new, |share| {
        format!(
            " Dotted: the share of positive clips, {}, which calling clips at random gives.",
            format::fixed(share, 3)
        )
    });
    Some(Figure {
        name: name.to_owned(),
        title: format!("Precision and recall against {reference}"),
        description: format!("Precision over recall for: {}.{chance}", labels.join("; ")),
        caption: format!("Precision over recall against {reference}, as steps.{chance}"),
        canvas: square.finish(false),
    })
}

/// The curve as it is drawn: from each recall to the next the precision of the next. Straight lines between points would
/// promise precisions that no threshold reaches (Davis & Goadrich, ICML 2006).
fn steps(points: &[PrPoint]) -> Vec<(f64, f64)> {
    let mut rising: Vec<PrPoint> = points.to_vec();
    if let (Some(first), Some(last)) = (points.first(), points.last())
        && first.recall > last.recall
    {
        rising.reverse();
    }
    let mut line: Vec<(f64, f64)> = Vec::with_capacity(2 * rising.len());
    // A curve that begins at its first threshold has that one's precision up to there.
    line.extend(rising.first().filter(|first| first.recall > 0.0).map(|first| (0.0, first.precision)));
    for point in rising {
        if let Some(&(recall, precision)) = line.last()
            && recall != point.recall
            && precision != point.precision
        {
            line.push((recall, point.precision));
        }
        line.push((point.recall, point.precision));
    }
    line
}

/// The share of the clips that the reference calls positive.
fn prevalence(group: &Group, positive: &[String]) -> Option<f64> {
    let confusion = group.confusion.as_ref()?;
    let of = |wanted: bool| -> f64 {
        let rows = confusion.classes.iter().zip(&confusion.counts);
        rows.filter(|(class, _)| positive.contains(class) == wanted).flat_map(|(_, row)| row).sum()
    };
    let (positive, negative) = (of(true), of(false));
    (positive > 0.0).then(|| positive / (positive + negative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::content::Confusion;

    fn points(points: &[(f64, f64)]) -> Vec<PrPoint> {
        points.iter().map(|&(recall, precision)| PrPoint { recall, precision }).collect()
    }

    #[test]
    fn a_curve_goes_in_steps_whichever_end_it_is_given_from() {
        let mut pr = points(&[(1.0, 0.5), (0.75, 0.6), (0.5, 1.0), (0.0, 1.0)]);
        let line = [(0.0, 1.0), (0.5, 1.0), (0.5, 0.6), (0.75, 0.6), (0.75, 0.5), (1.0, 0.5)];
        assert_eq!(steps(&pr), line);
        pr.reverse();
        assert_eq!(steps(&pr), line);
        assert_eq!(steps(&points(&[(0.5, 1.0), (0.75, 0.6), (1.0, 0.5)])), line);
        // The area under the steps is the average precision: 0.5 · 1 + 0.25 · 0.6 + 0.25 · 0.5.
        let area: f64 = line.windows(2).map(|pair| (pair[1].0 - pair[0].0) * pair[1].1).sum();
        assert!((area - 0.775).abs() < 1e-12);
    }

    #[test]
    fn the_line_of_chance_lies_at_the_share_of_positive_clips() {
        let group = Group {
            pr: points(&[(0.0, 1.0), (1.0, 0.25)]),
            confusion: Some(Confusion {
                classes: vec!["none".into(), "some".into()],
                counts: vec![vec![60.0, 15.0], vec![5.0, 20.0]],
            }),
            ..Group::default()
        };
        let mut evaluation = Evaluation { positive: vec!["some".into()], ..Evaluation::default() };
        let figure = draw("pr", &evaluation, &[&group], &["same".into()]).unwrap();
        // 0.25 of the way up a side of 318 that ends at 326.
        assert!(figure.canvas.body.contains("<line class=\"chance\" x1=\"46\" y1=\"246.5\" x2=\"364\" y2=\"246.5\"/>"));
        assert!(figure.caption.contains("positive clips, 0.250,"), "{}", figure.caption);
        evaluation.positive.clear();
        let figure = draw("pr", &evaluation, &[&group], &["same".into()]).unwrap();
        assert!(!figure.canvas.body.contains("chance") && !figure.caption.contains("Dotted"));
        assert!(draw("pr", &evaluation, &[&Group::default()], &["same".into()]).is_none());
    }
}
