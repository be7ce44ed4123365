//! The fan found in what a clip shows.
//!
//! Speckle flickers, tissue moves, and both are brighter than the ground; rulers, logos and text stand still, are small
//! and lie apart. So the fan is the largest piece that hangs together of what moves or is bright, after thin things were
//! taken away, with pieces of the same picture that a dark band parts from it; its convex hull closes shadows.

use image::{GrayImage, Luma};
use imageproc::{
    distance_transform::Norm,
    geometry::convex_hull,
    morphology::open,
    point::Point,
    region_labelling::{Connectivity, connected_components},
};

use super::{Rectangle, Statistics, marks::Mark};

/// A pixel moves where its grey level changes by this much, as a standard deviation; coding alone changes black by less.
const MOVES: f64 = 1.5;
/// A pixel is bright where its mean grey level is this far above the ground.
const BRIGHT: f64 = 10.0;
/// Structures thinner than the shorter side divided by this are no part of a fan.
const THIN: u32 = 70;
/// A piece belongs to the fan where it is at least this share of the largest one.
const PIECE: usize = 10;

/// A frame with a fan in it has at least this many rows and columns.
pub(super) const LEAST: u32 = 8;

#[derive(Default)]
struct Piece {
    area: usize,
    moving: usize,
    bounds: Option<Rectangle>,
}

/// Of each row the first column of the fan and the one after the last; nothing where nothing moves or is bright.
pub(super) fn rows(statistics: &Statistics, marks: &[Mark]) -> Option<Vec<(u32, u32)>> {
    let (width, height) = statistics.size();
    if width < LEAST || height < LEAST {
        return None;
    }
    let at = |x: u32, y: u32| y as usize * width as usize + x as usize;
    let moves = |x, y| statistics.deviation(at(x, y)) >= MOVES;
    let bright = f64::from(statistics.ground()) + BRIGHT;
    let mut active = GrayImage::from_fn(width, height, |x, y| {
        Luma([if moves(x, y) || statistics.mean(at(x, y)) >= bright { 255 } else { 0 }])
    });
    for (x, y) in marks.iter().flat_map(Mark::pixels) {
        active.put_pixel(*x, *y, Luma([0]));
    }
    let thin = u8::try_from(width.min(height) / THIN / 2).unwrap_or(u8::MAX);
    let solid = if thin == 0 { active } else { open(&active, Norm::LInf, thin) };
    let labels = connected_components(&solid, Connectivity::Eight, Luma([0]));
    let count = labels.pixels().map(|label| label.0[0]).max().unwrap_or(0) as usize;
    let mut pieces: Vec<Piece> = Vec::new();
    pieces.resize_with(count, Piece::default);
    for (x, y, label) in labels.enumerate_pixels() {
        let Some(label) = (label.0[0] as usize).checked_sub(1) else { continue };
        let piece = &mut pieces[label];
        piece.area += 1;
        piece.moving += usize::from(moves(x, y));
        let here = Rectangle { left: x, top: y, right: x + 1, bottom: y + 1 };
        piece.bounds = Some(piece.bounds.map_or(here, |bounds| bounds.around(&here)));
    }
    // What moves counts most: a logo may be large.
    let weight = |piece: &Piece| 100 * piece.moving + piece.area;
    let largest = (0..count).rev().max_by_key(|at| weight(&pieces[*at]))?;
    let fan = pieces[largest].bounds?;
    let belongs: Vec<bool> = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| {
            let over = piece.bounds.map_or(0, |b| fan.right.min(b.right).saturating_sub(fan.left.max(b.left)));
            let beside = piece.bounds.is_some_and(|bounds| 2 * over >= bounds.width());
            at == largest || (piece.area * PIECE >= pieces[largest].area && beside)
        })
        .collect();
    let mut rows: Vec<Option<(u32, u32)>> = vec![None; height as usize];
    for (x, y, label) in labels.enumerate_pixels() {
        if (label.0[0] as usize).checked_sub(1).is_some_and(|label| belongs[label]) {
            let row = &mut rows[y as usize];
            *row = Some(row.map_or((x, x + 1), |(left, right)| (left.min(x), right.max(x + 1))));
        }
    }
    Some(hull(&rows))
}

/// The rows of the convex hull of rows. Only a row's ends can be corners of it.
fn hull(rows: &[Option<(u32, u32)>]) -> Vec<(u32, u32)> {
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
    let corners = convex_hull(ends.as_slice());
    (0..rows.len() as i64)
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
