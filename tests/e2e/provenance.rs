//! Every number of a report can be followed down to files, on the page, in its files and on the command line.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::workshop::{TINY, Workshop};

/// With people scored as well as models.
fn study() -> Workshop {
    let people = "\n[evaluate.people]\nclips = \"@cohort.clips\"\ncandidate = [\"@crowd\", \"@expert\"]\nreference = \"@judges\"\n\n[report.paper]";
    let text = TINY
        .replace("\n[report.paper]", people)
        .replace("evaluations = \"@models\"", "evaluations = [\"@models\", \"@people\"]");
    assert!(text.contains("[\"@models\", \"@people\"]"), "{text}");
    Workshop::new().with("x.toml", &text)
}

fn why(workshop: &Workshop, name: &str) -> Value {
    let outcome = workshop.crowdline(&["why", "x.toml", &format!("number:{name}"), "--json"]);
    assert_eq!(outcome.code, 0, "{name}: {}", outcome.err);
    serde_json::from_str(&outcome.out).unwrap()
}

#[test]
fn every_number_is_followed_to_files_and_only_along_what_it_rests_on() {
    let workshop = study();
    workshop.run(&[]);
    let page = workshop.read("reports/x/paper/index.html");
    let numbers: Vec<Value> = serde_json::from_str(&workshop.read("reports/x/paper/numbers.json")).unwrap();
    let chains: Value = serde_json::from_str(&workshop.read("reports/x/paper/chains.json")).unwrap();
    let tasks = chains["tasks"].as_array().unwrap();
    for number in &numbers {
        let name = number["name"].as_str().unwrap();
        assert!(page.contains(&format!(" id=\"{name}\"")), "{name} is not on the page");
        let chain = chains["chains"].as_array().unwrap().iter().find(|chain| chain["name"] == number["chain"]);
        let chain = chain.unwrap_or_else(|| panic!("{name} has no chain"));
        let rests_on: Vec<&Value> =
            chain["tasks"].as_array().unwrap().iter().map(|at| &tasks[at.as_u64().unwrap() as usize]).collect();
        let inside: BTreeSet<&str> = rests_on.iter().map(|task| task["address"].as_str().unwrap()).collect();
        assert!(inside.contains(chain["task"].as_str().unwrap()), "{name}");
        // Whatever is read is in the chain, a file of the user's, or a candidate beside it; and nothing comes from nowhere.
        let beside: BTreeSet<&str> = chain["beside"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| tasks[at.as_u64().unwrap() as usize]["address"].as_str().unwrap())
            .collect();
        for task in &rests_on {
            let reads = task["reads"].as_array().unwrap();
            assert!(!reads.is_empty() || task["kind"] == "simulate", "{name}: {task}");
            for from in reads.iter().filter_map(|read| read["from"].as_str()) {
                assert!(inside.contains(from) || beside.contains(from), "{name}: {from} is read and not told");
            }
        }
        assert!(!chain["files"].as_array().unwrap().is_empty(), "{name} is in no file");
        let people = name.starts_with("scores/people/") || name.starts_with("labels/");
        let trains = rests_on.iter().any(|task| task["kind"] == "train");
        assert!(!(people && trains), "{name} rests on a training");
        assert!(!name.starts_with("scores/models/") || trains, "{name} rests on no training");
    }
}

