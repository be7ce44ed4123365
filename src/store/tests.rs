//! The store from outside.

use super::*;

fn record(key: &[u8], output: Digest) -> Record {
    Record { key: Digest::of(key), output, seconds: 0.5, environment: BTreeMap::new(), note: None }
}

fn item(key: &[u8], output: Digest) -> New {
    New { record: record(key, output), made: Made::Object }
}

/// A task whose output is one file.
fn task(store: &Store, key: &[u8], bytes: &[u8]) -> New {
    let tree = Arc::new(Tree { files: BTreeMap::from([("f".to_owned(), store.put(bytes).unwrap())]) });
    let output = store.put_tree(&tree).unwrap();
    New { record: record(key, output), made: Made::Tree { tree, recipe: key.to_vec() } }
}

fn open(root: &tempfile::TempDir) -> Store {
    Store::open(root.path()).unwrap()
}

#[test]
fn what_is_stored_is_found_by_another_process() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let new = task(&store, b"k", b"frames");
    assert_eq!(store.commit(vec![new], false).unwrap(), [Kept::First]);

    let again = open(&root);
    let found = again.finished(&Digest::of(b"k")).unwrap();
    assert_eq!(&again.folder(&found.output).unwrap().open("f").unwrap()[..], b"frames");
}

#[test]
fn a_tree_of_many_files_is_an_object_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let entry = store.put(b"one for all").unwrap();
    let tree = Arc::new(Tree { files: (0..1000).map(|i| (format!("{i}"), entry)).collect() });
    let output = store.put_tree(&tree).unwrap();
    let new = New { record: record(b"k", output), made: Made::Tree { tree: tree.clone(), recipe: Vec::new() } };
    store.commit(vec![new], false).unwrap();
    assert!(store.has(&output));
    let again = open(&root);
    assert_eq!(again.tree(&again.finished(&Digest::of(b"k")).unwrap().output).unwrap(), tree);
}

#[test]
fn first_record_wins_and_a_difference_is_told() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let (a, b) = (store.put(b"a").unwrap().digest, store.put(b"b").unwrap().digest);
    store.commit(vec![item(b"k", a)], false).unwrap();
    assert_eq!(store.commit(vec![item(b"k", a)], false).unwrap(), [Kept::Same]);
    assert_eq!(store.commit(vec![item(b"k", b)], false).unwrap(), [Kept::Differs(Box::new(record(b"k", a)))]);
    assert_eq!(store.record(&Digest::of(b"k")).unwrap().output, a);
}

#[test]
fn each_environment_can_have_a_record() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let new = task(&store, b"k", b"a");
    let elsewhere = BTreeMap::from([("processor".to_owned(), "other".to_owned())]);
    let mut other = new.clone();
    other.record.environment = elsewhere.clone();
    store.commit(vec![new], true).unwrap();
    assert!(store.finished_in(&Digest::of(b"k"), &elsewhere).is_none());
    store.commit(vec![other], true).unwrap();
    assert!(open(&root).finished_in(&Digest::of(b"k"), &elsewhere).is_some());
    assert!(open(&root).finished_in(&Digest::of(b"k"), &BTreeMap::new()).is_some());
}

#[test]
fn a_lost_output_is_replaced_for_good() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let (a, b) = (store.put(b"a").unwrap().digest, store.put(b"b").unwrap().digest);
    store.commit(vec![item(b"k", a)], false).unwrap();
    std::fs::remove_file(store.object_path(&a)).unwrap();
    let store = open(&root);
    assert_eq!(store.commit(vec![item(b"k", b)], false).unwrap(), [Kept::First]);
    assert_eq!(open(&root).record(&Digest::of(b"k")).unwrap().output, b);
}

#[test]
fn a_damaged_object_is_set_aside_and_its_task_no_longer_finished() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let new = task(&store, b"k", b"frames");
    let output = new.record.output;
    store.commit(vec![new], false).unwrap();
    let digest = Digest::of(b"frames");
    let path = store.object_path(&digest);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"FRAMES").unwrap();

    let store = open(&root);
    assert!(store.finished(&Digest::of(b"k")).is_some(), "its size is right, and nobody has read it");
    let error = store.folder(&output).unwrap().open("f").unwrap_err();
    assert!(matches!(error, ArtifactError::Damaged { .. }), "{error}");
    assert!(root.path().join("quarantine").join(digest.to_string()).is_file());
    assert!(store.finished(&Digest::of(b"k")).is_none(), "in the same process");
    assert!(open(&root).finished(&Digest::of(b"k")).is_none());
}

