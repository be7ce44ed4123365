//! How a table fits a page: on the width and height of the `article` class at ten points, which a journal's column is near.

use crate::report::table::{Cell, Head, Table};

/// Widths are counted in digits, which are half an em wide and about what a letter takes on average.
/// A line of normal size holds so many of them.
const LINE: usize = 69;
/// A line of the size `\scriptsize`.
const SMALL_LINE: usize = 82;
/// A line of that size along the height of a page.
const SIDEWAYS_LINE: usize = 136;
/// What the space between two columns takes, in halves of a digit: of normal size, and of three points where letters are small.
const GAP: usize = 5;
const SMALL_GAP: usize = 3;
/// No column of text is made narrower than this.
const NARROWEST: usize = 14;
/// Lines of normal and of small letters that a page holds below the head of a table and a caption.
const LINES: usize = 32;
const SMALL_LINES: usize = 46;

/// How a table is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) form: Form,
    /// The width of each column whose text is broken into lines, in digits.
    pub(super) broken: Vec<Option<usize>>,
    /// It goes over pages.
    pub(super) is_long: bool,
}

/// The size of letters, and which way a table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// Small letters, with heads and intervals in two lines.
    Small,
    /// The same, with the page turned.
    Sideways,
}

/// The first form in which the columns have room; turned where none has.
pub(super) fn fit(table: &Table) -> Fit {
    let count = table.head.len();
    let plain = widths(table, false);
    if plain.iter().sum::<usize>() + GAP * count / 2 <= LINE {
        return Fit { form: Form::Plain, broken: vec![None; count], is_long: table.rows.len() > LINES };
    }
    let small = widths(table, true);
    let room = |line: usize| line.saturating_sub(SMALL_GAP * count / 2);
    let upright = broken(&table.head, &small, room(SMALL_LINE));
    // A table over pages cannot be turned.
    let is_long = lines(table, &small, upright.as_deref().unwrap_or(&small)) > SMALL_LINES;
    let (form, to) = match upright {
        Some(to) => (Form::Small, to),
        None if is_long => (Form::Small, at_most(&table.head, &small, NARROWEST)),
        None => {
            let to = broken(&table.head, &small, room(SIDEWAYS_LINE));
            (Form::Sideways, to.unwrap_or_else(|| at_most(&table.head, &small, NARROWEST)))
        }
    };
    let broken = small.iter().zip(&to).map(|(natural, to)| (to < natural).then_some(*to)).collect();
    Fit { form, broken, is_long }
}

/// Head and cell of a column as they stand in small letters: what is in the second line comes second.
pub(super) fn halves<'t>(head: &Head, text: &'t str, at: &str) -> (&'t str, &'t str) {
    match text.find(at) {
        Some(end) if head.number => (&text[..end], &text[end + 1..]),
        _ => (text, ""),
    }
}

/// The widest text of each column.
fn widths(table: &Table, in_two_lines: bool) -> Vec<usize> {
    let length = |head: &Head, text: &str, at: &str| {
        let (above, below) = if in_two_lines { halves(head, text, at) } else { (text, "") };
        above.chars().count().max(below.chars().count())
    };
    let column = |(place, head): (usize, &Head)| {
        let cells = table.rows.iter().filter_map(|row| row.get(place));
        let cells = cells.map(|cell| length(head, &cell.text, " [") + usize::from(cell.note.is_some()));
        cells.chain([length(head, &head.text, " ")]).max().unwrap_or(0)
    };
    table.head.iter().enumerate().map(column).collect()
}

/// The widths with columns of text made so narrow that all have room, the widest first; nothing where they would be too narrow.
fn broken(head: &[Head], widths: &[usize], room: usize) -> Option<Vec<usize>> {
    let widest = widths.iter().copied().max().unwrap_or(0).max(NARROWEST);
    let mut tried = (NARROWEST..=widest).rev().map(|most| at_most(head, widths, most));
    tried.find(|widths| widths.iter().sum::<usize>() <= room)
}

/// The widths with no column of text wider than so much.
fn at_most(head: &[Head], widths: &[usize], most: usize) -> Vec<usize> {
    head.iter().zip(widths).map(|(head, width)| if head.number { *width } else { (*width).min(most) }).collect()
}

/// How many lines the rows take: as many as their longest cell.
fn lines(table: &Table, natural: &[usize], to: &[usize]) -> usize {
    let row = |row: &Vec<Cell>| {
        let cells = row.iter().zip(&table.head).zip(natural.iter().zip(to));
        let lines = cells.map(|((cell, head), (natural, to))| {
            let halved = usize::from(!halves(head, &cell.text, " [").1.is_empty());
            let broken = if to < natural { cell.text.chars().count().div_ceil((*to).max(1)) } else { 1 };
            broken.max(1 + halved)
        });
        lines.max().unwrap_or(1)
    };
    table.rows.iter().map(row).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, bool, &str)], rows: usize) -> Table {
        let mut table = Table::default();
        table.head =
            columns.iter().map(|(text, number, _)| Head { text: (*text).to_owned(), number: *number }).collect();
        table.rows = vec![columns.iter().map(|(_, _, cell)| (*cell).to_owned().into()).collect(); rows];
        table
    }

    #[test]
    fn a_table_is_set_small_then_broken_then_turned() {
        let label = ("Arm", false, "crowd");
        let score = ("Balanced accuracy", true, "0.820 [0.765, 0.879]");
        let plain = fit(&table(&[label, score, score], 3));
        assert_eq!(plain, Fit { form: Form::Plain, broken: vec![None; 3], is_long: false });
        let small = fit(&table(&[label, score, score, score, score], 3));
        assert_eq!(small, Fit { form: Form::Small, broken: vec![None; 5], is_long: false });
        let text = "accuracy 1, auroc 1, balanced-accuracy 1, cohen-kappa 1, count-mae 1, count-mse 1";
        let broken = fit(&table(&[label, ("Method", false, text), score, score], 3));
        // 82 less 6 of gaps, less 14 + 14 of numbers, less 5 of the label.
        assert_eq!(broken, Fit { form: Form::Small, broken: vec![None, Some(43), None, None], is_long: false });
        let turned = fit(&table(&[label, score, score, score, score, score, score, score], 3));
        assert_eq!(turned, Fit { form: Form::Sideways, broken: vec![None; 8], is_long: false });
    }

    #[test]
    fn what_is_higher_than_a_page_goes_over_pages_and_is_never_turned() {
        let label = ("Annotator", false, "a-1");
        assert!(!fit(&table(&[label], LINES)).is_long);
        assert!(fit(&table(&[label], LINES + 1)).is_long);
        let score = ("Score", true, "0.820 [0.765, 0.879]");
        // Two lines each.
        let columns = [label, score, score, score, score, score, score, score];
        assert_eq!(fit(&table(&columns, SMALL_LINES / 2)).form, Form::Sideways);
        let long = fit(&table(&columns, SMALL_LINES / 2 + 1));
        assert!(long.is_long && long.form == Form::Small);
    }

    #[test]
    fn no_column_is_too_small_for_a_table_without_room() {
        let text = ("Text", false, "twenty letters or so");
        let fit = fit(&table(&[text; 12], 1));
        assert_eq!((fit.form, fit.broken), (Form::Sideways, vec![Some(NARROWEST); 12]));
    }
}
