//! `{name}` in a command's arguments.

use serde_json::Value;

/// A text cut into what stands as it is and names in braces. Braces around anything else are ordinary text, so that JSON
/// can be an argument.
fn parts(text: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(name) = name_at(rest) {
            rest = &rest[name.len() + 2..];
            return Some(Ok(name));
        }
        let begins = |(at, _): &(usize, char)| *at > 0 && name_at(&rest[*at..]).is_some();
        let end = rest.char_indices().find(begins).map_or(rest.len(), |(at, _)| at);
        let (plain, after) = rest.split_at(end);
        rest = after;
        Some(Err(plain))
    })
}

fn name_at(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let name = &inside[..inside.find('}')?];
    let plain = name.starts_with(|c: char| c.is_alphabetic())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    plain.then_some(name)
}

/// The names in a text.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(Result::ok)
}

/// A text with its names filled in; one that `value` does not know stays.
pub(super) fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    parts(text)
        .map(|part| match part {
            Ok(name) => value(name).unwrap_or_else(|| format!("{{{name}}}")),
            Err(plain) => plain.to_owned(),
        })
        .collect()
}

/// The texts of a command's parameters in which names stand.
pub(super) fn texts(parameters: &Value) -> impl Iterator<Item = &str> {
    let run = parameters.get("run").and_then(Value::as_array).into_iter().flatten();
    let set = parameters.get("set").and_then(Value::as_object).into_iter().flat_map(|set| set.values());
    run.chain(set).filter_map(Value::as_str)
}

/// Writes coordinates into a command's parameters.
pub(super) fn settle(parameters: &mut Value, coordinates: &[(String, String)]) {
    let value = |name: &str| coordinates.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let settle = |text: &mut Value| {
        if let Value::String(text) = text {
            *text = fill(text, &value);
        }
    };
    if let Some(Value::Array(run)) = parameters.get_mut("run") {
        run.iter_mut().for_each(settle);
    }
    if let Some(Value::Object(set)) = parameters.get_mut("set") {
        set.values_mut().for_each(settle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_other_braces_stay() {
        let value = |name: &str| (name == "fold").then(|| "3".to_owned());
        assert_eq!(
            fill("--fold={fold} {\"a\": {}} {other} é{fold}{fold", &value),
            "--fold=3 {\"a\": {}} {other} é3{fold"
        );
        assert_eq!(names("{inputs.clips}:{x}{1}").collect::<Vec<_>>(), ["inputs.clips", "x"]);
    }
}
