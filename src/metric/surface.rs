//! How far the outlines of two masks lie apart, in mm.
//!
//! The conventions are those of MONAI (Cardoso et al. 2022, arXiv 2211.02701; `compute_hausdorff_distance` and
//! `compute_average_surface_distance`): the outline of a mask is its pixels with one of their four neighbours outside it, or
//! outside the frame; from every pixel of one outline the distance to the nearest pixel of the other is taken, centre to
//! centre, and so the other way round.
//!
//! Distances are exact, in time linear in the number of pixels (Felzenszwalb & Huttenlocher, Theory of Computing
//! 2012;8:415-428), for pixels that are wider than high too.

/// How far apart two outlines lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surface {
    /// The 95th percentile of the distances from either outline to the other, the larger of both (HD95), in mm.
    pub hd95: f64,
    /// The mean of the distances from both outlines (ASSD), in mm.
    pub assd: f64,
}

/// The outlines on a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outlines {
    /// Both sides have pixels, or both have none.
    Apart(Surface),
    /// One side has no pixel: there is no distance.
    OneSided,
}

/// Holds the outlines of two masks against each other, `[height][width]`, with pixels of `mm` along x and y. Two empty
/// masks lie 0 apart; of one empty mask there is no distance.
///
/// # Panics
/// Panics where a mask has not as many pixels as rows of `width` make.
pub fn outlines(found: &[bool], there: &[bool], width: usize, mm: [f64; 2]) -> Outlines {
    assert!(found.len() == there.len() && found.len().is_multiple_of(width.max(1)), "two masks of one size");
    let both = [found, there].map(|mask| outline(mask, width));
    match both.each_ref().map(|outline| outline.iter().any(|pixel| *pixel)) {
        [false, false] => return Outlines::Apart(Surface { hd95: 0.0, assd: 0.0 }),
        [true, true] => {}
        _ => return Outlines::OneSided,
    }
    let from = |one: &[bool], other: &[bool]| -> Vec<f64> {
        let squared = squared_distances(other, width, mm);
        let on_outline = one.iter().zip(squared).filter(|(pixel, _)| **pixel);
        on_outline.map(|(_, squared)| libm::sqrt(squared)).collect()
    };
    let mut distances = [from(&both[0], &both[1]), from(&both[1], &both[0])];
    let (sum, count) = distances
        .iter()
        .fold((0.0, 0), |(sum, count), distances| (sum + distances.iter().sum::<f64>(), count + distances.len()));
    let hd95 = distances.iter_mut().map(|distances| {
        distances.sort_by(f64::total_cmp);
        super::interval::quantile(distances, 0.95)
    });
    Outlines::Apart(Surface { hd95: hd95.fold(0.0, f64::max), assd: sum / count as f64 })
}

/// The pixels of a mask that have one of their four neighbours outside it.
fn outline(mask: &[bool], width: usize) -> Vec<bool> {
    let height = mask.len() / width.max(1);
    let is_inner = |x: usize, y: usize| {
        let at = y * width + x;
        x > 0
            && y > 0
            && x + 1 < width
            && y + 1 < height
            && mask[at - 1]
            && mask[at + 1]
            && mask[at - width]
            && mask[at + width]
    };
    (0..mask.len()).map(|at| mask[at] && !is_inner(at % width, at / width)).collect()
}

/// For every pixel the squared distance in mm² to the nearest one that is set; infinite where none is.
fn squared_distances(set: &[bool], width: usize, mm: [f64; 2]) -> Vec<f64> {
    let height = set.len() / width.max(1);
    let mut squared: Vec<f64> = set.iter().map(|set| if *set { 0.0 } else { f64::INFINITY }).collect();
    let mut line = vec![0.0; width.max(height)];
    for row in squared.chunks_mut(width.max(1)) {
        line[..width].copy_from_slice(row);
        lower_envelope(&line[..width], mm[0], |at, value| row[at] = value);
    }
    for x in 0..width {
        (0..height).for_each(|y| line[y] = squared[y * width + x]);
        lower_envelope(&line[..height], mm[1], |y, value| squared[y * width + x] = value);
    }
    squared
}

