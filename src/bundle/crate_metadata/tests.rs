use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    AbsentFile, ContainedFile, FileReference, Licence, Metadata, MetadataError, NameFault, Software, Task, media_type,
};
use crate::recipe::Digest;

/// What [`sample`] gives. It was held against two programs that are not ours, with its files beside it:
///
/// ```sh
/// python3 - <<'END'
/// import json, pathlib, urllib.parse
/// text = pathlib.Path("src/bundle/crate_metadata/tests/validated.json").read_text()
/// for entity in json.loads(text)["@graph"]:
///     if entity["@type"] == "File":
///         path = pathlib.Path("crate") / urllib.parse.unquote(entity["@id"])
///         path.parent.mkdir(parents=True, exist_ok=True)
///         path.write_bytes(b"x" * int(entity["contentSize"]))
/// pathlib.Path("crate/ro-crate-metadata.json").write_text(text)
/// END
/// pip install roc-validator==0.13.0 rocrate==0.16.0
/// rocrate-validator -y validate --profile-identifier ro-crate-1.1 --requirement-severity REQUIRED crate
/// python3 -c 'import rocrate.rocrate as r; c = r.ROCrate("crate"); print(len(c.data_entities), len(c.contextual_entities))'
/// ```
///
/// The validator passes 38 of 38 required checks. With `--requirement-severity RECOMMENDED` it passes 60 of 62: an author and a
/// publisher are wanted, whom an experiment does not name. It fails without `datePublished`, without `license` and when a
/// file is missing. `rocrate` finds 5 and 8 entities. The validator fetches the context <https://w3id.org/ro/crate/1.1/context>;
/// without a network, put it into the cache of `--cache-path` and add `--offline`. The wheel of rocrate 0.10.0 holds that
/// context as `rocrate/data/ro-crate.jsonld`; these figures were made with it.
const VALIDATED: &str = include_str!("tests/validated.json");

fn contained(path: &str, name: &str, content: &[u8]) -> ContainedFile {
    ContainedFile {
        path: path.into(),
        name: name.into(),
        description: None,
        media_type: None,
        digest: Digest::of(content),
        size: content.len() as u64,
    }
}

fn task(address: &str, inputs: &[FileReference], outputs: &[FileReference]) -> Task {
    Task {
        address: address.into(),
        description: None,
        key: Digest::of(address.as_bytes()),
        environment: BTreeMap::from([("crowdline".into(), "0.1.0".into())]),
        inputs: inputs.to_vec(),
        outputs: outputs.to_vec(),
    }
}

fn within(path: &str) -> FileReference {
    FileReference::Contained(path.into())
}

fn sample() -> Metadata {
    let clip = Digest::of(b"clip");
    let opinions = within("inputs/\u{e9}t\u{e9} 1.csv");
    let model = within("results/train[fold=1,seed=2]/model.safetensors");
    let mut train = task(
        "train.cnn[fold=1,seed=2]",
        &[opinions.clone(), FileReference::Absent(clip)],
        std::slice::from_ref(&model),
    );
    train.description = Some("Trains a network on the labels.".into());
    train.environment.insert("device".into(), "cpu: 8 threads".into());
    let lock = ContainedFile {
        media_type: Some("application/toml".into()),
        description: Some("What every task was asked for and what came of it.".into()),
        ..contained("crowdline.lock", "Lock", b"xxxxx")
    };
    Metadata {
        name: "B-lines by the crowd".into(),
        description: "Whether a crowd's labels train as good a model as experts' labels.".into(),
        licence: Some(Licence {
            name: "CC-BY-4.0".into(),
            url: Some("https://creativecommons.org/licenses/by/4.0/".into()),
        }),
        date_published: Some("2026-03-31".parse().unwrap()),
        software: Software {
            name: "crowdline".into(),
            version: "0.1.0".into(),
            url: Some("https://example.org/crowdline".into()),
        },
        experiment: contained("experiment.toml", "Experiment", b"xxx"),
        files: vec![
            lock,
            contained("inputs/\u{e9}t\u{e9} 1.csv", "Opinions", b"xxxx"),
            contained("results/train[fold=1,seed=2]/model.safetensors", "Model", b"x"),
            contained("results/report/index.html", "Report", b"xx"),
        ],
        absent: BTreeMap::from([(
            clip,
            AbsentFile { name: "clips/001.mp4".into(), media_type: Some(media_type("001.mp4").into()), size: Some(4) },
        )]),
        tasks: vec![
            train,
            task("report.main", &[model], &[within("results/report/index.html")]),
            task("simulate.cohort", &[], &[opinions]),
        ],
    }
}

