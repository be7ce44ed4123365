//! The methods for masks against crowd-kit and SimpleITK.

use super::{FRAME, all, mask_of, method, table};
use crate::crowd::drawn::{Consensus, Content, Drawing, Drawings, Drawn, Frame, Mask, Method, Skill};

const SMALL: Frame = Frame { width: 24, height: 20, mm_per_pixel: None };

/// The masks of the reference recipe: `disc != (h >> 24) % (12 + 4 * v) == 0` with
/// `h = (v * 7919 + y * 131 + x * 31 + 17) * 2654435761 % 2**32` and
/// `disc = (x - 11 - v % 3)**2 + (y - 9 + v % 2)**2 <= (5 + v % 3)**2`; the sixth annotator drew nothing.
fn reference_mask(viewer: u32) -> Mask {
    let pixel = |index: u32| {
        let (x, y) = (index % 24, index / 24);
        let hash = (viewer * 7919 + y * 131 + x * 31 + 17).wrapping_mul(2_654_435_761);
        let (dx, dy) = (i64::from(x) - 11 - i64::from(viewer % 3), i64::from(y) - 9 + i64::from(viewer % 2));
        let disc = dx * dx + dy * dy <= i64::from(5 + viewer % 3).pow(2);
        viewer < 5 && disc != (hash >> 24).is_multiple_of(12 + 4 * viewer)
    };
    Mask::from_pixels(24, 20, &(0..480).map(pixel).collect::<Vec<_>>()).unwrap()
}

fn fitted(method: &Method, viewers: u32) -> Consensus {
    let rows: Vec<_> =
        (0..viewers).map(|v| Drawing { frame: 0, annotator: Some(v), content: Content::Mask(v) }).collect();
    let masks = |number| Ok(reference_mask(number));
    let drawings = Drawings { masks: &masks, ..table(&rows, &[SMALL], viewers as usize) };
    all(method, &drawings).unwrap().0.remove(0)
}

/// Area, the sum of the mask under the weights `arange(480) % 97 + 1`, that of the probabilities, and their squares' sum.
fn figures(consensus: &Consensus) -> (u64, f64, f64, f64) {
    let found = mask_of(consensus);
    let weight = |index: usize| (index % 97 + 1) as f64;
    let inside: f64 = found.mask.pixels().enumerate().filter(|(_, set)| *set).map(|(index, _)| weight(index)).sum();
    let weighted = found.probability.iter().enumerate().map(|(index, p)| weight(index) * p).sum();
    (found.mask.area(), inside, weighted, found.probability.iter().map(|p| p * p).sum())
}

fn agree(text: &str, viewers: u32, (area, inside, weighted, squares): (u64, f64, f64, f64), iterations: u32) {
    let consensus = fitted(&method(text), viewers);
    let found = figures(&consensus);
    assert_eq!((found.0, found.1), (area, inside), "{text} of {viewers}");
    // 480 probabilities under weights of up to 97: each within 1e-6 would allow 2e-2; this is far stricter.
    assert!((found.2 - weighted).abs() < 1e-6, "{text} of {viewers}: {} is not {weighted}", found.2);
    assert!(squares.is_nan() || (found.3 - squares).abs() < 1e-6, "{text} of {viewers}: {} is not {squares}", found.3);
    assert_eq!(consensus.fit.unwrap().iterations, iterations, "{text} of {viewers}");
}

/// crowd-kit 1.4.1, `SegmentationEM()` with its `_e_step` recorded.
#[test]
fn em_agrees_with_crowd_kit() {
    agree("method = 'em'", 3, (124, 5910.0, 6077.623543553378, 124.21037926881078), 10);
    agree("method = 'em'", 5, (109, 5003.0, 5022.682404227053, 109.01839217564657), 10);
    agree("method = 'em'", 6, (109, 5003.0, 5002.2052500483915, 108.95144921306498), 10);
}

/// crowd-kit 1.4.1, `SegmentationRASA()` with its `_segmentation_weighted` recorded.
#[test]
fn rasa_agrees_with_crowd_kit() {
    agree("method = 'rasa'", 3, (124, 5910.0, 6882.895234616723, 107.88127200547714), 3);
    agree("method = 'rasa'", 5, (110, 5086.0, 5970.234071160787, 93.92682696385758), 3);
    agree("method = 'rasa'", 6, (109, 5003.0, 5429.738719807603, 77.88454370359091), 3);
}

