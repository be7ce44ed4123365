//! Reliability curves: how often clips were positive over the probability they were given, and how many clips that rests on.

use super::Figure;
use super::canvas::{Anchor, series};
use super::unit_square::{Axes, UnitSquare, place};
use crate::report::content::{Group, ReliabilityBin};
use crate::report::format;

/// Room for the bars of clips: their height, and that of the text beside them.
const BARS: f64 = 46.0;
/// Between the bars of two groups in one bin.
const APART: f64 = 5.0;

/// The curves of at most [`super::unit_square::CURVES`] groups; `None` where none has bins. `labels` are the groups' names as
/// shown. Bins without clips are left out.
pub(in crate::report) fn draw(name: &str, reference: &str, groups: &[&Group], labels: &[String]) -> Option<Figure> {
    let bins: Vec<Vec<&ReliabilityBin>> = groups
        .iter()
        .map(|group| {
            let drawn = |bin: &&ReliabilityBin| bin.clips > 0 && bin.predicted.is_finite() && bin.observed.is_finite();
            group.reliability.iter().filter(drawn).collect()
        })
        .collect();
    let most = bins.iter().flatten().map(|bin| bin.clips).max()?;
    let axes = Axes { across: "predicted probability", up: "observed share of positive clips" };
    let mut square = UnitSquare::new(&axes, labels, BARS + 22.0);
    square.canvas.line("chance", place(0.0, 0.0), place(1.0, 1.0));
    square.frame();
    for (index, bins) in bins.iter().enumerate() {
        let line: Vec<(f64, f64)> = bins.iter().map(|bin| place(bin.predicted, bin.observed)).collect();
        square.canvas.polyline(&series("line", index), &line);
    }
    for (index, bins) in bins.iter().enumerate() {
        for bin in bins {
            square.canvas.marker(index, place(bin.predicted, bin.observed));
        }
    }
    let ground = square.below() + BARS;
    let (left, right) = (place(0.0, 0.0).0, place(1.0, 0.0).0);
    for (index, bins) in bins.iter().enumerate() {
        let beside = (index as f64 - (groups.len() - 1) as f64 / 2.0) * APART;
        for bin in bins {
            let x = place(bin.predicted, 0.0).0 + beside;
            let height = (bin.clips as f64 / most as f64 * (BARS - 6.0)).max(1.0);
            square.canvas.rect(&series("mark", index), (x - APART / 2.0, ground - height), (APART, height));
        }
    }
    square.canvas.line("axis", (left, ground), (right, ground));
    square.canvas.text("small", (left - 6.0, ground - BARS + 14.0), Anchor::End, &format::count(most));
    square.canvas.text("small", (left - 6.0, ground + 4.0), Anchor::End, "0");
    square.canvas.text("small", ((left + right) / 2.0, ground + 14.0), Anchor::Middle, "clips in the bin");
    let described: Vec<String> = labels
        .iter()
        .zip(&bins)
        .map(|(label, bins)| {
            let told = |bin: &&ReliabilityBin| {
                let (predicted, observed) = (format::fixed(bin.predicted, 2), format::fixed(bin.observed, 2));
                format!("{predicted} predicted, {observed} observed in {}", format::count(bin.clips))
            };
            format!("{label}: {}", bins.iter().map(told).collect::<Vec<_>>().join(", "))
        })
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: format!("Calibration against {reference}"),
        description: format!("Observed share of positive clips over predicted probability. {}", described.join("; ")),
        caption: format!(
            "Calibration against {reference}: the share of positive clips over the mean probability of each bin. Dotted: perfectly calibrated. Bars: clips in the bin{}.",
            if groups.iter().any(|group| group.seeds > 1) { ", summed over training seeds" } else { "" }
        ),
        canvas: square.finish(true),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_with_clips_is_a_point_and_a_bar() {
        let bin = |predicted, observed, clips| ReliabilityBin { predicted, observed, clips };
        let one = Group {
            reliability: vec![bin(0.1, 0.2, 40), bin(0.5, f64::NAN, 0), bin(0.9, 0.8, 10)],
            ..Group::default()
        };
        let other = Group { reliability: vec![bin(0.5, 0.5, 20)], ..Group::default() };
        let labels = ["one".to_owned(), "other".to_owned()];
        let figure = draw("calibration", "panel", &[&one, &other], &labels).unwrap();
        let body = &figure.canvas.body;
        // (0.1, 0.2) and (0.9, 0.8) of a square of 318 from (46, 326) up.
        assert!(body.contains("<path class=\"line s0\" d=\"M77.8 262.4L332.2 71.6\"/>"), "{body}");
        // Two points and one in the legend; a single point is no line.
        assert_eq!(
            (body.matches("<circle class=\"mark s0\"").count(), body.matches("<rect class=\"mark s0\"").count()),
            (3, 2)
        );
        // The tallest bar is 40 high for 40 clips, so 10 clips are 10 and 20 are 20.
        for height in ["height=\"40\"", "height=\"10\"", "height=\"20\""] {
            assert!(body.contains(height), "{height} in {body}");
        }
        assert!(!body.contains("NaN") && figure.description.contains("0.10 predicted, 0.20 observed in 40"));
        assert!(draw("calibration", "panel", &[&Group::default()], &labels[..1]).is_none());
    }
}
