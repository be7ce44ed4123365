//! Seconds of a training step, against PyTorch (channels last, float32) on the same batch and threads, round by round.
//!
//! `cargo bench --bench model [-- ROUNDS]`; the peer runs where `CROWDLINE_PEER_PYTHON` names a Python with PyTorch, else
//! only the own figures are printed. A step is forward, backward, optimiser and loss, with our batches put together too;
//! a figure is the median of eleven steps in a process of its own, memory that process's peak.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    process::Command,
    sync::atomic::AtomicBool,
    time::Instant,
};

use crowdline::model::{
    Architecture, Augment, ClipShape, Clips, CnnGru, Example, Lessons, Maps, ModelError, Nobody, Progress, R2Plus1D,
    Settings, Target, UNet, train,
};

const CASES: [(&str, &str); 4] = [
    ("16", "U-Net, width 16, 8×128×128"),
    ("32", "U-Net, width 32, 8×128×128"),
    ("cnn-gru", "cnn-gru, 8×16×96×96"),
    ("r2plus1d", "r2plus1d, 8×16×96×96"),
];

/// Inputs without any meaning.
struct Made(ClipShape);

impl Clips for Made {
    fn len(&self) -> usize {
        8
    }
    fn shape(&self) -> ClipShape {
        self.0
    }
    fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        Ok((0..self.0.bytes()).map(|at| ((at * 7919 + index * 104_729) % 251) as u8).collect())
    }
}

impl Maps for Made {
    fn map(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
        Ok((0..self.0.bytes()).map(|at| if (at * 31 + index) % 7 < 2 { 255 } else { 0 }).collect())
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if let [kind, threads] = &words[..] {
        let (seconds, megabytes) = step(kind, threads.parse().expect("a number of threads"));
        println!("{seconds} {megabytes}");
        return;
    }
    let rounds = words.first().and_then(|word| word.parse().ok()).unwrap_or(3);
    let python = std::env::var("CROWDLINE_PEER_PYTHON").ok();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/model.py");
    let own = std::env::current_exe().expect("this program");
    for (kind, title) in CASES {
        for threads in ["1", "2"] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                ours.push(figures(Command::new(&own).args([kind, threads])));
                theirs.extend(python.iter().map(|python| figures(Command::new(python).args([script, kind, threads]))));
            }
            let (seconds, megabytes) = median(&mut ours);
            print!("{title:<28} {threads} thread(s)  {seconds:>6.3} s {megabytes:>5} MB");
            if theirs.is_empty() {
                println!();
                continue;
            }
            let (other, memory) = median(&mut theirs);
            let share = f64::from(megabytes) / f64::from(memory);
            println!("   PyTorch {other:>6.3} s {memory:>5} MB   ratio {:.2}, memory {share:.2}", seconds / other);
        }
    }
}

/// Seconds and megabytes that a process prints.
fn figures(command: &mut Command) -> (f64, u32) {
    let output = command.output().expect("a process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.split_whitespace();
    let both = words.next().and_then(|word| word.parse().ok()).zip(words.next().and_then(|word| word.parse().ok()));
    both.unwrap_or_else(|| panic!("{command:?} said `{text}` {}", String::from_utf8_lossy(&output.stderr)))
}

fn median(figures: &mut [(f64, u32)]) -> (f64, u32) {
    figures.sort_by(|a, b| a.0.total_cmp(&b.0));
    figures[figures.len() / 2]
}

/// The median of eleven steps, and the peak of memory.
fn step(kind: &str, threads: usize) -> (f64, u32) {
    let clip = ClipShape { frames: 16, height: 96, width: 96 };
    let (model, shape) = match kind {
        "cnn-gru" => (Architecture::CnnGru(CnnGru::default()), clip),
        "r2plus1d" => (Architecture::R2Plus1D(R2Plus1D::default()), clip),
        width => {
            let width = width.parse().expect("a width");
            (Architecture::UNet(UNet { width, ..UNet::default() }), ClipShape { frames: 1, height: 128, width: 128 })
        }
    };
    let target = |clip: usize| {
        if model.of_frames() {
            Target::Map(clip)
        } else {
            Target::Classes(vec![(clip % 2) as f32, 1.0 - (clip % 2) as f32])
        }
    };
    let training: Vec<Example> =
        (0..8).map(|clip| Example { clip, target: target(clip), group: 0, weight: 1.0 }).collect();
    let classes = if model.of_frames() { 1 } else { 2 };
    let settings = Settings {
        model,
        updates: 12,
        batch: 8,
        threads,
        augment: Augment::NONE,
        evaluate_every: 0,
        ..Settings::default()
    };
    let made = Made(shape);
    let lessons = Lessons { classes, clips: &made, maps: &made, training: &training, validation: &[], start: None };
    let (last, seconds) = (Cell::new(Instant::now()), RefCell::new(Vec::new()));
    let observe = |progress: Progress<'_>| {
        if let Progress::Update { .. } = progress {
            seconds.borrow_mut().push(last.replace(Instant::now()).elapsed().as_secs_f64());
        }
    };
    train(&settings, &lessons, &Nobody, &observe, &AtomicBool::new(false)).expect("a training");
    let mut seconds = seconds.into_inner().split_off(1);
    seconds.sort_by(f64::total_cmp);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u32>().ok());
    (seconds[seconds.len() / 2], peak.unwrap_or(0) / 1000)
}
