//! Kernels alone, against sums written out, on every level there is; buffers are as long as they must be and no longer, so
//! that whoever watches memory sees a step too far.

use super::*;
use crate::model::lanes::Level;

/// Numbers without any system.
fn waves(len: usize, part: usize) -> Vec<f32> {
    (0..len).map(|at| libm::sin(0.37 * (at * at) as f64 + 1.7 * at as f64 + part as f64) as f32).collect()
}

/// A convolution and what it reads.
struct Case {
    plane: Plane,
    cin: usize,
    cout: usize,
    is_grey: bool,
}

/// Kernels of every side and stride, planes narrower and wider than every tile, channels in one block and in more.
fn cases() -> Vec<Case> {
    // Interpreted, a case takes seconds.
    let (planes, channels): (&[[usize; 2]], &[[usize; 2]]) = if cfg!(miri) {
        (&[[1, 5]], &[[1, 17], [3, 2]])
    } else {
        (&[[1, 1], [4, 15], [5, 6]], &[[1, 33], [3, 16], [21, 5]])
    };
    let mut cases = Vec::new();
    for side in SIDES {
        for step in [1, 2] {
            for &[height, width] in planes {
                for &[cin, cout] in channels {
                    let plane = Plane { step, ..Plane::new(height, width, side) };
                    cases.push(Case { plane, cin, cout, is_grey: false });
                    if cin == 1 {
                        cases.push(Case { plane, cin, cout, is_grey: true });
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn name(&self) -> String {
        let Case { plane, cin, cout, is_grey } = self;
        format!("{plane:?}, {cin} to {cout}, grey {is_grey}")
    }

    /// `[in][y][x]`.
    fn input(&self) -> Vec<f32> {
        waves(self.cin * self.plane.area(), 1)
    }

    /// `[out][in][y][x]`.
    fn weights(&self) -> Vec<f32> {
        waves(self.cout * self.cin * self.plane.taps(), 2)
    }

    /// The gradient of what is put out, `[out][y][x]`.
    fn told(&self) -> Vec<f32> {
        waves(self.cout * self.plane.put().area(), 3)
    }

    /// Calls `each` with every pair of numbers that are multiplied: where the output stands, the weight, the input.
    fn pairs(&self, mut each: impl FnMut(usize, usize, usize)) {
        let (plane, put, side) = (self.plane, self.plane.put(), self.plane.side());
        for out in 0..self.cout * put.area() {
            let (channel, y, x) = (out / put.area(), out / put.width % put.height, out % put.width);
            for weight in 0..self.cin * plane.taps() {
                let (from, ky, kx) = (weight / plane.taps(), weight % plane.taps() / side, weight % side);
                let (y, x) = (y * plane.step + ky, x * plane.step + kx);
                let (y, x) = (y.checked_sub(plane.halo), x.checked_sub(plane.halo));
                if let (Some(y), Some(x)) = (y.filter(|y| *y < plane.height), x.filter(|x| *x < plane.width)) {
                    let input = from * plane.area() + y * plane.width + x;
                    each(out, channel * self.cin * plane.taps() + weight, input);
                }
            }
        }
    }

    /// `[c][y][x]` as blocks with halo, a pixel `step` from the one before.
    fn haloed(&self, values: &[f32], channels: usize, step: usize) -> Vec<Pixel> {
        let plane = self.plane;
        let (height, width) = (plane.height.div_ceil(step), plane.width.div_ceil(step));
        let mut out = vec![Pixel::ZERO; blocks(channels) * plane.haloed()];
        for (at, value) in values.iter().enumerate() {
            let (channel, y, x) = (at / (height * width), at / width % height, at % width);
            let pixel = (y * step + plane.halo) * plane.stride() + x * step + plane.halo;
            out[channel / 16 * plane.haloed() + pixel].0[channel % 16] = *value;
        }
        out
    }

    /// What is read: as blocks, and as one plane of grey values where it is one.
    fn buffers(&self) -> (Vec<Pixel>, Vec<f32>) {
        let blocked = self.haloed(&self.input(), self.cin, 1);
        let grey = blocked.iter().map(|pixel| pixel.0[0]).collect();
        (blocked, if self.is_grey { grey } else { Vec::new() })
    }
}

fn assert_near(found: f32, expected: f64, what: &str) {
    assert!((f64::from(found) - expected).abs() < 2e-5 * expected.abs().max(1.0), "{what}: {found} {expected}");
}

#[test]
fn convolutions_of_every_side_and_stride_are_the_sums_they_should_be() {
    for case in cases() {
        let (input, weights, put) = (case.input(), case.weights(), case.plane.put());
        let mut expected = vec![0.0f64; case.cout * put.area()];
        case.pairs(|out, weight, at| expected[out] += f64::from(weights[weight]) * f64::from(input[at]));
        let mut packed = Vec::new();
        pack(&weights, case.cin * case.plane.taps(), &mut packed);
        let (blocked, grey) = case.buffers();
        for level in Level::available() {
            let input = if case.is_grey { Input::Grey(&grey) } else { Input::Blocked(&blocked) };
            let mut output = vec![Pixel::ZERO; blocks(case.cout) * put.area()];
            let (plane, cin) = (case.plane, case.cin);
            level.run(Convolve { input, cin, plane, weights: &packed, output: &mut output });
            for (at, expected) in expected.iter().enumerate() {
                let (channel, pixel) = (at / put.area(), at % put.area());
                let found = output[channel / 16 * put.area() + pixel].0[channel % 16];
                assert_near(found, *expected, &format!("{} {level:?} {at}", case.name()));
            }
        }
    }
}

#[test]
fn gradients_of_weights_and_inputs_are_the_sums_they_should_be() {
    for case in cases() {
        let (input, weights, told) = (case.input(), case.weights(), case.told());
        let (mut of_weights, mut of_input) = (vec![0.0f64; weights.len()], vec![0.0f64; input.len()]);
        case.pairs(|out, weight, at| {
            of_weights[weight] += f64::from(told[out]) * f64::from(input[at]);
            of_input[at] += f64::from(told[out]) * f64::from(weights[weight]);
        });
        let (plane, span) = (case.plane, case.cin * case.plane.taps());
        let (blocked, grey) = case.buffers();
        let output = case.haloed(&told, case.cout, plane.step);
        let mut turned = Vec::new();
        pack_turned(&weights, span, plane.taps(), &mut turned);
        for level in Level::available() {
            let name = format!("{} {level:?}", case.name());
            let read = if case.is_grey { Input::Grey(&grey) } else { Input::Blocked(&blocked) };
            let mut gradient = vec![Pixel::ZERO; blocks(case.cout) * span];
            level.run(WeightGradient { input: read, cin: case.cin, plane, output: &output, gradient: &mut gradient });
            let mut found = vec![0.0; weights.len()];
            unpack_into(&gradient, span, &mut found);
            found.iter().zip(&of_weights).for_each(|(found, expected)| assert_near(*found, *expected, &name));

            let mut back = vec![Pixel::ZERO; blocks(case.cin) * plane.area()];
            let (input, plane) = (Input::Blocked(&output), Plane { step: 1, ..plane });
            level.run(Convolve { input, cin: case.cout, plane, weights: &turned, output: &mut back });
            for (at, expected) in of_input.iter().enumerate() {
                let (channel, pixel) = (at / plane.area(), at % plane.area());
                assert_near(back[channel / 16 * plane.area() + pixel].0[channel % 16], *expected, &name);
            }
        }
    }
}
