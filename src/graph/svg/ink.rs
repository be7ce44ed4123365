//! Numbers and texts as SVG takes them.

/// A coordinate with at most one decimal.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as it may stand in an element or an attribute. Characters that XML forbids become U+FFFD.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            control if control < ' ' && !"\t\n\r".contains(control) => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// At most `letters` characters, the last an ellipsis where some are left out.
pub(super) fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters - 1).collect();
    format!("{}…", kept.trim_end())
}

/// How wide a text is at most: letters of a monospaced font are 0.6 of its size, those of eastern scripts all of it.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|character| if character < '\u{1100}' || character == '…' { 0.61 } else { 1.05 }).sum::<f64>()
        * size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_texts_are_escaped() {
        assert_eq!([number(1.0), number(0.25), number(-0.01), number(10.56)], ["1", "0.2", "0", "10.6"]);
        assert_eq!(xml("<a href=\"x\">&\u{1}"), "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd}");
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert!(text_width("肺", 10.0) > text_width("l", 10.0));
    }
}