fn graph(metadata: &Metadata) -> BTreeMap<String, Value> {
    let document: Value = serde_json::from_slice(&metadata.to_json().unwrap()).unwrap();
    let entities = document["@graph"].as_array().unwrap();
    let ids: Vec<&str> = entities.iter().map(|entity| entity["@id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let graph: BTreeMap<_, _> =
        entities.iter().map(|entity| (entity["@id"].as_str().unwrap().into(), entity.clone())).collect();
    assert_eq!(graph.len(), entities.len(), "an identifier stands twice");
    graph
}

/// The identifiers that a property links to.
fn links(value: &Value) -> BTreeSet<String> {
    let one = std::slice::from_ref(value);
    let values = value.as_array().map_or(one, Vec::as_slice);
    values.iter().filter_map(|value| value["@id"].as_str()).map(str::to_owned).collect()
}

#[test]
fn description_is_the_one_that_validators_passed() {
    assert_eq!(String::from_utf8(sample().to_json().unwrap()).unwrap(), VALIDATED);
}

#[test]
fn order_of_files_and_tasks_does_not_matter() {
    let mut other = sample();
    other.files.reverse();
    other.tasks.reverse();
    other.tasks.iter_mut().for_each(|task| task.inputs.reverse());
    assert_eq!(other.to_json().unwrap(), sample().to_json().unwrap());
}

#[test]
fn descriptor_and_root_are_what_the_format_asks_for() {
    let graph = graph(&sample());
    let descriptor = &graph["ro-crate-metadata.json"];
    assert_eq!(descriptor["@type"], "CreativeWork");
    assert_eq!(descriptor["about"]["@id"], "./");
    assert_eq!(descriptor["conformsTo"]["@id"], "https://w3id.org/ro/crate/1.1");
    let root = &graph["./"];
    assert_eq!(root["@type"], "Dataset");
    assert_eq!(root["datePublished"], "2026-03-31");
    assert_eq!(root["mainEntity"]["@id"], "experiment.toml");
    assert_eq!(graph["experiment.toml"]["encodingFormat"], "application/toml");
    let files: BTreeSet<String> =
        graph.iter().filter(|(_, entity)| entity["@type"] == "File").map(|(id, _)| id.clone()).collect();
    assert_eq!((links(&root["hasPart"]), files.len()), (files, 5));
    assert_eq!(links(&root["mentions"]).len(), 3);
}

#[test]
fn every_link_resolves() {
    let graph = graph(&sample());
    let outside = "https://w3id.org/ro/crate/1.1";
    for (id, entity) in &graph {
        for (property, value) in entity.as_object().unwrap() {
            for link in links(value) {
                assert!(graph.contains_key(&link) || link == outside, "{property} of {id} links to {link}");
            }
            assert!(value.as_array().is_none_or(|values| values.len() > 1), "{property} of {id} is a list of one");
        }
    }
}

#[test]
fn tasks_lead_from_inputs_to_outputs() {
    let graph = graph(&sample());
    let train = &graph["#task/train.cnn%5Bfold=1,seed=2%5D"];
    assert_eq!(train["@type"], "CreateAction");
    assert_eq!(train["name"], "train.cnn[fold=1,seed=2]");
    assert_eq!(train["instrument"]["@id"], "#software");
    let clip = format!("#blake3-{}", Digest::of(b"clip"));
    assert_eq!(links(&train["object"]), BTreeSet::from(["inputs/%C3%A9t%C3%A9%201.csv".into(), clip.clone()]));
    assert_eq!(train["result"]["@id"], "results/train%5Bfold=1,seed=2%5D/model.safetensors");
    assert_eq!(graph[&clip]["@type"], "MediaObject");
    assert!(!links(&graph["./"]["hasPart"]).contains(&clip), "what is not contained is no part");
    assert!(graph["#task/simulate.cohort"].get("object").is_none());
    assert!(train.get("startTime").is_none() && train.get("endTime").is_none());
}

#[test]
fn nothing_is_made_up_that_was_not_stated() {
    let graph = graph(&Metadata { licence: None, date_published: None, ..sample() });
    assert!(graph["./"].get("datePublished").is_none());
    assert_eq!(graph["./"]["license"]["@id"], "#licence");
    assert_eq!(graph["#licence"]["name"], "No licence stated");
}

#[test]
fn what_stands_twice_or_nowhere_is_refused() {
    let twice = |name: &str| MetadataError::Twice(name.into());
    let mut same_file = sample();
    same_file.files.push(contained("experiment.toml", "Again", b""));
    assert_eq!(same_file.to_json().unwrap_err(), twice("experiment.toml"));
    let mut same_task = sample();
    same_task.tasks.push(task("report.main", &[], &[]));
    assert_eq!(same_task.to_json().unwrap_err(), twice("report.main"));
    let mut unknown = sample();
    unknown.tasks.push(task("x", &[within("no.csv")], &[]));
    assert_eq!(unknown.to_json().unwrap_err(), MetadataError::Unknown { task: "x".into(), file: "no.csv".into() });
}

#[test]
fn names_and_addresses_that_are_none_are_refused() {
    let with_file =
        |path: &str| Metadata { files: vec![contained(path, "", b"")], tasks: vec![], ..sample() }.to_json();
    let path = |path: &str, fault| MetadataError::Path { path: path.into(), fault };
    assert_eq!(with_file("../x").unwrap_err(), path("../x", Some(NameFault::Parent)));
    let own = with_file("ro-crate-metadata.json").unwrap_err();
    assert_eq!(own, path("ro-crate-metadata.json", None));
    assert!(own.to_string().contains("the name of the description"), "{own}");
    for url in ["", "example.org", "https://", "https://a b", "javascript:alert(1)", "https://x/\"<>"] {
        let software = Software { url: Some(url.into()), ..sample().software };
        assert_eq!(Metadata { software, ..sample() }.to_json().unwrap_err(), MetadataError::Url(url.into()));
    }
}
