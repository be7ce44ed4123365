//! The fan behind an outline: straight sides, where enough rows end on them, and arcs about the point where they meet.
//!
//! An outline ends where the picture gets dark, and that differs from clip to clip of one device; its fan does not. A side
//! of the fan shows where many rows in succession end on one line beyond which nothing lies: tissue is not that straight.

use super::{Fan, Found, Rectangle, auto::Seen, fan::Sector, outline::Outline};

/// Rows end on a side within the shorter side of the frame divided by this, in pixels, and within two in any case.
const NEAR: f64 = 140.0;
/// Of the rows from a side's first to its last, this share ends on it.
const DENSE: f64 = 0.75;
/// A side has at least this share of the outline's rows, and this many.
const ROWS: f64 = 0.08;
const FEWEST: usize = 12;
/// Sides are parallel where they open by less than this, in columns a row.
const PARALLEL: f64 = 0.02;
/// A side that is seen alone leans by more than this.
const LEANS: f64 = 0.15;
/// The axis of a fan is upright: its sides' angles differ by no more than this, in radians.
const UPRIGHT: f64 = 0.15;

/// What has straight sides.
pub(super) enum Straight {
    Fan(Fan),
    Rectangle(Rectangle),
}

/// The column `at + slope * row`.
#[derive(Clone, Copy)]
struct Side {
    at: f64,
    slope: f64,
    rows: usize,
}

/// The fan or the rectangle behind what was seen.
pub(super) fn straight(seen: &Seen, (width, height): (u32, u32)) -> Option<(Straight, Found)> {
    let near = (f64::from(width.min(height)) / NEAR).max(2.0);
    let wide = f64::from(width);
    // The right side is a left one in the mirror.
    let turn = |x: f64| wide - x;
    let turned = |side: Side| Side { at: wide - side.at, slope: -side.slope, ..side };
    let left = side(&seen.firm, near, &|x| x);
    let right = side(&seen.firm, near, &turn).map(turned);
    if let (Some(left), Some(right)) = (left, right) {
        let rows = left.rows.min(right.rows);
        if left.slope.abs() < PARALLEL && right.slope.abs() < PARALLEL {
            return Some((Straight::Rectangle(seen.all.bounds()?), Found::Rectangle { rows }));
        }
        if (libm::atan(left.slope) + libm::atan(right.slope)).abs() < UPRIGHT {
            return Some((Straight::Fan(fan(seen, left, right)?), Found::Fan { rows }));
        }
    }
    let plain = |side: &Side| side.rows >= 2 * fewest(&seen.firm) && side.slope.abs() > LEANS;
    let (left, right) = (left.filter(plain), right.filter(plain));
    let corners = || seen.firm.corners().iter().map(|corner| (corner.y as f64, corner.x as f64));
    // The side that was not seen leans like the other and touches what was seen.
    let (left, right) = match (left, right) {
        (Some(left), right) if right.is_none_or(|right| right.rows <= left.rows) => {
            let slope = -left.slope;
            let at = corners().map(|(y, x)| x - slope * y).fold(f64::NEG_INFINITY, f64::max);
            (left, Side { at, slope, rows: left.rows })
        }
        (_, Some(right)) => {
            let slope = -right.slope;
            let at = corners().map(|(y, x)| x - slope * y).fold(f64::INFINITY, f64::min);
            (Side { at, slope, rows: right.rows }, right)
        }
        _ => return None,
    };
    Some((Straight::Fan(fan(seen, left, right)?), Found::HalfFan { rows: left.rows }))
}

/// The fan between two sides; nothing where they do not open downwards.
fn fan(seen: &Seen, left: Side, right: Side) -> Option<Fan> {
    if left.slope > -PARALLEL || right.slope < PARALLEL {
        return None;
    }
    let y = (left.at - right.at) / (right.slope - left.slope);
    let apex = [left.at + left.slope * y, y];
    let distance = |x: f64, y: f64| libm::hypot(x - apex[0], y - apex[1]);
    let corners = seen.all.corners().iter().map(|corner| distance(corner.x as f64, corner.y as f64));
    let outer = corners.fold(0.0, f64::max);
    let tops = seen.firm.tops().map(|(x, y)| distance(f64::from(x) + 0.5, f64::from(y) + 0.5));
    // A pixel reaches half its diagonal beyond its centre.
    let inner = (tops.fold(f64::INFINITY, f64::min) - 0.75).max(0.0);
    let (left, right) = (libm::atan(left.slope), libm::atan(right.slope));
    // Below the apex lies the picture.
    let is_fan = inner < outer && y < f64::from(seen.firm.bounds()?.bottom);
    is_fan.then(|| Fan::of_sector(Sector { apex, inner, outer, left, right }))
}

/// The fewest rows that make a side.
fn fewest(outline: &Outline) -> usize {
    FEWEST.max((ROWS * outline.ends().count() as f64) as usize)
}

/// The left side: of the lines through two corners of the outline, that on which most rows end.
fn side(outline: &Outline, near: f64, turn: &dyn Fn(f64) -> f64) -> Option<Side> {
    let ends: Vec<(f64, f64)> = outline
        .ends()
        .map(|(y, (left, right))| (f64::from(y) + 0.5, turn(left.into()).min(turn(right.into()))))
        // What ends at the frame's border may go on beyond it.
        .filter(|(_, x)| *x > 0.0)
        .collect();
    let corners: Vec<(f64, f64)> =
        outline.corners().iter().map(|corner| (corner.y as f64, turn(corner.x as f64))).collect();
    let fewest = fewest(outline);
    let mut best: Option<Side> = None;
    for from in &corners {
        for to in &corners {
            let down = to.0 - from.0;
            if down < fewest as f64 / 2.0 {
                continue;
            }
            let slope = (to.1 - from.1) / down;
            let line = Side { at: from.1 - slope * from.0, slope, rows: 0 };
            let off = |(y, x): &(f64, f64)| x - (line.at + line.slope * y);
            if corners.iter().any(|corner| off(corner) < -near) {
                continue;
            }
            let on: Vec<usize> = (0..ends.len()).filter(|row| off(&ends[*row]) <= near).collect();
            let (Some(first), Some(last)) = (on.first(), on.last()) else { continue };
            let dense = on.len() as f64 >= DENSE * (last - first + 1) as f64;
            if on.len() >= fewest && dense && best.is_none_or(|best| on.len() > best.rows) {
                best = Some(Side { rows: on.len(), ..line });
            }
        }
    }
    best
}
