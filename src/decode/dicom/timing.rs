//! When frames are shown (PS3.3, section C.7.6.5).

use super::header::Header;

/// Frames a second where all are shown equally long, and when each frame is shown where they are not.
pub(super) fn timing(header: &Header, frames: usize) -> (Option<f64>, Option<Vec<f64>>) {
    let positive = |number: &f64| number.is_finite() && *number > 0.0;
    // Milliseconds between a frame and the one before it; the first frame's says nothing.
    if let Some(steps) = header.numbers((0x0018, 0x1065)).filter(|steps| steps.len() == frames && frames > 1)
        && steps[1..].iter().all(positive)
    {
        if steps[1..].iter().all(|step| *step == steps[1]) {
            return (Some(1000.0 / steps[1]), None);
        }
        let times = steps[1..].iter().scan(0.0, |time, step| {
            *time += step;
            Some(*time / 1000.0)
        });
        return (None, Some(std::iter::once(0.0).chain(times).collect()));
    }
    let each = header.number((0x0018, 0x1063)).filter(positive).map(|step| 1000.0 / step);
    let rate = |tag| header.number(tag).filter(positive);
    (each.or_else(|| rate((0x0018, 0x0040))).or_else(|| rate((0x0008, 0x2144))), None)
}
