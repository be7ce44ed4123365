//! Labels by class: one bar a label source.

use super::Figure;
use super::canvas::{Anchor, Canvas, wrap};
use super::confusion::DARKEST;
use crate::report::content::LabelSet;
use crate::report::format;

const WIDTH: f64 = 420.0;
const ROW: f64 = 48.0;
const BAR: f64 = 20.0;

/// The bars, darker for the more severe class; clips without a label stand last and hollow. `None` without labels.
pub(in crate::report) fn draw(name: &str, sets: &[LabelSet]) -> Option<Figure> {
    let sets: Vec<&LabelSet> = sets.iter().filter(|set| total(set) > 0).collect();
    if sets.is_empty() {
        return None;
    }
    let mut canvas = Canvas::new(WIDTH, sets.len() as f64 * ROW + 4.0);
    for (row, set) in sets.iter().enumerate() {
        let top = row as f64 * ROW;
        let all = total(set) as f64;
        canvas.text("strong", (2.0, top + 13.0), Anchor::Start, &wrap(&set.name, 44, 1).join(""));
        canvas.text("small", (WIDTH - 2.0, top + 13.0), Anchor::End, &format::counted(total(set), "clip"));
        let mut x = 2.0;
        let parts = set.classes.iter().map(|(class, count)| (class.as_str(), *count, false));
        for (index, (class, count, absent)) in parts.chain([("no label", set.unlabelled, true)]).enumerate() {
            let width = count as f64 / all * (WIDTH - 4.0);
            if count == 0 {
                continue;
            }
            if absent {
                canvas.rect("absent", (x, top + 19.0), (width, BAR));
            } else {
                canvas.shaded("segment", (x, top + 19.0), (width, BAR), Some(shade(index, set.classes.len())));
            }
            let room = (width / 6.6) as usize;
            let text = format!("{class} {}", format::count(count));
            let text = if text.chars().count() <= room { text } else { format::count(count) };
            if text.chars().count() <= room {
                canvas.text("", (x + width / 2.0, top + 33.0), Anchor::Middle, &text);
            }
            x += width;
        }
    }
    let described: Vec<String> = sets
        .iter()
        .map(|set| {
            let classes: Vec<String> = set
                .classes
                .iter()
                .map(|(class, count)| format!("{class} {}", format::share(*count, total(set))))
                .collect();
            format!("{}: {}, no label {}", set.name, classes.join(", "), format::count(set.unlabelled))
        })
        .collect();
    Some(Figure {
        name: name.to_owned(),
        title: "Labels by class".to_owned(),
        description: described.join("; "),
        caption: "Clips by label, least severe class first and lightest; dashed: no label.".to_owned(),
        canvas,
    })
}

/// Clips with and without a label.
fn total(set: &LabelSet) -> u64 {
    set.classes.iter().map(|(_, count)| count).sum::<u64>() + set.unlabelled
}

/// The strength of class `index` of `classes`, growing with severity.
fn shade(index: usize, classes: usize) -> f64 {
    let severity = if classes < 2 { 1.0 } else { index as f64 / (classes - 1) as f64 };
    DARKEST * (0.15 + 0.85 * severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_fill_the_bar() {
        let set = LabelSet {
            name: "crowd".into(),
            classes: vec![("none".into(), 50), ("discrete".into(), 0), ("confluent".into(), 25)],
            unlabelled: 25,
            ..LabelSet::default()
        };
        let body = draw("labels", &[set]).unwrap().canvas.body;
        assert_eq!(body.matches("class=\"segment\"").count(), 2);
        assert!(body.contains("<rect class=\"segment\" x=\"2\" y=\"19\" width=\"208\""), "{body}");
        assert!(body.contains("<rect class=\"absent\" x=\"314\" y=\"19\" width=\"104\""), "{body}");
        assert!(draw("labels", &[LabelSet::default()]).is_none());
    }
}
