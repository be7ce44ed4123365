//! Logistic regression on profiles of a clip: the bar that every network has to clear.

use super::architecture::{Built, Sizes};
use super::convnet::Running;
use super::lessons::{Example, Lessons, Target};
use super::logistic::{Data, Fit};
use super::network::{Network, Start, State, Tensor};
use super::profiles::{length, profiles};
use super::workers::Workers;
use super::{ClipShape, ModelError};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// How much is seen of a clip, and how tightly weights are held. A clip's profiles (mean grey and mean change in bands of
/// rows and of columns) are standardised over the training clips. What is fitted has one optimum, which it is fitted to:
/// the number of updates, the optimiser, batches and augmentation are nothing to it, and neither is the seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Baseline {
    /// Bands of rows, and of columns.
    pub bands: usize,
    /// How tightly weights are held: `1/C` of scikit-learn's `LogisticRegression`.
    pub ridge: f64,
}

impl Default for Baseline {
    fn default() -> Self {
        Baseline { bands: 16, ridge: 1.0 }
    }
}

impl Sizes for Baseline {
    fn version(&self) -> u32 {
        1
    }

    fn check(&self, shape: ClipShape) -> Result<(), ModelError> {
        super::architecture::check_units("bands", self.bands)?;
        let setting = |field, value: String, remedy| Err(ModelError::Setting { field, value, remedy });
        if !(self.ridge > 0.0 && self.ridge.is_finite()) {
            return setting("ridge", self.ridge.to_string(), "take a positive number such as 1");
        }
        if shape.frames == 0 || self.bands > shape.height.min(shape.width) {
            return setting("bands", self.bands.to_string(), "take no more than rows or columns of the frames");
        }
        Ok(())
    }

    fn built(&self, classes: usize, shape: ClipShape) -> Built {
        Built::Solved(Rc::new(Logistic { bands: self.bands, ridge: self.ridge, classes, shape }))
    }
}

/// A standardisation of profiles and a linear layer.
#[derive(Debug)]
pub(super) struct Logistic {
    bands: usize,
    ridge: f64,
    classes: usize,
    shape: ClipShape,
}

impl Logistic {
    fn standardised(&self, running: &Running, profiles: Vec<f64>) -> Vec<f64> {
        let stand =
            |((value, &mean), &variance): ((f64, &f32), &f32)| (value - f64::from(mean)) / f64::from(variance).sqrt();
        profiles.into_iter().zip(&running.mean).zip(&running.variance).map(stand).collect()
    }

    /// Mean and (biased) variance of each number; what never varies keeps its scale.
    fn statistics(&self, all: &[Vec<f64>]) -> Running {
        let (count, width) = (all.len() as f64, length(self.bands));
        let mean = |of: &dyn Fn(&Vec<f64>) -> f64| all.iter().map(of).sum::<f64>() / count;
        let means: Vec<f64> = (0..width).map(|at| mean(&|row| row[at])).collect();
        let variances = (0..width).map(|at| mean(&|row| (row[at] - means[at]).powi(2)) as f32);
        let variances = variances.map(|variance| if variance > 0.0 { variance } else { 1.0 }).collect();
        Running { mean: means.iter().map(|mean| *mean as f32).collect(), variance: variances }
    }

    /// Fits to `lessons.training`, whose clips `read` gives normalised; tells the loss before the first step and after
    /// each, and how far it went.
    pub fn solve(
        &self,
        lessons: &Lessons<'_>,
        class_weights: &[f32],
        read: &dyn Fn(&Example) -> Result<Vec<f32>, ModelError>,
        tell: &mut dyn FnMut(f64, f64) -> Result<(), ModelError>,
    ) -> Result<State, ModelError> {
        let of = |example: &Example| Ok(profiles(&read(example)?, self.shape, self.bands));
        let all = lessons.training.iter().map(of).collect::<Result<Vec<_>, ModelError>>()?;
        let running = self.statistics(&all);
        let features: Vec<Vec<f64>> = all.into_iter().map(|profiles| self.standardised(&running, profiles)).collect();
        let weigh = |example: &Example| {
            let Target::Classes(shares) = &example.target else { return Vec::new() };
            let class = |at: usize| class_weights.get(at).map_or(1.0, |weight| f64::from(*weight));
            let weight = f64::from(example.weight);
            shares.iter().enumerate().map(|(at, share)| weight * class(at) * f64::from(*share)).collect()
        };
        let weights: Vec<Vec<f64>> = lessons.training.iter().map(weigh).collect();
        let mut fit = Fit::new(Data { features: &features, weights: &weights, classes: self.classes }, self.ridge);
        while let Some(length) = fit.step() {
            tell(fit.loss, length)?;
        }
        let rows = fit.rows();
        let weight = rows.iter().flat_map(|row| &row[..row.len() - 1]).chain(rows.iter().filter_map(|row| row.last()));
        Ok(State { parameters: vec![weight.map(|value| *value as f32).collect()], running: vec![running] })
    }
}

impl Network for Logistic {
    fn parts(&self) -> Vec<Vec<Tensor>> {
        let weight = Tensor::new("head.weight", &[self.classes, length(self.bands)], Start::All(0.0));
        vec![vec![weight, Tensor::new("head.bias", &[self.classes], Start::All(0.0))]]
    }