/// Ten of twenty, whose equal weights add up to a hair less than a half.
#[test]
fn half_of_the_weight_is_inside_whatever_the_rounding() {
    assert!((0..10).fold(0.0, |sum, _| sum + 1.0 / 20.0) < 0.5);
    for viewers in [2, 6, 14, 20, 98] {
        let rows: Vec<_> =
            (0..viewers).map(|v| Drawing { frame: 0, annotator: Some(v), content: Content::Mask(v) }).collect();
        let half = |number: u32| Ok(if number.is_multiple_of(2) { reference_mask(0) } else { Mask::empty(24, 20) });
        let drawings = Drawings { masks: &half, ..table(&rows, &[SMALL], viewers as usize) };
        let found = all(&method("method = 'rasa'"), &drawings).unwrap().0;
        assert_eq!(mask_of(&found[0]).mask, reference_mask(0), "{viewers}");
    }
}

/// SimpleITK 2.5.7, `STAPLEImageFilter()`; its iterations are counted from 0.
#[test]
fn staple_agrees_with_simple_itk() {
    agree("method = 'staple'", 3, (124, 5910.0, 6288.21695482028, f64::NAN), 30);
    agree("method = 'staple'", 5, (110, 5086.0, 5292.201748532716, f64::NAN), 24);
    agree("method = 'staple'", 6, (110, 5086.0, 5178.8942015054345, f64::NAN), 19);
    let sensitivities =
        [0.6931631080458266, 0.88347515757001, 0.9611798079580249, 0.7084061086152726, 0.9551696114306916, 0.0];
    let specificities =
        [0.879754324827809, 0.8997469392232775, 0.8446041738976563, 0.9632518566162291, 0.9569635901686945, 1.0];
    let parts = fitted(&method("method = 'staple'"), 6).parts;
    for ((part, sensitivity), specificity) in parts.iter().zip(sensitivities).zip(specificities) {
        let skill = part.skill.unwrap();
        assert!((skill.sensitivity() - sensitivity).abs() < 1e-6, "{skill:?} {sensitivity}");
        assert!((skill.specificity() - specificity).abs() < 1e-6, "{skill:?} {specificity}");
    }
}

#[test]
fn majority_counts_viewers_and_keeps_to_its_rule_for_ties() {
    // crowd-kit's `SegmentationMajorityVote` takes half for enough.
    for (viewers, expected) in [(3, (124, 5910.0)), (5, (110, 5086.0)), (6, (110, 5086.0))] {
        let found = figures(&fitted(&method("method = 'pixel-majority'"), viewers));
        assert_eq!((found.0, found.1), expected);
    }
    let area = |text: &str| figures(&fitted(&method(text), 2)).0;
    let (a, b) = (reference_mask(0), reference_mask(1));
    let both = a.shared(&b);
    assert_eq!(area("method = 'pixel-majority'"), a.area() + b.area() - both);
    assert_eq!(area("method.pixel-majority = { ties = 'outside' }"), both);
    assert_eq!(area("method.pixel-majority = { threshold = 0.51 }"), both);
    // However low the threshold, a pixel nobody drew on is outside.
    assert_eq!(area("method.pixel-majority = { threshold = 0.0 }"), a.area() + b.area() - both);
}

#[test]
fn nothing_drawn_and_nobody_there_are_two_things() {
    for name in ["pixel-majority", "staple", "em", "rasa"] {
        let method = method(&format!("method = '{name}'"));
        let rows: Vec<_> =
            (0..3).map(|v| Drawing { frame: 1, annotator: Some(v), content: Content::Shapes(&[]) }).collect();
        let (found, summary) = all(&method, &table(&rows, &[FRAME, FRAME], 3)).unwrap();
        assert_eq!((found[0].viewers, found[0].decided), (0, false), "{name}");
        assert!(mask_of(&found[0]).probability.iter().all(|probability| probability.is_nan()), "{name}");
        assert_eq!((found[1].viewers, found[1].decided), (3, true), "{name}");
        assert!(mask_of(&found[1]).mask.is_empty() && found[1].fit.unwrap().converged, "{name}");
        assert!(mask_of(&found[1]).probability.iter().all(|probability| *probability == 0.0), "{name}");
        assert_eq!((summary.counts.unviewed, summary.annotators[2].viewed), (1, 1), "{name}");
    }
}

#[test]
fn skills_add_up_over_frames() {
    let rows: Vec<_> = (0..2)
        .flat_map(|frame| (0..5).map(move |v| Drawing { frame, annotator: Some(v), content: Content::Mask(v) }))
        .collect();
    let masks = |number| Ok(reference_mask(number));
    let drawings = Drawings { masks: &masks, ..table(&rows, &[SMALL, SMALL], 5) };
    let (found, summary) = all(&method("method = 'staple'"), &drawings).unwrap();
    let one: Skill = found[0].parts[3].skill.unwrap();
    let both = summary.annotators[3].skill.unwrap();
    assert_eq!(both.hit, 2.0 * one.hit);
    assert_eq!(both.sensitivity(), one.sensitivity());
    assert_eq!(summary.annotators[3].overlap.own, 2 * reference_mask(3).area());
    assert!(matches!(&found[1].drawn, Drawn::Mask(_)) && found[0] == found[1]);
}
