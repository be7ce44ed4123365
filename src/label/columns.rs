//! Many opinions, column by column.

use super::Opinion;
use crate::narrow::Narrow;

/// Opinions in order: five bytes each, where every one stands for one vote and there are no more than 2¹⁶ clips, 2¹⁶
/// annotators and 2⁸ classes.
#[derive(Debug, Clone, Default)]
pub struct OpinionColumns {
    clips: Narrow,
    /// One more than the annotator's index; 0 is nobody.
    annotators: Narrow,
    classes: Narrow,
    /// `None` where every opinion stands for one.
    votes: Option<Vec<f64>>,
}

impl OpinionColumns {
    /// Of these clips, annotators (an index, or nothing where nobody signed), and classes, one each an opinion.
    ///
    /// # Panics
    /// Panics where there are not as many of each.
    pub fn new(clips: Narrow, annotators: Signed, classes: Narrow) -> Self {
        let Signed(annotators) = annotators;
        assert!(clips.len() == annotators.len() && clips.len() == classes.len());
        Self { clips, annotators, classes, votes: None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.clips.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// The clip of each.
    pub fn clips(&self) -> &Narrow {
        &self.clips
    }

    /// One more than the annotator of each; 0 where nobody signed it.
    pub fn annotators_from_1(&self) -> &Narrow {
        &self.annotators
    }

    /// The class each names.
    pub fn classes(&self) -> &Narrow {
        &self.classes
    }

    /// How many votes each stands for; `None` where that is one for all.
    pub fn votes(&self) -> Option<&[f64]> {
        self.votes.as_deref()
    }

    /// The opinion at a place.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn get(&self, at: usize) -> Opinion {
        Opinion {
            clip: self.clips.get(at),
            annotator: self.annotators.get(at).checked_sub(1),
            class: self.classes.get(at) as u16,
            votes: self.votes.as_ref().map_or(1.0, |votes| votes[at]),
        }
    }

    /// All of them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Opinion> + DoubleEndedIterator + Clone {
        (0..self.len()).map(|at| self.get(at))
    }

    /// How many votes there are.
    pub fn total(&self) -> f64 {
        self.votes.as_ref().map_or(self.len() as f64, |votes| votes.iter().sum())
    }

    /// How many were signed by nobody.
    pub fn anonymous(&self) -> usize {
        self.annotators.all().iter().filter(|from_1| *from_1 == 0).count()
    }

    /// Adds one.
    pub fn push(&mut self, opinion: Opinion) {
        if opinion.votes != 1.0 {
            self.counted();
        }
        if let Some(votes) = &mut self.votes {
            votes.push(opinion.votes);
        }
        self.clips.push(opinion.clip);
        self.annotators.push(from_1(opinion.annotator));
        self.classes.push(opinion.class.into());
    }

    /// Puts another in the place of one.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn set(&mut self, at: usize, opinion: Opinion) {
        self.clips.set(at, opinion.clip);
        self.annotators.set(at, from_1(opinion.annotator));
        self.classes.set(at, opinion.class.into());
        self.set_votes(at, opinion.votes);
    }

    /// Says how many votes one stands for.
    ///
    /// # Panics
    /// Panics where there is none.
    pub fn set_votes(&mut self, at: usize, votes: f64) {
        if votes != self.get(at).votes {
            self.counted()[at] = votes;
        }
    }

    /// Says how many votes each stands for, and leaves out those that stand for none.
    ///
    /// # Panics
    /// Panics where that is not said of each.
    pub fn keep_votes(&mut self, votes: Vec<f64>) {
        assert_eq!(votes.len(), self.len());
        self.votes = Some(votes);
        self.retain(|opinion| opinion.votes > 0.0);
        self.votes.take_if(|votes| votes.iter().all(|votes| *votes == 1.0));
    }

    /// Leaves out all for which `keep` does not hold, which is asked of each in order.
    pub fn retain(&mut self, mut keep: impl FnMut(Opinion) -> bool) {
        let mut left = 0;
        for at in 0..self.len() {
            if keep(self.get(at)) {
                for column in [&mut self.clips, &mut self.annotators, &mut self.classes] {
                    column.set(left, column.get(at));
                }
                if let Some(votes) = &mut self.votes {
                    votes[left] = votes[at];
                }
                left += 1;
            }
        }
        for column in [&mut self.clips, &mut self.annotators, &mut self.classes] {
            column.truncate(left);
        }
        if let Some(votes) = &mut self.votes {
            votes.truncate(left);
        }
    }

    /// Gives each clip and each annotator the number that stands at its place.
    ///
    /// # Panics
    /// Panics where an opinion is of one that has none.
    pub fn renumber(&mut self, clips: &[u32], annotators: &[u32]) {
        self.clips = self.clips.mapped(clips);
        let signed = annotators.iter().map(|annotator| Some(*annotator));
        self.annotators = self.annotators.mapped(&Vec::from_iter([None].into_iter().chain(signed).map(from_1)));
    }

    fn counted(&mut self) -> &mut Vec<f64> {
        let count = self.len();
        self.votes.get_or_insert_with(|| vec![1.0; count])
    }
}

