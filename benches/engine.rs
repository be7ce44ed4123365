//! What the engine costs where tasks and clips are many and small: `cargo bench --bench engine`.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

const CLIPS: usize = 4_030;
const TASKS: usize = 10_000;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    clips(&folder.path().join("clips"));
    trivial(&folder.path().join("trivial"));
    hashing(&folder.path().join("hashing"));
}

/// 4,030 clips of two small frames: decoded, found again, and one more.
fn clips(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    for number in 0..=CLIPS {
        clip(folder, number);
    }
    table(folder, CLIPS);
    std::fs::write(folder.join("x.toml"), "title = \"clips\"\n[decode.frames]\nclips = \"clips.csv\"\n")
        .expect("a file");
    println!("{CLIPS} clips");
    run("decode", folder, &[]);
    // Files that were written a moment ago are hashed again; later they are not.
    std::thread::sleep(std::time::Duration::from_secs(3));
    run("no-op, every file hashed again", folder, &["--timings"]);
    run("no-op, the long way", folder, &["--timings"]);
    run("no-op", folder, &[]);
    table(folder, CLIPS + 1);
    run("one clip more", folder, &[]);
}

fn clip(folder: &Path, number: usize) {
    let shade = |frame: usize| u8::try_from((number * 7 + frame) % 251).unwrap_or(0);
    let folder = folder.join(format!("c{number}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    for frame in 0..2 {
        let mut image = image::GrayImage::from_pixel(8, 8, image::Luma([shade(frame)]));
        for (at, digit) in number.to_string().bytes().enumerate() {
            image.put_pixel(u32::try_from(at).unwrap_or(0), 0, image::Luma([digit]));
        }
        image.save(folder.join(format!("{frame}.png"))).expect("a still");
    }
}

fn table(folder: &Path, clips: usize) {
    let rows: String = (0..clips).map(|number| format!("c{number},p{},c{number}\n", number / 8)).collect();
    std::fs::write(folder.join("clips.csv"), format!("clip,patient,path\n{rows}")).expect("a table");
}

/// 10,000 splits of a table of four clips, in this program: all that is left is the engine.
fn trivial(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("clips.csv"), "clip,patient\na,1\nb,2\nc,3\nd,4\n").expect("a table");
    let seeds: Vec<String> = (0..TASKS).map(|seed| seed.to_string()).collect();
    let text = format!(
        "title = \"trivial\"\n[split.s]\nclips = \"clips.csv\"\nfolds = 2\nmatrix.seed = [{}]\n",
        seeds.join(",")
    );
    std::fs::write(folder.join("x.toml"), text).expect("an experiment");
    println!("{TASKS} trivial tasks");
    let seconds = run("first run", folder, &[]);
    println!("  {:.3} ms a task", seconds * 1000.0 / TASKS as f64);
    run("no-op, the long way", folder, &["--timings"]);
}

/// The program's way of hashing against `b3sum`: one file of 2 GB, and 10,000 of 100 kB.
fn hashing(folder: &Path) {
    std::fs::create_dir_all(folder.join("many")).expect("a folder");
    let block: Vec<u8> = (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut large = Vec::with_capacity(2_000_000_000);
    (0..2000).for_each(|_| large.extend_from_slice(&block));
    std::fs::write(folder.join("large"), &large).expect("a large file");
    drop(large);
    let mut many = Vec::new();
    for number in 0..10_000_u32 {
        let path = folder.join("many").join(number.to_string());
        let mut bytes = block[..100_000].to_vec();
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        std::fs::write(&path, bytes).expect("a file");
        many.push(path);
    }
    println!("hashing");
    for (name, files) in [("one file of 2 GB", vec![folder.join("large")]), ("10,000 files of 100 kB", many)] {
        let (mut own, mut peer) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let begun = Instant::now();
            let index = crowdline::store::stat::StatIndex::open(&folder.join("none"));
            assert!(index.digests(&files).iter().all(Result::is_ok));
            own.push(begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let status = Command::new("b3sum").args(&files).stdout(Stdio::null()).status();
            peer.extend(status.is_ok_and(|status| status.success()).then(|| begun.elapsed().as_secs_f64()));
        }
        let median = |seconds: &mut Vec<f64>| {
            seconds.sort_by(f64::total_cmp);
            seconds.get(seconds.len() / 2).copied()
        };
        let own = median(&mut own).unwrap_or_default();
        match median(&mut peer) {
            Some(peer) => println!("  {name}: {own:.3} s, b3sum {peer:.3} s: {:.2} of its speed", peer / own),
            None => println!("  {name}: {own:.3} s (no `b3sum` to compare with)"),
        }
    }
}

fn run(what: &str, folder: &Path, more: &[&str]) -> f64 {
    let begun = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_crowdline"))
        .args(["run", "x.toml", "--threads", "2"])
        .args(more)
        .current_dir(folder)
        .output()
        .expect("the program");
    let seconds = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    let sum = said
        .lines()
        .chain(String::from_utf8_lossy(&output.stdout).lines().map(|_| ""))
        .find(|line| line.starts_with("executed"));
    assert!(output.status.success(), "{said}");
    println!("  {what}: {:.1} ms  {}", seconds * 1000.0, sum.unwrap_or_default());
    seconds
}
