//! `exp`, `tanh` and the logistic function in f32 from additions and multiplications alone, so that they give the same
//! bits wherever IEEE 754 holds; measured errors stand in the tests.

/// `exp(x)`, relative error below 1.5e-7; 0 below −87.3 (no subnormal results), infinite above 88.7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// ln 2 in two parts; products of the first with small integers are exact.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    /// Adding and subtracting 1.5 · 2²³ rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x < -87.3 { -87.3 } else { x };
    let clamped = if clamped > 88.72 { 88.72 } else { clamped };
    let power = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (clamped - power * HIGH) - power * LOW;
    // Minimax polynomial of Cephes' expf on |r| ≤ ln 2 / 2.
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * (r * r) + r + 1.0;
    // Two factors, because 2^128 is not a number of its own.
    let half = f32::from_bits(((power as i32 / 2 + 127) as u32) << 23);
    let rest = f32::from_bits(((power as i32 - power as i32 / 2 + 127) as u32) << 23);
    let value = y * half * rest;
    let value = if x < -87.3 { 0.0 } else { value };
    if x > 88.72 { f32::INFINITY } else { value }
}

/// `1 / (1 + exp(−x))`, relative error below 3e-7 for x > −87.
#[inline(always)]
pub(super) fn logistic(x: f32) -> f32 {
    let e = exp(-x.abs());
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// `tanh(x)`, relative error below 3e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let z = x * x;
    // Minimax polynomial of Cephes' tanhf on |x| ≤ 0.625.
    let mut p = -5.704_988_7e-3;
    p = p * z + 2.063_909e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 3.333_328e-1;
    let small = p * z * x + x;
    let e = exp(-2.0 * size);
    let large = ((1.0 - e) / (1.0 + e)).copysign(x);
    // Written so that a NaN stays one.
    if size > 0.625 { large } else { small }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest relative error against f64 over a fine grid.
    fn worst(f: impl Fn(f32) -> f32, reference: impl Fn(f64) -> f64, low: f32, high: f32) -> f64 {
        let steps = 400_000;
        (0..=steps)
            .map(|step| low + (high - low) * (step as f32 / steps as f32))
            .map(|x| {
                let expected = reference(f64::from(x));
                if expected == 0.0 { 0.0 } else { ((f64::from(f(x)) - expected) / expected).abs() }
            })
            .fold(0.0, f64::max)
    }

    #[test]
    fn errors_are_below_the_documented_bounds() {
        let error = worst(exp, libm::exp, -87.0, 88.6);
        assert!(error < 1.5e-7, "exp {error:e}");
        for (low, high) in [(-1.0, 1.0), (-20.0, 20.0), (-0.01, 0.01)] {
            let error = worst(tanh, libm::tanh, low, high);
            assert!(error < 3e-7, "tanh {error:e}");
        }
        let error = worst(logistic, |x| 1.0 / (1.0 + libm::exp(-x)), -87.0, 87.0);
        assert!(error < 3e-7, "logistic {error:e}");
    }

    #[test]
    fn ends_and_nan() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1000.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(1000.0), f32::INFINITY);
        assert_eq!(tanh(50.0), 1.0);
        assert_eq!(tanh(-50.0), -1.0);
        assert_eq!(logistic(-1000.0), 0.0);
        assert_eq!(logistic(1000.0), 1.0);
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && logistic(f32::NAN).is_nan());
    }
}
