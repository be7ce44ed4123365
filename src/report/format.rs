//! How numbers are written, in one place.
//!
//! A minus is U+2212, thousands are parted by commas, a number without a value is an en dash. Values and the ends of
//! their interval share their decimals.

/// What stands for a number without a value.
pub const UNDEFINED: &str = "–";

const NO_BREAK_SPACE: char = '\u{a0}';
const MOST_DECIMALS: usize = 9;

/// `value` with `decimals` decimals; never a negative zero.
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return UNDEFINED.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { "−∞".to_owned() };
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let negative = value < 0.0 && digits.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let mut text = String::new();
    if negative {
        text.push('−');
    }
    text.push_str(&grouped(whole));
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// As [`fixed`], with a plus before what is above zero as written.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let nonzero = text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if value > 0.0 && (nonzero || value.is_infinite()) { format!("+{text}") } else { text }
}

/// A count, such as `4,030`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A count that may be a mean of counts: `12`, or `12.3`.
pub fn quantity(value: f64) -> String {
    if value.is_finite() && value.fract() == 0.0 { fixed(value, 0) } else { fixed(value, 1) }
}

/// A count with its noun: `1 patient`, `41 patients`.
pub fn counted(value: u64, noun: &str) -> String {
    format!("{}{NO_BREAK_SPACE}{noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Patients where known, and clips: `41 patients, 228 clips`.
pub fn cohort(patients: Option<u64>, clips: u64) -> String {
    match patients {
        Some(patients) => format!("{}, {}", counted(patients, "patient"), counted(clips, "clip")),
        None => counted(clips, "clip"),
    }
}

/// Clips that left, and patients who left with their last clip: `4 clips, 1 patient`; `2 clips, no patient`.
pub fn lost(patients: Option<u64>, clips: u64) -> String {
    match patients {
        Some(0) => format!("{}, no patient", counted(clips, "clip")),
        Some(patients) => format!("{}, {}", counted(clips, "clip"), counted(patients, "patient")),
        None => counted(clips, "clip"),
    }
}

/// A count and its share of `whole`: `123 (45.6 %)`; without a share where `whole` is 0.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return count(part);
    }
    format!("{} ({})", count(part), percent(part as f64 / whole as f64))
}

/// A fraction in per cent with one decimal: `45.6 %`.
pub fn percent(fraction: f64) -> String {
    format!("{}{NO_BREAK_SPACE}%", fixed(100.0 * fraction, 1))
}

/// A level in per cent, with a decimal only where it has one: `95 %`, `97.5 %`.
pub fn level(fraction: f64) -> String {
    let text = fixed(100.0 * fraction, 2);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{NO_BREAK_SPACE}%")
}

/// The number of decimals for values that stand together: three below 10, fewer for large ones, and two significant
/// digits where all are small.
pub fn decimals(values: &[f64]) -> usize {
    let largest = values.iter().copied().filter(|value| value.is_finite()).map(f64::abs).fold(0.0, f64::max);
    if largest >= 1000.0 {
        return 0;
    }
    if largest >= 100.0 {
        return 1;
    }
    if largest >= 10.0 {
        return 2;
    }
    let mut decimals = 3;
    let mut smallest_shown = 0.01;
    while largest > 0.0 && largest < smallest_shown && decimals < MOST_DECIMALS {
        smallest_shown /= 10.0;
        decimals += 1;
    }
    decimals
}

/// At least `decimals`, and as many as make every one of `values` look different from `other` where it is different:
/// a bound of −0.0497 is not written like a margin of −0.05.
pub fn decimals_apart(decimals: usize, values: &[f64], other: f64) -> usize {
    (decimals..=MOST_DECIMALS)
        .find(|&decimals| {
            values
                .iter()
                .all(|&value| value.is_nan() || value == other || fixed(value, decimals) != fixed(other, decimals))
        })
        .unwrap_or(MOST_DECIMALS)
}

/// A value with its interval: `0.873 [0.812, 0.921]`.
pub fn interval(value: f64, low: f64, high: f64) -> String {
    let decimals = decimals(&[value, low, high]);
    interval_with(value, low, high, decimals)
}

