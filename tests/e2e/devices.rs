//! Where models compute: what is refused, and that it is no part of what is asked for.

use crate::workshop::{TINY, Workshop};

/// Whether the program under test can use CUDA devices.
const CUDA: bool = cfg!(feature = "cuda");

#[test]
fn a_device_that_is_not_built_in_is_refused_with_how_to_build_it() {
    let workshop = Workshop::new().with("x.toml", TINY);
    for command in [&["run", "x.toml"][..], &["verify", "x.toml"], &["predict", "x.toml", "classifier", "a.gif"]] {
        let with = |device| workshop.crowdline(&[command, &["--device", device]].concat());
        let unknown = with("gpu0");
        assert_eq!(unknown.code, 2, "{}", unknown.err);
        assert!(unknown.err.contains("unknown device `gpu0`: take `cpu`, or `cuda:0`"), "{}", unknown.err);
        if !CUDA {
            let refused = with("cuda:0");
            assert_eq!(refused.code, 2, "{}", refused.err);
            assert!(refused.err.contains("`cargo build --release --features cuda`"), "{}", refused.err);
        }
    }
    assert!(!workshop.exists("cache"), "nothing was begun");
}

#[test]
fn the_settings_of_the_machine_and_the_environment_say_it_too_and_the_experiment_never() {
    let workshop = Workshop::new().with("x.toml", TINY).with("crowdline.toml", "device = \"cuda:x\"");
    let refused = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("crowdline.toml:") && refused.err.contains("unknown device `cuda:x`"),
        "{}",
        refused.err
    );
    workshop.write("crowdline.toml", "device = \"cpu\"");
    assert_eq!(workshop.crowdline(&["plan", "x.toml"]).code, 0);
    let named = workshop.command(&["plan", "x.toml"]).env("CROWDLINE_DEVICE", "cuda:x").output().unwrap();
    assert_eq!(named.status.code(), Some(2));
    let inside = workshop.crowdline(&["plan", "x.toml", "--set", "train.classifier.device=\"cpu\""]);
    assert_eq!(inside.code, 2, "{}", inside.out);
    assert!(inside.err.contains("device"), "{}", inside.err);
}

#[test]
fn a_training_says_where_it_computed_and_naming_that_runs_nothing_again() {
    let workshop = Workshop::new().with("x.toml", TINY);
    workshop.run(&["classifier"]);
    let again = workshop.crowdline(&["run", "x.toml", "classifier", "--device", "cpu", "--strict-environment"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("executed 0") || again.out.contains("executed 0"), "{}{}", again.out, again.err);
    let lock = workshop.crowdline(&["run", "x.toml"]);
    assert_eq!(lock.code, 0, "{}", lock.err);
    assert!(workshop.read("x.lock").contains("\"device\" = \"cpu\""), "{}", workshop.read("x.lock"));
}