#[test]
fn why_tells_of_a_number_what_the_report_tells() {
    let workshop = study();
    let early = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd/accuracy"]);
    assert!(early.code == 1 && early.err.contains("not made yet"), "{}", early.err);
    workshop.run(&[]);

    let told = why(&workshop, "scores/models/crowd/accuracy");
    assert_eq!((&told["report"], &told["up_to_date"]), (&"paper".into(), &true.into()));
    let addresses: Vec<&str> =
        told["chain"]["tasks"].as_array().unwrap().iter().map(|task| task["address"].as_str().unwrap()).collect();
    for wanted in ["cohort", "frames", "patients", "crowd", "judges", "classifier[fold=0,arm=crowd]", "models"] {
        assert!(addresses.contains(&wanted), "{wanted} is not among {addresses:?}");
    }
    assert!(!addresses.contains(&"people") && !addresses.contains(&"classifier[fold=0,arm=expert]"), "{addresses:?}");
    let beside = told["chain"]["beside"].as_array().unwrap();
    assert!(
        beside.contains(&"classifier[fold=0,arm=expert]".into()) && beside.contains(&"expert".into()),
        "{beside:?}"
    );
    // The digests are those of what lies in the store.
    let shown = workshop.digests("models");
    let last = told["chain"]["tasks"].as_array().unwrap().iter().find(|task| task["address"] == "models").unwrap();
    assert_eq!(last["output"], shown[0].1.as_str());
    for file in told["chain"]["files"].as_array().unwrap() {
        assert!(workshop.files("models").join(file.as_str().unwrap()).is_file(), "{file}");
    }

    let text = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd/accuracy"]).out;
    for said in ["the share of clips", "9 patients", "interval", "predictions.csv", "rests on"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let unknown = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd/acuracy"]);
    assert!(
        unknown.code == 2 && unknown.err.contains("did you mean `scores/models/crowd/accuracy`?"),
        "{}",
        unknown.err
    );
    let begun = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd"]);
    assert!(begun.code == 2 && begun.err.contains("`scores/models/crowd/accuracy`"), "{}", begun.err);
    let other = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd/accuracy", "--report", "models"]);
    assert!(other.code == 2 && other.err.contains("no report"), "{}", other.err);

    // A report that a run would make anew still tells, and says so.
    workshop.write("x.toml", workshop.read("x.toml").replace("title = \"Tiny\"", "title = \"Other\""));
    let old = workshop.crowdline(&["why", "x.toml", "number:scores/models/crowd/accuracy"]);
    assert!(old.code == 0 && old.out.contains("report paper is out of date"), "{}\n{}", old.out, old.err);
}

#[test]
fn of_two_tasks_that_made_the_same_the_chain_names_the_one_that_was_read() {
    // Two aggregations of the same opinions make the same bytes, and a run that reads the other one finds all it needs.
    let workshop = Workshop::new();
    let text = |read: &str| {
        let twin = "\n[aggregate.twin]\nopinions = \"@cohort.crowd\"\nmethod.majority = { ties = \"ordinal-low\" }\n\n[train.classifier]";
        let text = TINY
            .replace("\n[train.classifier]", twin)
            .replace("crowd = { labels = \"@crowd\" }", &format!("crowd = {{ labels = \"@{read}\" }}"));
        text.replace(
            "models = \"@classifier\"\ncompare",
            "models = \"@classifier\"\nlabels = [\"@crowd\", \"@twin\"]\ncompare",
        )
    };
    for read in ["crowd", "twin"] {
        workshop.write("x.toml", text(read));
        workshop.run(&[]);
        let told = why(&workshop, "scores/models/crowd/accuracy");
        let tasks = told["chain"]["tasks"].as_array().unwrap();
        let labels = |name: &str| tasks.iter().any(|task| task["address"] == name);
        let other = if read == "crowd" { "twin" } else { "crowd" };
        assert!(labels(read) && !labels(other), "{read}: {tasks:?}");
    }
}

#[test]
fn a_number_tells_as_how_many_its_patients_count() {
    let experiment = r#"title = "Patients of unequal size"
classes = ["none", "some"]

[aggregate.crowd]
opinions = "opinions.csv"
annotators = ["a"]
method = "majority"

[aggregate.truth]
opinions = "opinions.csv"
annotators = ["t"]
method = "majority"

[evaluate.labels]
clips = "clips.csv"
candidate = "@crowd"
reference = "@truth"
metrics = ["accuracy"]

[report.paper]
evaluations = "@labels"
"#;
    let workshop = Workshop::new().with("x.toml", experiment);
    let interval = |clips: &str| {
        workshop.write("clips.csv", format!("clip,patient\n{clips}"));
        let of = clips.lines().map(|line| line.split(',').next().unwrap());
        let opinions =
            of.enumerate().map(|(at, clip)| format!("{clip},a,{}\n{clip},t,none\n", ["none", "some"][at % 2]));
        workshop.write("opinions.csv", format!("clip,annotator,label\n{}", opinions.collect::<String>()));
        workshop.run(&[]);
        let number = why(&workshop, "scores/labels/crowd/accuracy");
        number.to_string()
    };
    // (3 + 1)² / (9 + 1) patients.
    let unequal = interval("1,p\n2,p\n3,p\n4,q\n");
    assert!(unequal.contains("of unequal size, the patients count as 1.6"), "{unequal}");
    let rows = workshop.table("labels", "scores.csv");
    let at = rows[0].iter().position(|name| name == "effective_patients").unwrap();
    assert_eq!(rows[1][at], "1.6");
    assert!(!interval("1,p\n2,p\n3,q\n4,q\n").contains("count as"));
}
