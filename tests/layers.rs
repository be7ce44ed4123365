//! The house's arrows: which module may use which, and what stands in one place only.
//!
//! [`LAYERS`] is the architecture as a table, from the command line down to the nouns. A module uses what its line names, and
//! names stand only below the line that uses them, so the arrows can't form a circle.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A module and what it may use.
const LAYERS: &[(&str, &[&str])] = &[
    // What people touch.
    (
        "cli",
        &[
            "exchange", "lock", "bundle", "schedule", "executor", "progress", "stage", "plan", "spec", "store",
            "artifact", "job", "recipe", "event", "name", "graph", "schema", "doctor",
        ],
    ),
    ("progress", &["event"]),
    // An experiment and all it made as one file.
    ("exchange", &["lock", "bundle", "schedule", "plan", "store", "artifact", "job", "recipe"]),
    // What came out, to be held against what comes out again.
    ("lock", &["stage", "store", "artifact", "job", "recipe"]),
    ("doctor", &["stage", "store"]),
    // What editors are told: made of the table of kinds it is handed.
    ("schema", &["plan", "table", "shape"]),
    // What runs: it knows tasks, keys and jobs, and no kind by name.
    ("schedule", &["executor", "stage", "plan", "store", "artifact", "job", "table", "recipe", "event"]),
    ("executor", &["stage", "plan", "store", "artifact", "job", "recipe", "event"]),
    ("event", &[]),
    // Glue: artifacts in, one call of the domain, an artifact out. The only place where domain and engine meet.
    (
        "stage",
        &[
            "plan", "store", "artifact", "job", "table", "recipe", // the engine
            "decode", "crowd", "folds", "model", "metric", "phantom", "report", // the domain
            "label", "name", "narrow", "random", "shape", "texts",
        ],
    ),
    // The engine's lower half: what is asked for, and what is kept.
    ("plan", &["spec", "artifact", "table", "label", "name", "shape"]),
    ("spec", &["label", "name"]),
    ("store", &["artifact", "job", "table", "recipe"]),
    ("artifact", &["table", "recipe"]),
    ("job", &["table", "recipe"]),
    ("table", &["recipe", "name", "narrow", "texts"]),
    ("bundle", &["recipe"]),
    ("recipe", &[]),
    // The domain: values in, values out; it knows no store, no plan, no clock, and no neighbour.
    ("report", &["label", "name", "graph"]), // The layout of boxes: it draws the experiment's stages in its own style.
    ("metric", &["label", "name", "random"]),
    ("model", &["label", "name", "random"]),
    ("crowd", &["label", "name", "narrow", "random", "texts"]),
    ("folds", &["label", "name", "random"]),
    ("decode", &["label", "name"]),
    ("phantom", &["label", "name", "random"]),
    // Layout and pictures of any graph: it doesn't know what the boxes are.
    ("graph", &[]),
    // Nouns.
    ("label", &["name", "narrow"]),
    ("name", &[]),
    ("narrow", &[]),
    ("random", &[]),
    ("shape", &[]),
    ("texts", &[]),
];

/// A source file, as the rules see it.
struct Source {
    /// Path below `src`, with `/`.
    path: String,
    /// The text without comments and without the contents of strings.
    code: String,
    /// The text as it stands.
    text: String,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), code: code(text), text: text.to_owned() }
    }

    /// The module at the top of the crate that the file belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// How many modules lie above what stands in the file.
    fn depth(&self) -> usize {
        self.path.split('/').count()
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The code up to the tests inside the file.
    fn outside_tests(&self) -> &str {
        if self.is_test() { "" } else { self.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default() }
    }

    /// Every module at the top of the crate that the file names, by `crate::` or by enough `super::`.
    fn used(&self) -> Vec<String> {
        let climb = "super::".repeat(self.depth());
        let mut found = after(&self.code, "crate::");
        found.extend(after(self.outside_tests(), &climb));
        found.retain(|name| name != self.module() && !name.is_empty() && name != "super");
        found.sort();
        found.dedup();
        found
    }
}

/// Without comments, and with empty strings.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            out.push_str("\"\"");
            rest = raw.find("\"#").map_or("", |end| &raw[end + 2..]);
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest = &rest[rest[1..].find('\'').map_or(rest.len(), |end| end + 2).max(3)..];
        } else if next == '"' {
            let mut end = 1;
            let bytes = rest.as_bytes();
            while end < bytes.len() && bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            out.push_str("\"\"");
            rest = rest.get(end + 1..).unwrap_or("");
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// The first names of the paths that follow `prefix`: of `crate::{a::b, c}` they are `a` and `c`.
fn after(code: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':' | '$')) {
            continue;
        }
        let tail = &code[at + prefix.len()..];
        match tail.strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.push(word(tail)),
        }
    }
    found
}

/// The first name of each member of a group whose opening brace is gone.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut begin, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                found.push(word(&group[begin..at]));
                break;
            }
            ',' if depth == 0 => {
                found.push(word(&group[begin..at]));
                begin = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What a file uses that its layer does not allow.
fn forbidden(source: &Source) -> Vec<String> {
    let layers: BTreeMap<_, _> = LAYERS.iter().copied().collect();
    let Some(allowed) = layers.get(source.module()) else {
        return vec![format!("src/{}: `{}` has no line in LAYERS", source.path, source.module())];
    };
    let wrong = source.used().into_iter().filter(|name| !allowed.contains(&name.as_str()));
    wrong.map(|name| format!("src/{}: `{}` must not use `{name}`", source.path, source.module())).collect()
}

fn wildcards(source: &Source) -> Vec<String> {
    // A prelude is made to be imported whole.
    let lines = source.outside_tests().lines().filter(|line| line.contains("::*") && !line.contains("prelude::*"));
    lines.map(|line| format!("src/{}: wildcard import `{}`", source.path, line.trim())).collect()
}

fn starts_processes(source: &Source) -> bool {
    let code = source.outside_tests();
    code.contains("process::Command") || code.contains("Command::new") && code.contains("process::{")
}

/// Every file below `src` but the roots of library and program.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<Source> = files(&root)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let parts: Vec<_> = path.strip_prefix(&root).unwrap().iter().map(|part| part.to_string_lossy()).collect();
            Source::new(&parts.join("/"), &fs::read_to_string(&path).unwrap())
        })
        .filter(|source| !matches!(source.path.as_str(), "lib.rs" | "main.rs"))
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} files were found in {}", found.len(), root.display());
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn each(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    sources().iter().flat_map(rule).collect()
}