impl FromIterator<Opinion> for OpinionColumns {
    fn from_iter<I: IntoIterator<Item = Opinion>>(all: I) -> Self {
        let mut opinions = Self::default();
        all.into_iter().for_each(|opinion| opinions.push(opinion));
        opinions
    }
}

/// Who gave each of many opinions.
#[derive(Debug, Clone)]
pub struct Signed(Narrow);

impl Signed {
    /// So many of nobody.
    pub fn by_nobody(count: usize) -> Self {
        Self(Narrow::zeros(count, 1))
    }

    /// By those who stand in `of` at the places `numbers` tell.
    ///
    /// # Panics
    /// Panics where there is no such place.
    pub fn mapped(numbers: &Narrow, of: impl IntoIterator<Item = Option<u32>>) -> Self {
        Self(numbers.mapped(&Vec::from_iter(of.into_iter().map(from_1))))
    }
}

fn from_1(annotator: Option<u32>) -> u32 {
    annotator.map_or(0, |annotator| annotator + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(at: u32, votes: f64) -> Opinion {
        Opinion { clip: at, annotator: (at != 2).then_some(at), class: at as u16, votes }
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let mut opinions: OpinionColumns = (0..4).map(|at| one(at, 1.0)).collect();
        assert_eq!((opinions.votes(), opinions.total(), opinions.anonymous()), (None, 4.0, 1));
        opinions.push(one(4, 2.5));
        opinions.set(1, one(7, 1.0));
        opinions.set_votes(0, 0.5);
        let expected = [one(0, 0.5), one(7, 1.0), one(2, 1.0), one(3, 1.0), one(4, 2.5)];
        assert_eq!((opinions.len(), opinions.total()), (5, 7.0 - 1.0));
        assert!(opinions.iter().eq(expected));
        opinions.retain(|opinion| opinion.clip != 7);
        assert!(opinions.iter().eq([0, 2, 3, 4].map(|at| expected[at])));
        opinions.keep_votes(vec![1.0, 0.0, 1.0, 0.0]);
        assert_eq!((Vec::from_iter(opinions.iter()), opinions.votes()), (vec![one(0, 1.0), one(3, 1.0)], None));
    }

    #[test]
    fn numbers_of_a_table_become_numbers_of_opinions() {
        let clips = Narrow::One(vec![1, 0, 1]);
        let annotators = Signed::mapped(&Narrow::One(vec![0, 2, 1]), [Some(7), None, Some(300)]);
        let mut opinions = OpinionColumns::new(clips.clone(), annotators, Narrow::One(vec![2, 0, 1]));
        let told = |opinions: &OpinionColumns| Vec::from_iter(opinions.iter().map(|o| (o.clip, o.annotator, o.class)));
        assert_eq!(told(&opinions), [(1, Some(7), 2), (0, Some(300), 0), (1, None, 1)]);
        let ranks: Vec<u32> = (0..=300).rev().collect();
        opinions.renumber(&[5, 4], &ranks);
        assert_eq!(told(&opinions), [(4, Some(293), 2), (5, Some(0), 0), (4, None, 1)]);
        let nobody = OpinionColumns::new(clips.clone(), Signed::by_nobody(3), clips);
        assert_eq!(nobody.anonymous(), 3);
    }
}
