//! The outline of what was found in a frame.

use imageproc::{geometry::convex_hull, point::Point};

use super::Rectangle;

/// Where rows and columns of pixels begin and end.
#[derive(Debug)]
pub(super) struct Outline {
    /// Of each row the first column and the one after the last.
    rows: Vec<Option<(u32, u32)>>,
    /// Of each column the first row.
    tops: Vec<Option<u32>>,
    /// The corners of the convex hull, with the pixels whole.
    corners: Vec<Point<i64>>,
}

impl Outline {
    /// The outline of the pixels that are in.
    pub(super) fn of((width, height): (u32, u32), is_in: impl Fn(u32, u32) -> bool) -> Self {
        let mut rows: Vec<Option<(u32, u32)>> = vec![None; height as usize];
        let mut tops: Vec<Option<u32>> = vec![None; width as usize];
        for (y, row) in (0u32..).zip(&mut rows) {
            for (x, top) in (0u32..).zip(&mut tops) {
                if is_in(x, y) {
                    *row = Some(row.map_or((x, x + 1), |(left, _)| (left, x + 1)));
                    top.get_or_insert(y);
                }
            }
        }
        let corners = hull(&rows);
        Self { rows, tops, corners }
    }

    /// Rows with their first column and the one after the last.
    pub(super) fn ends(&self) -> impl Iterator<Item = (u32, (u32, u32))> {
        (0u32..).zip(&self.rows).filter_map(|(y, row)| Some((y, (*row)?)))
    }

    /// The first pixel of each column.
    pub(super) fn tops(&self) -> impl Iterator<Item = (u32, u32)> {
        (0u32..).zip(&self.tops).filter_map(|(x, top)| Some((x, (*top)?)))
    }

    /// The corners of the convex hull.
    pub(super) fn corners(&self) -> &[Point<i64>] {
        &self.corners
    }

    /// The rows' bounds.
    pub(super) fn bounds(&self) -> Option<Rectangle> {
        self.ends()
            .map(|(y, (left, right))| Rectangle { left, top: y, right, bottom: y + 1 })
            .reduce(|bounds, row| bounds.around(&row))
    }

    /// Of each row of the convex hull the first column and the one after the last: shadows are closed.
    pub(super) fn hull_rows(&self) -> Vec<(u32, u32)> {
        within(&self.corners, self.rows.len())
    }
}

/// The convex hull of rows. Only a row's ends can be corners of it.
fn hull(rows: &[Option<(u32, u32)>]) -> Vec<Point<i64>> {
    let mut ends: Vec<Point<i64>> = Vec::new();
    for (y, row) in rows.iter().enumerate() {
        if let Some((left, right)) = row {
            let y = y as i64;
            // Both edges of the pixels, so that the hull holds them whole.
            for (x, y) in [(*left, y), (*left, y + 1), (*right, y), (*right, y + 1)] {
                ends.push(Point::new(i64::from(x), y));
            }
        }
    }
    convex_hull(ends.as_slice())
}

/// The columns of each row that the hull covers at the row's middle.
fn within(corners: &[Point<i64>], height: usize) -> Vec<(u32, u32)> {
    (0..height as i64)
        .map(|y| {
            // Where the sides cross the middle of the row, in half rows: 2 y + 1.
            let (mut left, mut right) = (i64::MAX, i64::MIN);
            for (at, from) in corners.iter().enumerate() {
                let to = &corners[(at + 1) % corners.len()];
                let (low, high) = if from.y <= to.y { (from, to) } else { (to, from) };
                if low.y <= y && y < high.y {
                    let (rise, run) = (2 * (high.y - low.y), (high.x - low.x) * (2 * y + 1 - 2 * low.y));
                    left = left.min(low.x + run.div_euclid(rise));
                    right = right.max(low.x + (run + rise - 1).div_euclid(rise));
                }
            }
            let column = |x: i64| u32::try_from(x).unwrap_or(0);
            if left < right { (column(left), column(right)) } else { (0, 0) }
        })
        .collect()
}