#[track_caller]
fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn arrows_point_down_only() {
    let place = |name: &str| LAYERS.iter().position(|(layer, _)| *layer == name);
    for (at, (layer, uses)) in LAYERS.iter().enumerate() {
        for name in *uses {
            assert!(place(name).is_some_and(|below| below > at), "`{name}` must stand below `{layer}`");
        }
    }
}

#[test]
fn no_module_uses_what_its_layer_does_not_allow() {
    none(&each(forbidden));
}

#[test]
fn dfdx_is_named_in_the_models_only() {
    none(&each(|source| {
        let named = source.module() != "model" && source.code.contains("dfdx");
        named.then(|| format!("src/{} names dfdx", source.path)).into_iter().collect()
    }));
}

#[test]
fn what_the_build_for_cuda_has_more_stands_in_one_file() {
    none(&each(|source| {
        let wrong = source.path != "model/device.rs" && source.text.contains("feature = \"cuda\"");
        wrong.then(|| format!("src/{} depends on the feature `cuda`", source.path)).into_iter().collect()
    }));
}

#[test]
fn what_the_build_for_pdf_has_more_stands_in_one_place() {
    none(&each(|source| {
        let named = source.path != "report/pdf.rs" && source.text.contains("feature = \"pdf\"")
            || !source.path.starts_with("report/pdf") && source.code.contains("typst");
        named.then(|| format!("src/{} depends on the feature `pdf`", source.path)).into_iter().collect()
    }));
}

#[test]
fn only_ffmpeg_and_commands_start_a_process() {
    none(&each(|source| {
        let wrong =
            source.path != "decode/ffmpeg.rs" && !source.path.starts_with("stage/command") && starts_processes(source);
        wrong.then(|| format!("src/{} starts a process", source.path)).into_iter().collect()
    }));
}

#[test]
fn scheduler_and_executor_name_no_kind() {
    let kinds: Vec<&str> = crowdline::stage::kinds().iter().map(|kind| kind.name()).collect();
    none(&each(|source| {
        if !matches!(source.module(), "schedule" | "executor" | "plan" | "spec" | "store") {
            return Vec::new();
        }
        let text = source.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines
            .flat_map(|line| kinds.iter().filter(move |kind| line.contains(&format!("\"{kind}\""))))
            .map(|kind| format!("src/{} names the kind `{kind}`", source.path))
            .collect()
    }));
}

#[test]
fn files_are_named_after_what_they_hold() {
    none(&each(|source| {
        let banned = ["mod", "utils", "util", "helpers", "helper", "common", "manager", "imp"];
        let mut parts = source.path.trim_end_matches(".rs").split('/');
        parts
            .find(|part| banned.contains(part))
            .map(|part| format!("src/{}: `{part}`", source.path))
            .into_iter()
            .collect()
    }));
}

#[test]
fn nothing_is_imported_wholesale() {
    none(&each(wildcards));
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    none(&each(|source| {
        let lines = source.text.lines().count();
        (lines > 400).then(|| format!("src/{} has {lines} lines; 400 is the most", source.path)).into_iter().collect()
    }));
}

#[test]
fn forbidden_arrow_is_found_however_it_is_written() {
    let found = |path: &str, text: &str| forbidden(&Source::new(path, text));
    assert_eq!(
        found("metric/auroc.rs", "use crate::store::Store;"),
        ["src/metric/auroc.rs: `metric` must not use `store`"]
    );
    assert_eq!(found("metric.rs", "use crate::{random::stream, plan::{Plan, Task}};").len(), 1);
    assert_eq!(found("metric.rs", "fn f() { crate::schedule::run() }").len(), 1);
    assert_eq!(found("metric/auroc.rs", "use super::super::store::Store;").len(), 1);
    assert_eq!(found("novelty.rs", "").len(), 1);
}

#[test]
fn allowed_arrows_comments_and_strings_are_let_pass() {
    let found = |path: &str, text: &str| forbidden(&Source::new(path, text));
    none(&found("metric/auroc.rs", "use crate::{metric::Case, random::stream};\nuse super::Evidence;"));
    none(&found("metric.rs", "//! See [`Store`](crate::store::Store).\n"));
    none(&found("metric.rs", "const TEXT: &str = \"crate::store\";"));
    none(&found("metric.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}"));
}

#[test]
fn wildcards_and_processes_are_found_outside_tests() {
    let source = |text: &str| Source::new("crowd.rs", text);
    assert_eq!(wildcards(&source("use super::*;\n")).len(), 1);
    none(&wildcards(&source("use rayon::prelude::*;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}")));
    assert!(starts_processes(&source("let child = std::process::Command::new(\"sh\");")));
    assert!(starts_processes(&source("use std::process::{Command, Stdio};\nfn f() { Command::new(\"sh\"); }")));
    assert!(!starts_processes(&source("use clap::Command;")));
}
