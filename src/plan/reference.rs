//! `@name.member[coordinate=value]`: another stage's output.

use std::{fmt, str::FromStr};

/// A reference to another stage's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The stage.
    pub stage: String,
    /// The member of a `Files` output.
    pub member: Option<String>,
    /// Coordinates that are fixed.
    pub select: Vec<(String, String)>,
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('@').ok_or_else(|| format!("`{text}` does not begin with `@`"))?;
        let mut select = Vec::new();
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once('[') {
            plain.push_str(before);
            let (inside, after) = after.split_once(']').ok_or_else(|| format!("`{text}` has no closing `]`"))?;
            for pair in inside.split(',') {
                let (key, value) =
                    pair.split_once('=').ok_or_else(|| format!("`{pair}` in `{text}` is not `coordinate=value`"))?;
                select.push((key.trim().to_owned(), value.trim().trim_start_matches('@').to_owned()));
            }
            rest = after;
        }
        plain.push_str(rest);
        let (stage, member) = match plain.split_once('.') {
            Some((stage, member)) => (stage.to_owned(), Some(member.to_owned())),
            None => (plain, None),
        };
        if stage.is_empty() {
            return Err(format!("`{text}` names no stage"));
        }
        Ok(Self { stage, member, select })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.stage)?;
        if let Some(member) = &self.member {
            write!(f, ".{member}")?;
        }
        if !self.select.is_empty() {
            let pairs: Vec<String> = self.select.iter().map(|(key, value)| format!("{key}={value}")).collect();
            write!(f, "[{}]", pairs.join(","))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_and_selection_in_either_order() {
        for text in ["@noisy[noise=mild].crowd", "@noisy.crowd[noise=mild]"] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), "@noisy.crowd[noise=mild]");
        }
        assert!("@".parse::<Reference>().is_err());
        assert!("@a[b]".parse::<Reference>().is_err());
    }
}
