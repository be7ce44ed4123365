//! One annotator against another, and one against the majority of the others: cross tables of classes.

use super::{Between, Coefficient, Evidence, Question, Ratings};

/// The class each annotator gave each clip.
pub(super) struct Given<'a> {
    ratings: &'a Ratings<'a>,
    /// One row an annotator, one column a clip.
    classes: Vec<u16>,
}

/// Stands where there is no opinion. Never a class: there are fewer than `u16::MAX`.
const NOTHING: u16 = u16::MAX;

const COMPARED: &[Coefficient] =
    &[Coefficient::Percent, Coefficient::Cohen, Coefficient::LinearKappa, Coefficient::QuadraticKappa];

impl<'a> Given<'a> {
    pub(super) fn new(ratings: &'a Ratings<'a>) -> Self {
        let clips = ratings.unit_of.len();
        let mut classes = vec![NOTHING; ratings.annotators * clips];
        for opinion in ratings.opinions.iter().filter(|opinion| opinion.votes > 0.0) {
            let Some(by) = opinion.annotator else { continue };
            let cell = &mut classes[by as usize * clips + opinion.clip as usize];
            if *cell == NOTHING {
                *cell = opinion.class;
            }
        }
        Self { ratings, classes }
    }

    fn by(&self, annotator: usize) -> &[u16] {
        let clips = self.ratings.unit_of.len();
        &self.classes[annotator * clips..(annotator + 1) * clips]
    }

    /// Every two annotators who judged a clip in common.
    pub(super) fn pairs(&self) -> Vec<Question> {
        let annotators = self.ratings.annotators;
        let all = (0..annotators).flat_map(|one| (one + 1..annotators).map(move |other| (one, other)));
        all.filter_map(|(one, other)| {
            let both = || {
                let clips = self.by(one).iter().zip(self.by(other)).zip(self.ratings.unit_of);
                clips.filter(|((a, b), _)| **a != NOTHING && **b != NOTHING)
            };
            let clips = both().count();
            let evidence = Evidence::new(
                self.cells(),
                both().map(|((a, b), unit)| (*unit, self.cell(usize::from(*a), usize::from(*b)), 1.0)),
            );
            let between = Between::Pair(one as u32, other as u32);
            self.question(between, evidence, clips, 2.0 * clips as f64)
        })
        .collect()
    }

    /// Every annotator who judged a clip that somebody else judged too.
    pub(super) fn others(&self) -> Vec<Question> {
        let (clips, classes) = (self.ratings.unit_of.len(), self.ratings.classes);
        let mut counts = vec![0_u32; clips * classes];
        for by in 0..self.ratings.annotators {
            for (clip, class) in self.by(by).iter().enumerate().filter(|(_, class)| **class != NOTHING) {
                counts[clip * classes + usize::from(*class)] += 1;
            }
        }
        let one = |by: usize| {
            let (mut compared, mut opinions) = (0, 0.0);
            let mut contributions = Vec::new();
            for (clip, own) in self.by(by).iter().enumerate().filter(|(_, class)| **class != NOTHING) {
                let own = usize::from(*own);
                let mut others = counts[clip * classes..(clip + 1) * classes].to_vec();
                others[own] -= 1;
                let most = others.iter().copied().max().unwrap_or(0);
                if most == 0 {
                    continue;
                }
                compared += 1;
                opinions += 1.0 + f64::from(others.iter().sum::<u32>());
                let tied = || (0..classes).filter(|class| others[*class] == most);
                let share = 1.0 / tied().count() as f64;
                contributions.extend(tied().map(|class| (self.ratings.unit_of[clip], self.cell(class, own), share)));
            }
            let evidence = Evidence::new(self.cells(), contributions);
            self.question(Between::Others(by as u32), evidence, compared, opinions)
        };
        (0..self.ratings.annotators).filter_map(one).collect()
    }

    fn question(&self, between: Between, evidence: Evidence, clips: usize, opinions: f64) -> Option<Question> {
        (clips > 0).then_some(Question { between, coefficients: COMPARED, evidence, clips, opinions })
    }

    fn cells(&self) -> usize {
        self.ratings.classes * self.ratings.classes
    }

    fn cell(&self, row: usize, column: usize) -> usize {
        row * self.ratings.classes + column
    }
}