/// As [`interval`], with the decimals given.
pub fn interval_with(value: f64, low: f64, high: f64, decimals: usize) -> String {
    bracketed(fixed(value, decimals), &fixed(low, decimals), &fixed(high, decimals))
}

/// A difference with its interval, signed: `−0.012 [−0.041, +0.018]`.
pub fn difference(value: f64, low: f64, high: f64) -> String {
    difference_with(value, low, high, decimals(&[value, low, high]))
}

/// As [`difference`], with the decimals given.
pub fn difference_with(value: f64, low: f64, high: f64, decimals: usize) -> String {
    bracketed(signed(value, decimals), &signed(low, decimals), &signed(high, decimals))
}

/// A p-value, to three decimals; what is below `< 0.001` says no more than that.
pub fn p(value: f64) -> String {
    if value < 0.001 { format!("<{NO_BREAK_SPACE}0.001") } else { fixed(value, 3) }
}

/// A number as other programs read it: the shortest text that gives it back; empty where it has no value.
pub fn raw(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

/// A digest as people tell one from another: its first twelve digits.
pub fn digest(whole: &str) -> String {
    whole.chars().take(12).collect()
}

fn bracketed(value: String, low: &str, high: &str) -> String {
    if value == UNDEFINED {
        return value;
    }
    format!("{value} [{low},{NO_BREAK_SPACE}{high}]")
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_true_and_zero_has_none() {
        assert_eq!(fixed(-0.0124, 3), "−0.012");
        assert_eq!(fixed(-0.0004, 3), "0.000");
        assert_eq!(signed(0.0124, 3), "+0.012");
        assert_eq!(signed(0.0004, 3), "0.000");
        assert_eq!(signed(f64::NAN, 3), "–");
        assert_eq!(fixed(f64::NEG_INFINITY, 3), "−∞");
        assert_eq!(signed(f64::INFINITY, 3), "+∞");
    }

    #[test]
    fn counts_have_thousands_and_shares() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(4030), "4,030");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(share(1, 3), "1 (33.3\u{a0}%)");
        assert_eq!(share(0, 0), "0");
        assert_eq!(counted(1, "patient"), "1\u{a0}patient");
        assert_eq!(counted(1200, "clip"), "1,200\u{a0}clips");
        assert_eq!(quantity(12.0), "12");
        assert_eq!(quantity(12.34), "12.3");
    }

    #[test]
    fn levels_show_only_the_decimals_they_have() {
        assert_eq!(level(0.95), "95\u{a0}%");
        assert_eq!(level(0.975), "97.5\u{a0}%");
        assert_eq!(level(1.0), "100\u{a0}%");
    }

    #[test]
    fn an_interval_shares_its_decimals() {
        assert_eq!(interval(0.8731, 0.812, 0.9209), "0.873 [0.812,\u{a0}0.921]");
        assert_eq!(interval(12.3456, 9.0, 15.5), "12.35 [9.00,\u{a0}15.50]");
        assert_eq!(interval(12345.6, 9000.0, 15000.0), "12,346 [9,000,\u{a0}15,000]");
        assert_eq!(interval(0.000123, 0.0001, 0.0002), "0.00012 [0.00010,\u{a0}0.00020]");
        assert_eq!(difference(-0.012, -0.041, 0.018), "−0.012 [−0.041,\u{a0}+0.018]");
        assert_eq!(interval(f64::NAN, f64::NAN, f64::NAN), "–");
        assert_eq!(interval(0.5, f64::NAN, f64::NAN), "0.500 [–,\u{a0}–]");
    }

    #[test]
    fn a_bound_never_looks_like_the_margin_it_is_not() {
        assert_eq!(decimals_apart(3, &[-0.0497], -0.05), 4);
        assert_eq!(decimals_apart(3, &[-0.04997], -0.05), 5);
        assert_eq!(decimals_apart(3, &[-0.05], -0.05), 3);
        assert_eq!(decimals_apart(3, &[0.5004, 0.61], 0.5), 4);
    }

    #[test]
    fn raw_gives_the_number_back() {
        assert_eq!(raw(0.1 + 0.2).parse::<f64>().unwrap(), 0.1 + 0.2);
        assert_eq!(raw(f64::NAN), "");
    }
}
