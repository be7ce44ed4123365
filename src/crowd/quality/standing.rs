//! An annotator's opinions on known answers, all of them or the last few.

use std::collections::VecDeque;

/// Right and seen per class. Counts, so that the same opinions give the same accuracy however they came and went.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// How many of the last count; `None` for all.
    window: Option<usize>,
    /// Those in the window, oldest first: the answer, and whether it was given.
    last: VecDeque<(u16, bool)>,
    /// How many there were in all.
    total: u32,
    seen: Vec<u32>,
    right: Vec<u32>,
}

impl Record {
    /// Every known answer counts.
    pub(super) fn unlimited(classes: usize) -> Self {
        Self { window: None, last: VecDeque::new(), total: 0, seen: vec![0; classes], right: vec![0; classes] }
    }

    /// The last `window` known answers count.
    pub(super) fn last(window: usize, classes: usize) -> Self {
        Self { window: Some(window), ..Self::unlimited(classes) }
    }

    /// Adds an opinion on a clip whose answer is `answer`.
    pub(super) fn add(&mut self, answer: u16, right: bool) {
        let class = usize::from(answer);
        self.total += 1;
        self.seen[class] += 1;
        self.right[class] += u32::from(right);
        let Some(window) = self.window else { return };
        self.last.push_back((answer, right));
        if self.last.len() > window
            && let Some((answer, right)) = self.last.pop_front()
        {
            self.seen[usize::from(answer)] -= 1;
            self.right[usize::from(answer)] -= u32::from(right);
        }
    }

    /// How many known answers were seen, those that left the window included.
    pub(super) fn seen(&self) -> u32 {
        self.total
    }

    /// The accuracy in the window: the weighted share that is right or, `balanced`, the weighted mean over the classes that
    /// occur of the share that is right. `None` where nothing with a weight was seen.
    pub(super) fn accuracy(&self, balanced: bool, weights: &[f64]) -> Option<f64> {
        let (mut part, mut whole) = (0.0, 0.0);
        for ((&seen, &right), &weight) in self.seen.iter().zip(&self.right).zip(weights) {
            if seen == 0 {
                continue;
            }
            let (seen, right) = (f64::from(seen), f64::from(right));
            part += weight * if balanced { right / seen } else { right };
            whole += weight * if balanced { 1.0 } else { seen };
        }
        (whole > 0.0).then(|| part / whole)
    }
}
