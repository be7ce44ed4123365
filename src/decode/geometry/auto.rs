//! The fan found in what a clip shows.
//!
//! Speckle flickers, tissue moves, and both are brighter than the ground; rulers, logos and text stand still, are small
//! and lie apart. So the fan is the largest piece that hangs together of what moves or is bright, after thin things were
//! taken away, with pieces of the same picture that a dark band parts from it; its convex hull closes shadows.

use image::{GrayImage, Luma};
use imageproc::{
    distance_transform::Norm,
    morphology::open,
    region_labelling::{Connectivity, connected_components},
};

use super::{Rectangle, Statistics, marks::Mark, outline::Outline};

/// A pixel moves where its grey level changes by this much, as a standard deviation; coding alone changes black by less.
const MOVES: f64 = 1.5;
/// A pixel is bright where its mean grey level is this far above the ground.
const BRIGHT: f64 = 10.0;
/// The picture's own edge is where the mean grey level is this far above the ground.
const FIRM: f64 = 4.0;
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

/// What of a clip moves or is bright and hangs together.
#[derive(Debug)]
pub(super) struct Seen {
    /// All of it.
    pub(super) all: Outline,
    /// Where it is brighter than the ground on average. Coding in blocks makes the ground beside it flicker, but not that.
    pub(super) firm: Outline,
}

/// The outline of a clip; nothing where nothing moves or is bright.
pub(super) fn seen(statistics: &Statistics, marks: &[Mark]) -> Option<Seen> {
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
    let fan = |x: u32, y: u32| {
        let label = labels.get_pixel(x, y).0[0] as usize;
        label.checked_sub(1).is_some_and(|label| belongs[label])
    };
    let firm = f64::from(statistics.ground()) + FIRM;
    let is_firm = |x, y| fan(x, y) && statistics.mean(at(x, y)) >= firm;
    let firm = GrayImage::from_fn(width, height, |x, y| Luma([if is_firm(x, y) { 255 } else { 0 }]));
    let firm = if thin == 0 { firm } else { open(&firm, Norm::LInf, thin) };
    let size = (width, height);
    Some(Seen { all: Outline::of(size, fan), firm: Outline::of(size, |x, y| firm.get_pixel(x, y).0[0] > 0) })
}
