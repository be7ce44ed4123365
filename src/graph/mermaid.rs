//! The language of Mermaid, which forges and editors draw inside Markdown.

use super::{Drawing, Group, Node, State};

/// The drawing as a Mermaid flowchart.
pub fn mermaid(drawing: &Drawing) -> String {
    let mut lines = vec![
        "---".to_owned(),
        // A text in JSON's quotes is one in YAML's as well.
        format!("title: {}", serde_json::Value::from(drawing.title.as_str())),
        "---".to_owned(),
        "flowchart TD".to_owned(),
    ];
    for (index, node) in drawing.nodes.iter().enumerate().filter(|(_, node)| node.group.is_none()) {
        lines.push(format!("  {}", stated(index, node)));
    }
    for (group, Group { name, .. }) in drawing.groups.iter().enumerate() {
        lines.push(format!("  subgraph g{group}[\"{}\"]", escaped(name)));
        for (index, node) in drawing.nodes.iter().enumerate().filter(|(_, node)| node.group == Some(group)) {
            lines.push(format!("    {}", stated(index, node)));
        }
        lines.push("  end".to_owned());
    }
    lines.extend(drawing.edges.iter().map(|(from, to)| format!("  n{from} --> n{to}")));
    for state in State::ALL {
        let (fill, colour) = state.light();
        let line = match state {
            State::Cached => "stroke-width:1px",
            State::WaitsOnContent => "stroke-width:1px,stroke-dasharray:4 3",
            State::Run => "stroke-width:2px",
            State::Unreadable => "stroke-width:3px,stroke-dasharray:1 2",
        };
        lines.push(format!("  classDef {} fill:{fill},stroke:{colour},color:#1b1f23,{line}", state.word()));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn stated(index: usize, node: &Node) -> String {
    let label: Vec<String> = std::iter::once(&node.name).chain(&node.details).map(|line| escaped(line)).collect();
    let (open, close) = match node.state {
        State::Cached => ("[", "]"),
        State::WaitsOnContent => ("{{", "}}"),
        State::Run => ("([", "])"),
        State::Unreadable => ("[[", "]]"),
    };
    let state = node.state;
    format!("n{index}{open}\"{} {}\"{close}:::{}", state.mark(), label.join("<br/>"), state.word())
}

/// A text inside quotes: what Mermaid, Markdown or HTML would read as their own is written as a number of its character.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' | '*' | '_' | '{' | '}' | '[' | ']' => {
                out.push_str(&format!("#{};", u32::from(character)));
            }
            '\n' => out.push_str("<br/>"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("a\"b\" #1; `c`<br>"), "a#34;b#34; #35;1#59; #96;c#96;#60;br#62;");
        assert_eq!(escaped("fold=0,arm=crowd · é"), "fold=0,arm=crowd · é");
    }

    #[test]
    fn nodes_have_shapes_and_no_name_is_a_keyword() {
        let text = mermaid(&super::super::tests::drawing());
        for part in [
            "n0[\"✓ end<br/>",
            "n1([\"▶ a",
            "n2{{\"… b",
            "n3[[\"✕ c",
            "subgraph g0[\"frame #60;1#62;\"]",
            "n0 --> n3\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.starts_with("---\ntitle: \"A \\\"title\\\" & more\"\n---\nflowchart TD\n"), "{text}");
    }
}
