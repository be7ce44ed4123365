//! From shapes to masks.
//!
//! - **Polygon**: a pixel belongs to it when its centre is inside by the even-odd rule or lies on an outline, holes'
//!   outlines included. Outlines drawn through pixel centres (as in LIDC) so belong to the drawing.
//! - **Line**: a pixel belongs to it when its centre is at most half the line's width away, round at the ends. A line is
//!   never thinner than one pixel, so that it leaves no gaps.
//! - **Point**: a disc of that diameter.

use super::mask::Mask;
use super::shape::{Position, Shape};
use super::{Frame, Ruler};

/// The mask of what one annotator drew on `frame`, in its pixels; lines and points are as wide as `width` says.
pub(super) fn rasterise(shapes: &[Shape], frame: &Frame, width: &Ruler) -> Mask {
    let mut mask = Mask::empty(frame.width, frame.height);
    for shape in shapes {
        match shape {
            Shape::Point(point) => stroke(&mut mask, *point, *point, width),
            Shape::Line(line) => line.windows(2).for_each(|ends| stroke(&mut mask, ends[0], ends[1], width)),
            Shape::Polygon(rings) => mask.unite(&fill(rings, frame)),
        }
    }
    mask
}

/// The whole rows whose centres lie in `[low, high]`.
fn rows(low: f64, high: f64, height: u32) -> std::ops::Range<u32> {
    let end = (high - 0.5).floor() + 1.0;
    // Casts saturate, so rows above the frame become 0.
    (low - 0.5).ceil() as u32..(end as u32).min(height)
}

/// Even-odd by parity: each crossing of an outline flips every pixel to its right. That takes no list of crossings, so
/// memory stays that of the masks whatever the polygon.
fn fill(rings: &[Vec<Position>], frame: &Frame) -> Mask {
    let (width, mut mask) = (frame.width as usize, Mask::empty(frame.width, frame.height));
    let mut outline = mask.clone();
    for ring in rings {
        let ends = ring.iter().zip(ring.iter().skip(1).chain(ring.first()));
        for (&[x0, y0], &[x1, y1]) in ends {
            for row in rows(y0.min(y1), y0.max(y1), frame.height) {
                let (centre, begin) = (f64::from(row) + 0.5, row as usize * width);
                if y0 == y1 {
                    let (first, end) = ((x0.min(x1) - 0.5).ceil(), (x0.max(x1) - 0.5).floor() + 1.0);
                    outline.set_range(begin + (first as usize).min(width), begin + (end as usize).min(width));
                    continue;
                }
                // Column, counted in pixel centres, at which the outline crosses the row.
                let crossing = x0 + (centre - y0) * (x1 - x0) / (y1 - y0) - 0.5;
                let column = crossing.ceil();
                if column >= frame.width.into() {
                    continue;
                }
                if column == crossing && column >= 0.0 {
                    outline.set(begin + column as usize);
                }
                if (y0 > centre) != (y1 > centre) {
                    mask.toggle(begin + column as usize);
                }
            }
        }
    }
    let mut inside = false;
    for index in 0..mask.len() {
        inside = mask.at(index) != (inside && !index.is_multiple_of(width));
        if inside != mask.at(index) {
            mask.toggle(index);
        }
    }
    mask.unite(&outline);
    mask
}

/// Sets the pixels whose centres lie within half of `width` of a segment. The set is convex, so each row holds one
/// interval: from the leftmost to the rightmost of what the two end discs and the band between them cover.
fn stroke(mask: &mut Mask, from: Position, to: Position, width: &Ruler) {
    let [columns, height] = mask.size();
    let scale = width.scale;
    let radius = (width.limit / 2.0).max(scale[0].max(scale[1]) / 2.0);
    let (a, b) = ([from[0] * scale[0], from[1] * scale[1]], [to[0] * scale[0], to[1] * scale[1]]);
    let along = [b[0] - a[0], b[1] - a[1]];
    let squared = along[0] * along[0] + along[1] * along[1];
    let reach = [(a[1].min(b[1]) - radius) / scale[1], (a[1].max(b[1]) + radius) / scale[1]];
    for row in rows(reach[0], reach[1], height) {
        let y = (f64::from(row) + 0.5) * scale[1];
        let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
        for end in [a, b] {
            let room = radius * radius - (y - end[1]) * (y - end[1]);
            if room >= 0.0 {
                left = left.min(end[0] - room.sqrt());
                right = right.max(end[0] + room.sqrt());
            }
        }
        if squared > 0.0 {
            // Along: 0 ≤ (p − a)·d ≤ d·d; across: |(p − a)×d| ≤ r·|d|. Both are linear in x.
            let (dy, reach) = (y - a[1], radius * squared.sqrt());
            let along_band = interval(along[0], dy * along[1], 0.0, squared);
            let across_band = interval(along[1], -dy * along[0], -reach, reach);
            let (low, high) = (along_band[0].max(across_band[0]), along_band[1].min(across_band[1]));
            if low <= high {
                left = left.min(a[0] + low);
                right = right.max(a[0] + high);
            }
        }
        let first = (left / scale[0] - 0.5).ceil().clamp(0.0, columns.into()) as usize;
        let end = ((right / scale[0] - 0.5).floor() + 1.0).clamp(0.0, columns.into()) as usize;
        let begin = row as usize * columns as usize;
        if left <= right {
            mask.set_range(begin + first, begin + end);
        }
    }
}

/// The x for which `low ≤ slope·x + offset ≤ high`.
fn interval(slope: f64, offset: f64, low: f64, high: f64) -> [f64; 2] {
    if slope == 0.0 {
        let all = (low..=high).contains(&offset);
        return if all { [f64::NEG_INFINITY, f64::INFINITY] } else { [f64::INFINITY, f64::NEG_INFINITY] };
    }
    let ends = [(low - offset) / slope, (high - offset) / slope];
    [ends[0].min(ends[1]), ends[0].max(ends[1])]
}
