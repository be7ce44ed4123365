//! The samples of a scan (annex A).

use super::bits::Bits;

/// What the coding of samples depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    largest: i32,
    near: i32,
    thresholds: [i32; 3],
    reset: i32,
    /// Number of values of a quantised error.
    range: i32,
    /// Bits of such a value.
    width: u32,
    limit: u32,
}

impl Parameters {
    /// Those of a scan (annex C.2.4.1.1); `preset` holds 0 for a default. `None` if they are not allowed.
    pub(super) fn new(precision: u8, preset: [u16; 5], near: u8) -> Option<Self> {
        let [largest, t1, t2, t3, reset] = preset.map(i32::from);
        let near = i32::from(near);
        let top = (1 << precision) - 1;
        let largest = if largest == 0 { top } else { largest };
        if largest > top || largest < 1 || near > largest / 2 {
            return None;
        }
        let default = |base: i32, offset: i32, slope: i32| {
            if largest >= 128 {
                (largest.min(4095) + 128) / 256 * (base - offset) + offset + slope * near
            } else {
                offset.max(base / (256 / (largest + 1)) + slope * near)
            }
        };
        let within = |value: i32, least: i32| if value > largest || value < least { least } else { value };
        let chosen = |given: i32, default: i32, least: i32| match given {
            0 => Some(within(default, least)),
            given => Some(given).filter(|given| (least..=largest).contains(given)),
        };
        let t1 = chosen(t1, default(3, 2, 3), near + 1)?;
        let t2 = chosen(t2, default(7, 3, 5), t1)?;
        let t3 = chosen(t3, default(21, 4, 7), t2)?;
        let reset = if reset == 0 { 64 } else { reset };
        let range = (largest + 2 * near) / (2 * near + 1) + 1;
        let bits = |values: i32| i32::BITS - (values - 1).leading_zeros();
        let depth = bits(largest + 1).max(2);
        let limit = 2 * (depth + depth.max(8));
        (reset >= 3).then_some(Self {
            largest,
            near,
            thresholds: [t1, t2, t3],
            reset,
            range,
            width: bits(range),
            limit,
        })
    }

    /// The sample of a prediction and an error (annex A.4.5 and A.5.2).
    fn sample(&self, prediction: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let mut sample = prediction + error * step;
        if sample < -self.near {
            sample += self.range * step;
        } else if sample > self.largest + self.near {
            sample -= self.range * step;
        }
        sample.clamp(0, self.largest)
    }

    /// The number of a gradient's interval, -4 to 4 (annex A.3.3).
    fn interval(&self, gradient: i32) -> i32 {
        let size = gradient.abs();
        let number = if size <= self.near {
            0
        } else {
            1 + self.thresholds.iter().filter(|threshold| size >= **threshold).count() as i32
        };
        number * gradient.signum()
    }
}

/// What is remembered of the samples of one context (annex A.2.1).
#[derive(Debug, Clone, Copy)]
struct Context {
    /// Sum of the errors' sizes.
    sizes: i64,
    /// Sum of the errors, bounded.
    bias: i32,
    correction: i32,
    count: i32,
}

/// The orders of run lengths (annex A.2.1).
const ORDERS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// The lines of one component, with a sample before the first and one after the last.
struct Lines {
    above: Vec<i32>,
    here: Vec<i32>,
    run: usize,
}

/// A scan that is being decoded.
pub(super) struct Scan<'a> {
    parameters: Parameters,
    bits: Bits<'a>,
    width: usize,
    contexts: Vec<Context>,
    /// The two of interrupted runs; `bias` counts negative errors.
    interrupted: [Context; 2],
    lines: Vec<Lines>,
}

/// The samples around the next one: left, above, above left, above right.
type Around = [i32; 4];

impl<'a> Scan<'a> {
    pub(super) fn new(parameters: Parameters, bits: Bits<'a>, width: usize, components: usize) -> Self {
        let sizes = ((parameters.range + 32) / 64).max(2);
        let context = Context { sizes: i64::from(sizes), bias: 0, correction: 0, count: 1 };
        let lines = || Lines { above: vec![0; width + 2], here: vec![0; width + 2], run: 0 };
        Self {
            parameters,
            bits,
            width,
            // Nine intervals of three gradients, of which the first that is not 0 is positive.
            contexts: vec![context; 365],
            interrupted: [context; 2],
            lines: (0..components).map(|_| lines()).collect(),
        }
    }

