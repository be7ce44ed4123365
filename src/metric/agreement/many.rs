//! The agreement of all annotators, from how often each class was given to each clip.

use hashbrown::HashMap;

use super::{Between, Coefficient, Evidence, Question, Ratings};

const ALL: &[Coefficient] = &[
    Coefficient::PercentOfPairs,
    Coefficient::Fleiss,
    Coefficient::AlphaNominal,
    Coefficient::AlphaOrdinal,
    Coefficient::AlphaInterval,
    Coefficient::Ac1,
    Coefficient::Ac2,
];

/// Where in a table of numbers what is found, for so many classes. The coincidences of two opinions on one clip come first:
/// a square of `classes` by `classes`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    classes: usize,
}

impl Layout {
    pub(super) fn of(classes: usize) -> Self {
        Self { classes }
    }

    /// Krippendorff's coincidences: pairs of opinions on one clip over its number of opinions less one.
    pub(super) fn coincidence(self, one: usize, other: usize) -> usize {
        one * self.classes + other
    }

    /// The sum over clips of the share of the clip's opinions that are of a class.
    pub(super) fn share(self, class: usize) -> usize {
        self.classes * self.classes + class
    }

    /// The clips with an opinion.
    pub(super) fn judged(self) -> usize {
        self.share(self.classes)
    }

    /// The clips with two opinions or more.
    pub(super) fn paired(self) -> usize {
        self.judged() + 1
    }

    /// The sum over these of the share of pairs that agree.
    pub(super) fn agreeing(self) -> usize {
        self.judged() + 2
    }

    /// The same with quadratic weights.
    pub(super) fn nearly_agreeing(self) -> usize {
        self.judged() + 3
    }

    fn cells(self) -> usize {
        self.judged() + 4
    }
}

/// What two classes count as agreeing with quadratic weights, from 0 to 1.
pub(super) fn quadratic(one: usize, other: usize, classes: usize) -> f64 {
    let distance = one.abs_diff(other) as f64 / classes.saturating_sub(1).max(1) as f64;
    1.0 - distance * distance
}

/// The agreement of all; nothing where no clip has two opinions, or an opinion stands for a part of a vote.
pub(super) fn question(ratings: &Ratings<'_>) -> Option<Question> {
    if ratings.opinions.votes().is_some_and(|votes| votes.iter().any(|votes| votes.fract() != 0.0)) {
        return None;
    }
    let classes = ratings.classes;
    let layout = Layout::of(classes);
    let mut counts = vec![0.0; ratings.unit_of.len() * classes];
    for opinion in ratings.opinions.iter() {
        counts[opinion.clip as usize * classes + usize::from(opinion.class)] += opinion.votes;
    }
    let total = |counts: &[f64]| counts.iter().sum::<f64>();
    let paired = || counts.chunks_exact(classes).map(total).filter(|total| *total > 1.0);
    let (clips, opinions) = (paired().count(), paired().sum());
    let counts = |clip: usize| &counts[clip * classes..][..classes];
    // Unit by unit, so that no more than one table is made at a time that others do not share.
    let mut order: Vec<u32> = (0..ratings.unit_of.len() as u32).collect();
    order.sort_by_key(|clip| ratings.unit_of[*clip as usize]);
    let unit = |clip: &u32| ratings.unit_of[*clip as usize];
    let table = |clips: &[u32]| {
        let mut sum = vec![0.0; layout.cells()];
        let mut cells = vec![0.0; layout.cells()];
        for clip in clips {
            cells.fill(0.0);
            let counts = counts(*clip as usize);
            fill(&mut cells, counts, total(counts), layout);
            sum.iter_mut().zip(&cells).for_each(|(sum, cell)| *sum += cell);
        }
        sum.into_iter().zip(0_u32..).filter(|(amount, _)| *amount != 0.0).map(|(amount, cell)| (cell, amount)).collect()
    };
    let mut evidence = Evidence::empty(layout.cells());
    // Of a unit that is one clip the opinions say which table it is: it is made once for all that were judged the same.
    let mut known: HashMap<Vec<u64>, Option<u32>> = HashMap::new();
    let mut given = Vec::new();
    for clips in order.chunk_by(|one, other| unit(one) == unit(other)) {
        let unit = unit(&clips[0]);
        if let [clip] = clips {
            given.clear();
            given.extend(counts(*clip as usize).iter().map(|count| count.to_bits()));
            match known.get(&given) {
                Some(at) => at.iter().for_each(|at| evidence.add_alike(unit, *at)),
                None => _ = known.insert(given.clone(), evidence.add(unit, table(clips))),
            }
        } else {
            evidence.add(unit, table(clips));
        }
    }
    (clips > 0).then_some(Question { between: Between::All, coefficients: ALL, evidence, clips, opinions })
}

/// What one clip contributes.
fn fill(cells: &mut [f64], counts: &[f64], total: f64, layout: Layout) {
    let classes = counts.len();
    if total < 1.0 {
        return;
    }
    cells[layout.judged()] = 1.0;
    for (class, count) in counts.iter().enumerate() {
        cells[layout.share(class)] = count / total;
    }
    if total < 2.0 {
        return;
    }
    cells[layout.paired()] = 1.0;
    let (mut agreeing, mut nearly) = (0.0, 0.0);
    for one in 0..classes {
        for other in 0..classes {
            let pairs = counts[one] * (counts[other] - if one == other { 1.0 } else { 0.0 });
            cells[layout.coincidence(one, other)] = pairs / (total - 1.0);
            agreeing += if one == other { pairs } else { 0.0 };
            nearly += quadratic(one, other, classes) * pairs;
        }
    }
    let pairs = total * (total - 1.0);
    cells[layout.agreeing()] = agreeing / pairs;
    cells[layout.nearly_agreeing()] = nearly / pairs;
}
