//! A disk that fails, a process that is killed, a power cut: at every single change the store makes.
//!
//! After each, an ordinary run has to end with the very results of an undisturbed one, and what was reported done before the
//! fault has to be there.

use crate::{
    disk::{Fault, Loss, Mode},
    engine::{Engine, Ran},
};

/// A fault at every operation, as `mode` says; returns at how many points there was one.
fn sweep(mode: Mode) -> usize {
    let undisturbed = Engine::new().run(None);
    assert_eq!((undisturbed.summary.failed, undisturbed.summary.skipped), (0, 0), "{:?}", undisturbed.told);
    let mut points = 0;
    for at in 0.. {
        let engine = Engine::new();
        let fault = Fault::new(at, mode);
        let first = engine.run(Some(fault.clone()));
        if !fault.happened() {
            break;
        }
        points += 1;
        let second = engine.run(None);
        holds(&format!("{mode:?} at {at}: {}", fault.told()), &first, &second, &undisturbed);
        assert!(engine.is_whole(), "{mode:?} at {at}");
    }
    points
}

fn holds(what: &str, first: &Ran, second: &Ran, undisturbed: &Ran) {
    assert_eq!((second.summary.failed, second.summary.skipped), (0, 0), "{what}: {:?}", second.told);
    assert_eq!(second.outputs, undisturbed.outputs, "{what}");
    for task in &first.done {
        assert!(second.cached.contains(task), "{what}: `{task}` was done before and ran again");
    }
}

#[test]
fn a_disk_that_refuses_one_operation() {
    let points = sweep(Mode::Refuse);
    println!("{points} points");
    assert!(points > 100, "{points} points only");
}

#[test]
fn a_process_that_is_killed() {
    let points = sweep(Mode::Kill);
    println!("{points} points");
    assert!(points > 100, "{points} points only");
}

#[test]
fn a_power_cut_that_loses_content() {
    let points = sweep(Mode::CutPower(Loss::Content));
    println!("{points} points");
    assert!(points > 100, "{points} points only");
}

#[test]
fn a_power_cut_that_loses_names() {
    let points = sweep(Mode::CutPower(Loss::Names));
    println!("{points} points");
    assert!(points > 100, "{points} points only");
}

#[test]
fn a_power_cut_in_the_run_after_a_power_cut() {
    let undisturbed = Engine::new().run(None);
    for at in (5..).step_by(17) {
        let engine = Engine::new();
        let first = Fault::new(at, Mode::CutPower(Loss::Content));
        engine.run(Some(first.clone()));
        if !first.happened() {
            break;
        }
        let second = Fault::new(7, Mode::CutPower(Loss::Names));
        let before = engine.run(Some(second));
        holds(&format!("at {at} and 7"), &before, &engine.run(None), &undisturbed);
    }
}

/// What the faults find has to be found: a store that recorded before it synced would lose what it reported.
#[test]
fn the_cut_loses_what_was_not_brought_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let fault = Fault::new(3, Mode::CutPower(Loss::Content));
    let path = folder.path().join("a");
    use crowdline::store::disk::{Operation, Watcher as _};
    fault.before(Operation::Write(&path)).unwrap();
    std::fs::write(&path, b"0123456789").unwrap();
    fault.before(Operation::SyncFile(&path)).unwrap();
    fault.before(Operation::Append(&path)).unwrap();
    std::fs::write(&path, b"0123456789abcdef").unwrap();
    fault.before(Operation::SyncFolder(folder.path())).unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"0123456789abc", "half of what was not synced is torn off");
}