    fn norms(&self) -> Vec<(String, usize)> {
        vec![("profiles".to_owned(), length(self.bands))]
    }

    fn evaluate(&self, state: &State, source: Vec<f32>, _workers: &Workers) -> Result<Vec<f32>, ModelError> {
        let (weights, biases) = state.parameters[0].split_at(self.classes * length(self.bands));
        let mut logits = Vec::new();
        for clip in source.chunks_exact(self.shape.bytes()) {
            let features = self.standardised(&state.running[0], profiles(clip, self.shape, self.bands));
            for (row, bias) in weights.chunks_exact(features.len()).zip(biases) {
                let terms = row.iter().zip(&features).map(|(weight, value)| f64::from(*weight) * value);
                logits.push((terms.sum::<f64>() + f64::from(*bias)) as f32);
            }
        }
        Ok(logits)
    }

    fn operations(&self) -> u64 {
        (4 * self.shape.bytes() + self.classes * length(self.bands)) as u64
    }

    fn workspace(&self, inputs: usize) -> u64 {
        (inputs * (4 * self.shape.bytes() + 8 * length(self.bands))) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Architecture, Clips, NoMaps, Nobody, Place, Progress, Settings, predict, train};
    use super::*;
    use std::borrow::Cow;
    use std::sync::atomic::AtomicBool;

    struct Waves;

    impl Clips for Waves {
        fn len(&self) -> usize {
            14
        }

        fn shape(&self) -> ClipShape {
            ClipShape { frames: 3, height: 9, width: 10 }
        }

        fn frames(&self, index: usize) -> Result<Cow<'_, [u8]>, ModelError> {
            let wave = |at: usize| libm::sin(0.37 * (at * at) as f64 + 1.7 * at as f64);
            Ok((0..270).map(|at| (127.0 + 120.0 * wave(270 * index + at)).round() as u8).collect())
        }
    }

    /// Python 3.13, scikit-learn 1.9, numpy:
    ///
    /// ```python
    /// i = numpy.arange(14 * 270.); clips = numpy.round(127 + 120 * numpy.sin(.37 * i * i + 1.7 * i)).reshape(14, 3, 9, 10)
    /// clips = (clips - clips[:12].mean()) / clips[:12].std()
    /// def profiles(c, bands=4):
    ///     r, k = numpy.arange(9) * bands // 9, numpy.arange(10) * bands // 10; d = abs(numpy.diff(c, axis=0))
    ///     return [f(x, b) for x in (c, d) for f in (lambda x, b: x[:, r == b].mean(), lambda x, b: x[:, :, k == b].mean())
    ///             for b in range(bands)]
    /// X = StandardScaler().fit(numpy.array([profiles(c) for c in clips[:12]])); P = X.transform([profiles(c) for c in clips])
    /// y = numpy.arange(12); X = numpy.repeat(P[:12], 2, axis=0)        # a quarter of each clip is of the next class
    /// w = numpy.tile([.75, .25], 12) * numpy.array([1, 2, .5])[numpy.stack([y % 3, (y + 1) % 3], 1).ravel()]
    /// m = LogisticRegression(C=2, tol=1e-12, max_iter=10000).fit(X, numpy.stack([y % 3, (y + 1) % 3], 1).ravel(), w)
    /// print(m.predict_proba(P[12:]))
    /// ```
    #[test]
    fn predictions_are_scikit_learns() {
        let example = |clip: usize| {
            let mut shares = vec![0.0; 3];
            shares[clip % 3] = 0.75;
            shares[(clip + 1) % 3] = 0.25;
            Example { clip, target: Target::Classes(shares), group: clip % 3, weight: 1.0 }
        };
        let training: Vec<Example> = (0..12).map(example).collect();
        let validation = [example(12), example(13)];
        let lessons = Lessons {
            classes: 3,
            clips: &Waves,
            maps: &NoMaps,
            training: &training,
            validation: &validation,
            start: None,
        };
        let settings = Settings {
            model: Architecture::Baseline(Baseline { bands: 4, ridge: 0.5 }),
            class_weights: vec![1.0, 2.0, 0.5],
            ..Settings::default()
        };
        let watch = |progress: Progress<'_>| println!("{progress:?}");
        let trained = train(&settings, &lessons, &Nobody, &watch, &AtomicBool::new(false)).unwrap();
        let found = predict(&trained.weights, &Waves, &[12, 13], 1, Place::Cpu).unwrap();
        let expected: [[f64; 3]; 2] = [
            [0.138411699687985, 0.7270353218696919, 0.13455297844232303],
            [0.5565442588745975, 0.312281781243573, 0.13117395988182962],
        ];
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        let falls = trained.history.windows(2).all(|two| two[1].train_loss < two[0].train_loss);
        assert!(falls && trained.history.len() as u64 == trained.updates, "{:?}", trained.history);
        assert!(trained.history.last().unwrap().validation_loss.is_some());
        let again = Settings { seed: 9, updates: 3, threads: 2, ..settings };
        let again = train(&again, &lessons, &Nobody, &watch, &AtomicBool::new(false)).unwrap();
        assert_eq!(again.weights, trained.weights);
    }
}
