//! Against finite differences, and figures of PyTorch 2.15 and MONAI 1.6.

use super::*;

fn wave(index: usize) -> f32 {
    libm::sin(1.3 * index as f64 + 0.2 * (index * index) as f64) as f32
}

fn classes() -> (Vec<f32>, Targets) {
    let logits = (0..12).map(|index| 2.0 * wave(index)).collect();
    let values = vec![0.0, 1.0, 0.0, 0.2, 0.3, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let weights = vec![1.0, 2.0, 0.5, 1.0];
    (logits, Targets { meaning: Meaning::Classes, values, weights, class_weights: vec![0.5, 1.0, 3.0] })
}

fn pixels() -> (Vec<f32>, Targets) {
    let logits = (0..24).map(|index| 3.0 * wave(index)).collect();
    let values = (0..24).map(|index| if index % 3 == 0 { 1.0 } else { 0.25 * (index % 2) as f32 }).collect();
    (logits, Targets { meaning: Meaning::Pixels(8), values, weights: vec![1.0, 2.0, 0.5], class_weights: vec![4.0] })
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let of_classes =
        [Loss { cross_entropy: 1.0, ..Loss::default() }, Loss { focal: 2.0, gamma: 1.5, ..Loss::default() }];
    let of_pixels = [
        Loss { bce: 1.0, ..Loss::default() },
        Loss { dice: 3.0, ..Loss::default() },
        Loss { bce: 0.5, dice: 0.5, focal: 1.0, ..Loss::default() },
    ];
    let cases = of_classes.map(|loss| (loss, classes())).into_iter().chain(of_pixels.map(|loss| (loss, pixels())));
    for (loss, (logits, targets)) in cases {
        let (_, gradient) = loss.measure(&logits, &targets);
        for index in 0..logits.len() {
            let moved = |by: f32| {
                let mut logits = logits.clone();
                logits[index] += by;
                (f64::from(logits[index]), loss.measure(&logits, &targets).0)
            };
            let ((low, below), (high, above)) = (moved(-1e-3), moved(1e-3));
            let slope = (above - below) / (high - low);
            assert!(
                (slope - gradient[index]).abs() < 1e-6 * slope.abs().max(1.0),
                "{loss:?} {slope} {}",
                gradient[index]
            );
        }
    }
}

/// In Python, with `w = lambda n, s: torch.tensor([s * sin(1.3*i + .2*i*i) for i in range(n)], dtype=float64)`:
/// `x = w(12, 2).view(4, 3)`, `t`, `u` (weights) and `c` (class weights) as in [`classes`]:
/// `F.cross_entropy(x, t)`; `(u[:, None] * c * t * -x.log_softmax(1)).sum() / 4`; `p = x.softmax(1)`,
/// `((1 - p)**2 * t * -p.log()).sum() / 4`; and with `x = w(24, 3).view(3, 1, 8)` and `t` as in [`pixels`]:
/// `F.binary_cross_entropy_with_logits(x, t)`, the same with `pos_weight=4`, `monai.losses.DiceLoss(sigmoid=True)(x, t)`.
#[test]
fn values_are_those_of_pytorch_and_monai() {
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 2e-7, "{found} {expected}");
    let (logits, weighted) = classes();
    let plain = Targets { weights: vec![1.0; 4], class_weights: vec![1.0; 3], ..weighted.clone() };
    let entropy = Loss { cross_entropy: 1.0, ..Loss::default() };
    close(entropy.measure(&logits, &plain).0, 1.0127419818);
    close(entropy.measure(&logits, &weighted).0, 3.7709243757);
    close(Loss { focal: 1.0, ..Loss::default() }.measure(&logits, &plain).0, 0.6954734636);
    let (logits, weighted) = pixels();
    let plain = Targets { weights: vec![1.0; 3], class_weights: vec![1.0], ..weighted };
    let bce = Loss { bce: 1.0, ..Loss::default() };
    close(bce.measure(&logits, &plain).0, 0.9675134107);
    close(bce.measure(&logits, &Targets { class_weights: vec![4.0], ..plain.clone() }).0, 1.7152307201);
    close(Loss { dice: 1.0, ..Loss::default() }.measure(&logits, &plain).0, 0.4520471700);
}

#[test]
fn extreme_logits_stay_finite_and_nan_is_seen() {
    let targets = Targets { weights: vec![1.0], values: vec![1.0, 0.0], ..classes().1 };
    let targets = Targets { class_weights: vec![1.0; 2], ..targets };
    let loss = Loss { cross_entropy: 1.0, focal: 1.0, ..Loss::default() };
    let (value, gradient) = loss.measure(&[1e4, -1e4], &targets);
    assert_eq!((value, gradient), (0.0, vec![0.0, 0.0]));
    let (value, gradient) = loss.measure(&[-1e4, 1e4], &targets);
    assert!(value == 4e4 && gradient.iter().all(|slope| slope.is_finite()), "{value} {gradient:?}");
    assert!(loss.measure(&[f32::NAN, 0.0], &targets).0.is_nan());
    let frame = Targets { meaning: Meaning::Pixels(2), class_weights: vec![1.0], ..targets };
    let loss = Loss { bce: 1.0, dice: 1.0, focal: 1.0, ..Loss::default() };
    let (value, gradient) = loss.measure(&[-1e4, 1e4], &frame);
    assert!(value.is_finite() && gradient.iter().all(|slope| slope.is_finite()));
    assert!(loss.measure(&[f32::NAN, 0.0], &frame).0.is_nan());
}

#[test]
fn terms_that_fit_nothing_are_named() {
    let error = |loss: Loss, of_pixels| loss.check(of_pixels).unwrap_err().to_string();
    assert!(error(Loss { dice: 1.0, ..Loss::default() }, false).contains("clips take `cross_entropy` and `focal`"));
    assert!(error(Loss { cross_entropy: 1.0, ..Loss::default() }, true).contains("frames take `bce`"));
    assert!(error(Loss { gamma: f64::NAN, ..Loss::default() }, true).contains("loss.gamma = NaN"));
    assert_eq!(Loss::default().or_usual(true), Loss { bce: 1.0, dice: 1.0, ..Loss::default() });
}
