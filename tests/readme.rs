//! What the documents say is so: experiments in them can be run, commands exist, fields are listed as the program has them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use crowdline::{
    plan::Plan,
    spec::Source,
    stage::{self, kinds},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The program, with its results in `folder`.
fn crowdline(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("crowdline").unwrap();
    command.current_dir(folder).args(arguments).env("CROWDLINE_CACHE", folder.join("cache"));
    command
}

/// The fenced blocks of a document in a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(&fence) {
        let (block, after) = rest[begin + fence.len()..].split_once("```").expect("a fence is closed");
        found.push(block.to_owned());
        rest = after;
    }
    found
}

/// A block that is an experiment of its own, not a part of one.
fn is_whole(block: &str) -> bool {
    block.lines().any(|line| line.starts_with("title"))
}

/// Tables as the documents' experiments name them.
fn write_tables(folder: &Path) {
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    let clips: Vec<String> = (0..6).map(|clip| format!("c{clip},p{clip},c{clip}.gif\n")).collect();
    fs::write(data.join("clips.csv"), format!("clip,patient,path\n{}", clips.concat())).unwrap();
    for clip in 0..6 {
        // `check` looks for the files and decodes none.
        fs::write(data.join(format!("c{clip}.gif")), "").unwrap();
    }
    let opinions = |who: &[&str]| {
        let rows = (0..6).flat_map(|clip| who.iter().map(move |who| format!("c{clip},{who},none\n")));
        format!("clip,annotator,label\n{}", rows.collect::<String>())
    };
    fs::write(data.join("crowd_lines.csv"), "clip,frame,annotator,geometry\n").unwrap();
    fs::write(data.join("crowd_views.csv"), "clip,frame,annotator\n").unwrap();
    fs::write(data.join("geometry.csv"), "clip,mm_per_pixel\n").unwrap();
    fs::write(data.join("crowd_opinions.csv"), opinions(&["w1", "w2"])).unwrap();
    fs::write(data.join("expert_opinions.csv"), opinions(&["e1", "e2", "e3", "e4", "e5", "e6"])).unwrap();
}

#[test]
fn every_whole_experiment_in_the_documents_is_accepted() {
    let mut seen = 0;
    for name in ["README.md", "docs/experiment-file.md"] {
        for block in blocks(&document(name), "toml").iter().filter(|block| is_whole(block)) {
            let folder = tempfile::tempdir().unwrap();
            write_tables(folder.path());
            fs::write(folder.path().join("study.toml"), block).unwrap();
            let output = crowdline(folder.path(), &["check", "study.toml"]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{name}: {said}\n{block}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen} experiments were found");
}

#[test]
fn every_command_the_readme_lists_exists_and_none_is_left_out() {
    let readme = document("README.md");
    let listed: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `crowdline "))
        .filter_map(|line| line.split([' ', '`']).next().map(str::to_owned))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let output = crowdline(folder.path(), &["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that is too long goes on further to the right.
    let commands = commands.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let there: BTreeSet<String> =
        commands.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).filter(|c| c != "help").collect();
    assert!(!there.is_empty(), "{help}");
    assert_eq!(listed, there);
}

#[test]
fn every_shipped_experiment_plans_and_the_readme_lists_it() {
    let readme = document("README.md");
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(readme.contains(&format!("`{name}`")), "README.md does not list {name}");
        let source = Source::read(&path, &[]).unwrap();
        let experiment = source.parse().unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let data = experiment.data.clone().unwrap_or_else(|| panic!("{name} does not say where its data come from"));
        let output = crowdline(folder.path(), &["check", &path.to_string_lossy()]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(2), "{name}: {said}");
            assert!(said.contains(&data), "{name} does not tell where its data come from: {said}");
        }
        plans_once_its_files_are_there(&path, &name);
    }
    assert!(seen > 0, "no experiment was found");
}

/// Plans a copy of an experiment, with an empty file wherever one is missing.
fn plans_once_its_files_are_there(experiment: &Path, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let experiments = folder.path().join("experiments");
    fs::create_dir_all(&experiments).unwrap();
    let copy = experiments.join(name);
    fs::copy(experiment, &copy).unwrap();
    let plan = || {
        let source = Source::read(&copy, &[]).unwrap();
        Plan::new(source.parse().unwrap(), &stage::kinds()).map(|plan| plan.tasks.len())
    };
    for problem in plan().err().unwrap_or_default() {
        let file = problem.message.strip_prefix("there is no file `").and_then(|rest| rest.strip_suffix('`'));
        let file = experiments.join(file.unwrap_or_else(|| panic!("{name}: {}", problem.message)));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let tasks = plan().unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    assert!(tasks > 0, "{name} has no task");
}

#[test]
fn the_reference_lists_every_field_of_every_kind_and_no_other() {
    let text = document("docs/experiment-file.md");
    for kind in kinds() {
        let outputs: Vec<String> = kind.outputs().iter().map(|made| format!("`{made}`")).collect();
        let heading = format!("\n### `{}` → {}", kind.name(), outputs.join(" or "));
        let (_, section) = text.split_once(&heading).unwrap_or_else(|| panic!("no section `{}`", heading.trim()));
        let section = section.split("\n### ").next().unwrap_or_default();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let listed: BTreeSet<&str> = rows.filter_map(|line| line.split('`').next()).collect();
        let ports = kind.ports().iter().map(|port| port.name);
        let there: BTreeSet<&str> = kind.fields().iter().copied().chain(ports).collect();
        assert_eq!(listed, there, "fields of `{}`", kind.name());
        let first = section.lines().next().unwrap_or_default();
        assert_eq!(first.contains("*seed*"), kind.uses_seed(), "whether `{}` takes a seed", kind.name());
        for (member, _) in kind.members(&serde_json::Value::Null) {
            assert!(section.contains(&format!("`{member}`")), "`{}` has the member `{member}`", kind.name());
        }
    }
}

#[test]
fn names_of_methods_metrics_and_architectures_stand_in_the_reference() {
    let text = document("docs/experiment-file.md");
    let methods = crowdline::crowd::Method::NAMES.iter().chain(crowdline::crowd::drawn::Method::NAMES);
    let names = methods.chain(crowdline::model::Architecture::NAMES);
    for name in names.chain(&crowdline::metric::Metric::NAMES) {
        assert!(text.contains(&format!("\"{name}\"")), "`{name}` is not in docs/experiment-file.md");
    }
}

#[test]
fn files_the_readme_points_to_are_there() {
    let readme = document("README.md");
    let mut seen = 0;
    for (at, _) in readme.match_indices("](") {
        let target = readme[at + 2..].split([')', '#']).next().unwrap_or_default();
        if !target.is_empty() && !target.contains("://") {
            assert!(root().join(target).exists(), "README.md points to {target}");
            seen += 1;
        }
    }
    assert!(seen > 3, "{seen} links were found");
}