    /// Decodes the next line of one component. `None` where the data are damaged, here and below.
    pub(super) fn line(&mut self, component: usize) -> Option<()> {
        self.edges(component);
        let mut x = 1;
        while x <= self.width {
            let around = self.around(component, x);
            if self.flat(around) {
                x += self.run(x, component..component + 1)?;
                if x > self.width {
                    break;
                }
                let [left, above, ..] = self.around(component, x);
                let kind = usize::from((left - above).abs() <= self.parameters.near);
                self.lines[component].here[x] = self.interruption(component, left, above, kind)?;
                self.shorten(component);
            } else {
                self.lines[component].here[x] = self.regular(around)?;
            }
            x += 1;
        }
        Some(())
    }

    /// Decodes the next line of all components, which alternate.
    pub(super) fn pixels(&mut self) -> Option<()> {
        let all = 0..self.lines.len();
        all.clone().for_each(|component| self.edges(component));
        let mut x = 1;
        while x <= self.width {
            if all.clone().all(|component| self.flat(self.around(component, x))) {
                x += self.run(x, all.clone())?;
                if x > self.width {
                    break;
                }
                for component in all.clone() {
                    let [left, above, ..] = self.around(component, x);
                    self.lines[component].here[x] = self.interruption(0, left, above, 0)?;
                }
                self.shorten(0);
            } else {
                for component in all.clone() {
                    self.lines[component].here[x] = self.regular(self.around(component, x))?;
                }
            }
            x += 1;
        }
        Some(())
    }

    /// Copies the line decoded last and makes room for the next.
    pub(super) fn finish_line(&mut self, component: usize, row: &mut [u16]) {
        let Lines { above, here, .. } = &mut self.lines[component];
        row.iter_mut().zip(&here[1..]).for_each(|(to, from)| *to = *from as u16);
        std::mem::swap(above, here);
    }

    /// Where the marker after the scan begins.
    pub(super) fn end(&self) -> usize {
        self.bits.end()
    }

    /// Samples outside the picture (annex A.2.1).
    fn edges(&mut self, component: usize) {
        let Lines { above, here, .. } = &mut self.lines[component];
        here[0] = above[1];
        above[self.width + 1] = above[self.width];
    }

    fn around(&self, component: usize, x: usize) -> Around {
        let Lines { above, here, .. } = &self.lines[component];
        [here[x - 1], above[x], above[x - 1], above[x + 1]]
    }

    fn flat(&self, [left, above, above_left, above_right]: Around) -> bool {
        [above_right - above, above - above_left, above_left - left]
            .iter()
            .all(|gradient| gradient.abs() <= self.parameters.near)
    }

    /// A sample in a context (annex A.4 to A.6).
    fn regular(&mut self, [left, above, above_left, above_right]: Around) -> Option<i32> {
        let Parameters { near, reset, largest, limit, .. } = self.parameters;
        let gradients = [above_right - above, above - above_left, above_left - left];
        let [q1, q2, q3] = gradients.map(|gradient| self.parameters.interval(gradient));
        let number = 81 * q1 + 9 * q2 + q3;
        let sign = if number < 0 { -1 } else { 1 };
        let at = number.unsigned_abs() as usize;
        let mut context = self.contexts[at];
        let edge = if above_left >= left.max(above) {
            left.min(above)
        } else if above_left <= left.min(above) {
            left.max(above)
        } else {
            left + above - above_left
        };
        let prediction = (edge + sign * context.correction).clamp(0, largest);
        let order = order(context.sizes, context.count)?;
        let mapped = self.golomb(order, limit)?;
        let flipped = near == 0 && order == 0 && 2 * context.bias <= -context.count;
        // Even for one sign, odd for the other.
        let error = match (mapped % 2 == 0, flipped) {
            (true, false) => mapped / 2,
            (false, false) => -(mapped / 2) - 1,
            (true, true) => -(mapped / 2) - 1,
            (false, true) => mapped / 2,
        };
        context.bias += error * (2 * near + 1);
        context.sizes += i64::from(error.abs());
        if context.count == reset {
            context.sizes >>= 1;
            // Rounds down, as the standard has it.
            context.bias >>= 1;
            context.count >>= 1;
        }
        context.count += 1;
        if context.bias <= -context.count {
            context.bias = (context.bias + context.count).max(1 - context.count);
            context.correction = (context.correction - 1).max(-128);
        } else if context.bias > 0 {
            context.bias = (context.bias - context.count).min(0);
            context.correction = (context.correction + 1).min(127);
        }
        self.contexts[at] = context;
        Some(self.parameters.sample(prediction, sign * error))
    }