#[test]
fn an_object_of_another_size_is_not_there() {
    let root = tempfile::tempdir().unwrap();
    let store = open(&root);
    let new = task(&store, b"k", b"frames");
    store.commit(vec![new], false).unwrap();
    let path = store.object_path(&Digest::of(b"frames"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"").unwrap();
    assert!(open(&root).finished(&Digest::of(b"k")).is_none());
}

#[test]
fn processes_see_what_each_other_records() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (open(&root), open(&root));
    let new = task(&one, b"1", b"a");
    one.commit(vec![new], false).unwrap();
    two.refresh().unwrap();
    assert!(two.finished(&Digest::of(b"1")).is_some());
    let new = task(&two, b"2", b"b");
    two.commit(vec![new], false).unwrap();
    let new = task(&one, b"3", b"c");
    one.commit(vec![new], false).unwrap();
    for store in [&one, &two] {
        store.refresh().unwrap();
        assert_eq!(store.all().len(), 3);
    }
}

#[test]
fn segments_are_merged_while_others_write_and_read() {
    let root = tempfile::tempdir().unwrap();
    let alive = open(&root);
    let new = task(&alive, b"alive", b"a");
    alive.commit(vec![new], false).unwrap();
    for number in 0..50_u8 {
        let store = open(&root);
        let new = task(&store, &[number], &[number]);
        store.commit(vec![new], false).unwrap();
    }
    let count = || std::fs::read_dir(root.path().join("records")).unwrap().count();
    assert!(count() > 50);
    let reader = open(&root);
    drop(open(&root).share());
    assert!(count() <= 4, "{} files", count());
    let new = task(&alive, b"later", b"b");
    alive.commit(vec![new], false).unwrap();
    for store in [&alive, &reader, &open(&root)] {
        store.refresh().unwrap();
        assert_eq!(store.all().len(), 52);
        assert_eq!(store.tree(&store.finished(&Digest::of(&[7])).unwrap().output).unwrap().files.len(), 1);
    }
}

#[test]
fn a_task_is_one_process_s_until_it_is_given_back_or_the_process_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let key = Digest::of(b"k");
    let (one, two) = (open(&root), open(&root));
    let Reserved::Here(held) = one.reserve(&key).unwrap() else { panic!("nobody had it") };
    assert!(matches!(two.reserve(&key).unwrap(), Reserved::Elsewhere));
    drop(held);
    let Reserved::Here(held) = two.reserve(&key).unwrap() else { panic!("it was given back") };
    // A process that is killed drops its locks and nothing else.
    std::mem::forget(held);
    drop(two);
    assert!(matches!(one.reserve(&key).unwrap(), Reserved::Here(_)));
}

#[test]
fn a_holder_on_another_machine_is_waited_for_until_it_is_silent() {
    let root = tempfile::tempdir().unwrap();
    let key = Digest::of(b"k");
    let on = |host: &str| {
        let opening = Opening { host: Some(host.to_owned()), silence: Some(Duration::from_millis(300)), watcher: None };
        Store::open_with(root.path(), opening).unwrap()
    };
    let (here, there) = (on("here"), on("there"));
    let Reserved::Here(held) = there.reserve(&key).unwrap() else { panic!("nobody had it") };
    assert!(matches!(here.reserve(&key).unwrap(), Reserved::Elsewhere));
    std::mem::forget(held);
    // The other machine loses its power: its file stays as it is.
    let live = root.path().join("live");
    let file = std::fs::read_dir(&live)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.starts_with("there")));
    let (file, text) = (file.unwrap(), "there\n");
    drop(there);
    std::fs::write(&file, text).unwrap();
    assert!(matches!(here.reserve(&key).unwrap(), Reserved::Elsewhere), "its silence has only begun");
    std::thread::sleep(Duration::from_millis(400));
    assert!(matches!(here.reserve(&key).unwrap(), Reserved::Here(_)));
}

#[test]
fn the_store_is_had_alone_only_when_nobody_runs() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (open(&root), open(&root));
    let shared = one.share().unwrap();
    assert!(matches!(two.alone(), Err(AloneError::InUse(_))));
    drop(shared);
    let held = one.reserve(&Digest::of(b"k")).unwrap();
    assert!(matches!(two.alone(), Err(AloneError::InUse(1))));
    drop((held, one));
    assert!(two.alone().is_ok());
}
