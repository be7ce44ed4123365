//! Random edits, one after the other, each followed by a run: what is there at the end is what a run from nothing gives.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::engine::Engine;

/// An experiment as somebody who edits it all day has it before them.
#[derive(Debug, Clone)]
struct Draft {
    seed: u64,
    folds: u32,
    frames: u32,
    width: u32,
    ties: &'static str,
    method: &'static str,
    replicates: u32,
    comment: bool,
    reversed: bool,
    extra: bool,
    opinions: Vec<(usize, usize, usize)>,
    script: u32,
}

const CLASSES: [&str; 3] = ["none", "discrete", "confluent"];

impl Draft {
    fn new() -> Self {
        let opinions = (0..6).flat_map(|clip| (0..3).map(move |rater| (clip, rater, (clip * 2 + rater) % 3))).collect();
        Self {
            seed: 1,
            folds: 2,
            frames: 2,
            width: 16,
            ties: "ordinal-low",
            method: "majority",
            replicates: 100,
            comment: false,
            reversed: false,
            extra: false,
            opinions,
            script: 0,
        }
    }

    fn edit(&mut self, random: &mut ChaCha8Rng) {
        match random.random_range(0..12) {
            0 => self.seed = random.random_range(1..4),
            1 => self.folds = random.random_range(2..4),
            2 => self.frames = random.random_range(1..4),
            3 => self.width = [16, 12][random.random_range(0..2)],
            4 => self.ties = ["ordinal-low", "ordinal-high"][random.random_range(0..2)],
            5 => self.method = ["majority", "dawid-skene"][random.random_range(0..2)],
            6 => self.replicates = random.random_range(100..103),
            7 => self.comment = !self.comment,
            8 => self.reversed = !self.reversed,
            9 => self.extra = !self.extra,
            10 => {
                let at = random.random_range(0..self.opinions.len());
                self.opinions[at].2 = random.random_range(0..3);
            }
            _ => self.script = random.random_range(0..3),
        }
    }

    fn experiment(&self) -> String {
        let Self { seed, folds, frames, width, ties, replicates, .. } = self;
        let method = match self.method {
            "majority" => format!("method.majority = {{ ties = \"{ties}\" }}"),
            other => format!("method = \"{other}\""),
        };
        let mut stages = vec![
            "[simulate.cohort]\nseed = 5\nmethod.phantom = { patients = 3, clips_per_patient = 2, frames = 3, width = 32, height = 32 }\n".to_owned(),
            format!("[decode.frames]\nclips = \"@cohort.clips\"\nframes = {frames}\nsize = {{ width = {width}, height = 16 }}\n"),
            format!("[split.patients]\nclips = \"@cohort.clips\"\nfolds = {folds}\n"),
            format!("[aggregate.crowd]\nopinions = \"opinions.csv\"\n{method}\n"),
            "[aggregate.experts]\nopinions = \"@cohort.experts\"\nmethod = \"majority\"\n".to_owned(),
            format!("[evaluate.labels]\nclips = \"@cohort.clips\"\ncandidate = \"@crowd\"\nreference = \"@experts\"\nreplicates = {replicates}\nmetrics = [\"accuracy\"]\n"),
            "[command.script]\nrun = [\"sh\", \"{inputs.script}\", \"{inputs.labels}\"]\ninputs.script = \"script.sh\"\ninputs.labels = \"@crowd\"\noutputs.out = \"out\"\n".to_owned(),
            "[report.paper]\nevaluations = \"@labels\"\n".to_owned(),
        ];
        if self.extra {
            stages.push(
                "[aggregate.more]\nopinions = \"opinions.csv\"\nannotators = [\"r0\", \"r1\"]\nmethod = \"majority\"\n"
                    .to_owned(),
            );
        }
        if self.reversed {
            stages.reverse();
        }
        let comment = if self.comment { "# a thought\n\n" } else { "" };
        format!(
            "{comment}title = \"Edits\"\nseed = {seed}\nclasses = [\"none\", \"discrete\", \"confluent\"]\n{}",
            stages.join(comment)
        )
    }

    fn write(&self, engine: &Engine, clips: &[String]) {
        engine.write("x.toml", &self.experiment());
        let rows =
            self.opinions.iter().map(|(clip, rater, class)| format!("{},r{rater},{}\n", clips[*clip], CLASSES[*class]));
        engine.write("opinions.csv", &format!("clip,annotator,label\n{}", rows.collect::<String>()));
        engine.write(
            "script.sh",
            &format!("# {}\ncut -d, -f1-{} \"$1/labels.csv\" > out\n", self.script, 1 + self.script % 2),
        );
    }
}

/// Names of the clips the phantom makes.
fn clips() -> Vec<String> {
    (1..=3).flat_map(|patient| (1..=2).map(move |clip| format!("p{patient:03}-c{clip}"))).collect()
}

fn sequences(numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let (mut draft, clips) = (Draft::new(), clips());
        let engine = Engine::with("");
        let mut last = None;
        for _ in 0..random.random_range(2..6) {
            draft.edit(&mut random);
            draft.write(&engine, &clips);
            let ran = engine.run(None);
            assert_eq!(ran.summary.failed, 0, "{number}: {:?}\n{}", ran.told, draft.experiment());
            last = Some(ran);
        }
        let cold = Engine::with("");
        draft.write(&cold, &clips);
        let cold = cold.run(None);
        assert_eq!(last.map(|ran| ran.outputs), Some(cold.outputs), "{number}: {draft:?}");
    }
}

#[test]
fn a_quarter_of_five_hundred_sequences_of_edits() {
    sequences(0..125);
}

#[test]
fn another_quarter() {
    sequences(125..250);
}

#[test]
fn a_third_quarter() {
    sequences(250..375);
}

#[test]
fn and_the_last() {
    sequences(375..500);
}