    /// Repeats the samples to the left and tells how many of each component (annex A.7.1). The first one's memory of
    /// runs counts.
    fn run(&mut self, x: usize, components: std::ops::Range<usize>) -> Option<usize> {
        let left = self.width + 1 - x;
        let mut length = 0;
        let mut run = self.lines[components.start].run;
        while length < left {
            let step = 1 << ORDERS[run];
            if self.bits.take(1)? == 0 {
                length += self.bits.take(ORDERS[run])? as usize;
                // A sample that ends the run must follow.
                (length < left).then_some(())?;
                break;
            }
            length += step;
            if length <= left {
                run = (run + 1).min(31);
            }
        }
        let length = length.min(left);
        self.lines[components.start].run = run;
        for component in components {
            let here = &mut self.lines[component].here;
            let value = here[x - 1];
            here[x..x + length].fill(value);
        }
        Some(length)
    }

    /// After an interrupted run.
    fn shorten(&mut self, component: usize) {
        let run = &mut self.lines[component].run;
        *run = run.saturating_sub(1);
    }

    /// The sample that ends a run (annex A.7.2), of `kind` 1 where its neighbours are alike; `counted` is the component
    /// whose memory of runs counts.
    fn interruption(&mut self, counted: usize, left: i32, above: i32, kind: usize) -> Option<i32> {
        let mut context = self.interrupted[kind];
        let alike = kind as i32;
        let sizes = context.sizes + i64::from(if kind == 1 { context.count >> 1 } else { 0 });
        let order = order(sizes, context.count)?;
        let mapped = self.golomb(order, self.parameters.limit - ORDERS[self.lines[counted].run] - 1)?;
        let sum = mapped + alike;
        let size = (sum + 1) / 2;
        let likely_negative = order == 0 && 2 * context.bias < context.count;
        let error = if (sum % 2 == 1) == likely_negative { size } else { -size };
        context.bias += i32::from(error < 0);
        context.sizes += i64::from((mapped + 1 - alike) >> 1);
        if context.count == self.parameters.reset {
            context.sizes >>= 1;
            context.bias >>= 1;
            context.count >>= 1;
        }
        context.count += 1;
        self.interrupted[kind] = context;
        let (prediction, sign) = match kind {
            1 => (left, 1),
            _ => (above, if left > above { -1 } else { 1 }),
        };
        Some(self.parameters.sample(prediction, sign * error))
    }

    /// A number in the Golomb code of limited length (annex A.5.3).
    fn golomb(&mut self, order: u32, limit: u32) -> Option<i32> {
        let most = limit - self.parameters.width - 1;
        let zeros = self.bits.zeros(most)?;
        let value = if zeros < most {
            (zeros << order) + self.bits.take(order)?
        } else {
            self.bits.take(self.parameters.width)? + 1
        };
        // Errors lie within the range, which also bounds all sums.
        i32::try_from(value).ok().filter(|value| *value <= 2 * self.parameters.range)
    }
}

/// The order of the code for a mean error of `sizes` / `count` (annex A.5.1).
fn order(sizes: i64, count: i32) -> Option<u32> {
    (0..=16).find(|order| i64::from(count) << order >= sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends the bits of `text`, with a 0 after each byte of ones.
    fn write(bits: &mut Vec<bool>, filled: &mut (u32, u8), text: &str) {
        for bit in text.bytes().map(|digit| digit == b'1') {
            bits.push(bit);
            *filled = (filled.0 + 1, filled.1 << 1 | u8::from(bit));
            if filled.0 == 8 {
                let ones = filled.1 == 0xff;
                *filled = (u32::from(ones), 0);
                bits.extend(ones.then_some(false));
            }
        }
    }

    /// Damaged data may name errors of twice the range of samples; with the largest interval between two halvings their
    /// sum passes 31 bits.
    #[test]
    fn sums_of_the_largest_errors_do_not_overflow() {
        let parameters = Parameters::new(16, [0, 0, 0, 0, u16::MAX], 0).unwrap();
        let (mut bits, mut filled) = (Vec::new(), (0, 0));
        let (mut sizes, samples) = (1024_i64, 40_000);
        for count in 1..=samples {
            let order = order(sizes, count).unwrap();
            if order < 13 {
                // The escape: 47 zeros, then the number less 1 in 16 bits.
                write(&mut bits, &mut filled, &format!("{:047}1{:016b}", 0, 65_535));
                sizes += 32_768;
            } else {
                let (number, width) = (131_070, order as usize);
                let (zeros, low) = ((number >> order) as usize, number & ((1 << order) - 1));
                write(&mut bits, &mut filled, &format!("{:0zeros$}1{low:0width$b}", "",));
                sizes += 65_535;
            }
        }
        let data: Vec<u8> =
            bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect();
        let mut scan = Scan::new(parameters, Bits::new(&data), 1, 1);
        for _ in 1..samples {
            scan.regular([0, 0, 40_000, 0]).unwrap();
        }
        let largest = scan.contexts.iter().map(|context| context.sizes).max().unwrap();
        assert!(largest > i64::from(i32::MAX), "{largest}");
    }
}