/// For every place of a line the least of `values[other] + (step · (place − other))²`: the lower envelope of one parabola
/// a place.
fn lower_envelope(values: &[f64], step: f64, mut put: impl FnMut(usize, f64)) {
    // The parabolas of the envelope, and from where on each is the lowest, in places.
    let mut envelope: Vec<(usize, f64)> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let begin = loop {
            let Some(&(last, begin)) = envelope.last() else { break f64::NEG_INFINITY };
            let (here, there) = (at as f64, last as f64);
            let meet = (here + there) / 2.0 + (value - values[last]) / (2.0 * step * step * (here - there));
            if meet > begin {
                break meet;
            }
            envelope.pop();
        };
        envelope.push((at, begin));
    }
    let mut lowest = 0;
    for at in 0..values.len() {
        while envelope.get(lowest + 1).is_some_and(|(_, begin)| *begin < at as f64) {
            lowest += 1;
        }
        let distance = |other: usize| step * (at as f64 - other as f64);
        put(
            at,
            envelope.get(lowest).map_or(f64::INFINITY, |&(other, _)| values[other] + distance(other) * distance(other)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: [usize; 2] = [24, 18];

    fn mask(is_set: impl Fn(i32, i32) -> bool) -> Vec<bool> {
        (0..SIZE[1]).flat_map(|y| (0..SIZE[0]).map(move |x| (x as i32, y as i32))).map(|(x, y)| is_set(x, y)).collect()
    }

    /// Discs, stripes, bars at the frame's edge, a pixel and a row, and a disc with a pixel far away.
    fn pairs() -> [[Vec<bool>; 2]; 5] {
        let disc = |x: i32, y: i32| (x - 9).pow(2) + (y - 8).pow(2) <= 36;
        [
            [mask(disc), mask(|x, y| (x - 12).pow(2) + (y - 9).pow(2) <= 25)],
            [mask(|x, y| (x * 7 + y * 3) % 11 < 4), mask(|x, y| (x * 5 + y * 2) % 13 < 3)],
            [mask(|x, _| (3..=5).contains(&x)), mask(|x, y| (10..=11).contains(&x) && y > 4)],
            [mask(|x, y| (x, y) == (4, 5)), mask(|_, y| y == 17)],
            [mask(|x, y| disc(x, y) || (x, y) == (20, 1)), mask(disc)],
        ]
    }

    /// HD95 and ASSD, by scipy 1.17 in double precision; MONAI 1.6.1 has the same to its single precision:
    ///
    /// ```python
    /// ea, eb = a ^ binary_erosion(a), b ^ binary_erosion(b)
    /// da, db = edt(~eb, sampling=(mm_y, mm_x))[ea], edt(~ea, sampling=(mm_y, mm_x))[eb]
    /// max(np.percentile(da, 95), np.percentile(db, 95)), np.concatenate([da, db]).mean()
    /// compute_hausdorff_distance(A, B, include_background=True, percentile=95, spacing=(mm_y, mm_x))
    /// compute_average_surface_distance(A, B, include_background=True, symmetric=True, spacing=(mm_y, mm_x))
    /// ```
    #[test]
    fn distances_as_scipy_and_monai() {
        let expected = [
            ([1.0, 1.0], [4.055397531527947, 1.934859280926907], [4.0553975105285645, 1.9348591566085815]),
            ([0.4, 0.7], [1.7902927069678738, 0.9368845667916219], [1.7902926206588745, 0.9368846416473389]),
            ([1.0, 1.0], [1.0, 0.7152225509155185], [1.0, 0.7152225971221924]),
            ([0.4, 0.7], [0.7, 0.3467421844588025], [0.699999988079071, 0.346742182970047]),
            ([1.0, 1.0], [7.848050886765438, 5.956736121298885], [7.848051071166992, 5.9567365646362305]),
            ([0.4, 0.7], [4.063032398244571, 2.4864813311909235], [4.063032150268555, 2.486481189727783]),
            ([1.0, 1.0], [21.509609311869067, 15.252258654403061], [21.50960922241211, 15.25225830078125]),
            ([0.4, 0.7], [11.025046076771499, 9.25753971495611], [11.025046348571777, 9.257539749145508]),
            ([1.0, 1.0], [0.0, 0.11094003924504582], [0.0, 0.11094003915786743]),
            ([0.4, 0.7], [0.0, 0.05373615137407071], [0.0, 0.05373615026473999]),
        ];
        for (at, (mm, scipy, monai)) in expected.into_iter().enumerate() {
            let [found, there] = &pairs()[at / 2];
            let Outlines::Apart(Surface { hd95, assd }) = outlines(found, there, SIZE[0], mm) else {
                panic!("both have pixels");
            };
            for (mine, other) in [hd95, assd].into_iter().zip(scipy) {
                assert!((mine - other).abs() < 1e-9, "pair {at}: {mine}, scipy has {other}");
            }
            for (mine, other) in [hd95, assd].into_iter().zip(monai) {
                assert!((mine - other).abs() < 1e-6 * (1.0 + other), "pair {at}: {mine}, MONAI has {other}");
            }
        }
    }

    #[test]
    fn every_distance_is_that_to_the_nearest_pixel() {
        let mm = [0.4, 0.7];
        for [one, other] in pairs() {
            for set in [one, other] {
                let squared = squared_distances(&set, SIZE[0], mm);
                for (at, squared) in squared.iter().enumerate() {
                    let place = |at: usize| [(at % SIZE[0]) as f64 * mm[0], (at / SIZE[0]) as f64 * mm[1]];
                    let to = |other: usize| {
                        (place(at)[0] - place(other)[0]).powi(2) + (place(at)[1] - place(other)[1]).powi(2)
                    };
                    let nearest = (0..set.len()).filter(|other| set[*other]).map(to).fold(f64::INFINITY, f64::min);
                    assert!((squared - nearest).abs() < 1e-9, "{at}: {squared}, not {nearest}");
                }
            }
        }
    }

    #[test]
    fn empty_masks_lie_nowhere() {
        let (empty, some) = (mask(|_, _| false), mask(|x, _| x == 3));
        let together = Outlines::Apart(Surface { hd95: 0.0, assd: 0.0 });
        assert_eq!(outlines(&empty, &empty, SIZE[0], [1.0, 1.0]), together);
        assert_eq!(outlines(&some, &some, SIZE[0], [1.0, 1.0]), together);
        assert_eq!(outlines(&empty, &some, SIZE[0], [1.0, 1.0]), Outlines::OneSided);
        assert_eq!(outlines(&some, &empty, SIZE[0], [1.0, 1.0]), Outlines::OneSided);
        assert_eq!(outlines(&[], &[], 0, [1.0, 1.0]), together);
    }
}
