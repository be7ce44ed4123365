//! Multinomial logistic regression with a ridge, fitted to its one optimum by Newton's method.

use nalgebra::{DMatrix, DVector};

/// What is fitted to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Data<'a> {
    /// `[example][feature]`, standardised.
    pub features: &'a [Vec<f64>],
    /// `[example][class]`: how much it counts that an example is of a class.
    pub weights: &'a [Vec<f64>],
    pub classes: usize,
}

/// `[class]`: one weight a feature, then the intercept.
pub(super) type Rows = Vec<Vec<f64>>;

/// What is made small: the sum over examples of weighted cross-entropy, and half the ridge times the squared weights;
/// intercepts are free. This is scikit-learn's `LogisticRegression(C=1/ridge)`, for two classes too, where it has one row of
/// weights and not two that mirror each other.
#[derive(Debug)]
pub(super) struct Fit<'a> {
    data: Data<'a>,
    ridge: f64,
    rows: Rows,
    /// The mean cross-entropy of `rows`.
    pub loss: f64,
    total: f64,
    objective: f64,
}

impl<'a> Fit<'a> {
    /// Begins at zero.
    pub fn new(data: Data<'a>, ridge: f64) -> Fit<'a> {
        let features = data.features.first().map_or(0, Vec::len);
        // Two rows that mirror each other have half the squares of the one between them.
        let ridge = if data.classes == 2 { 2.0 * ridge } else { ridge };
        let total = data.weights.iter().flatten().sum();
        let rows = vec![vec![0.0; features + 1]; data.classes];
        let mut fit = Fit { data, ridge, rows, loss: 0.0, total, objective: 0.0 };
        fit.settle(fit.rows.clone());
        fit
    }

    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    fn settle(&mut self, rows: Rows) {
        let (entropy, squares) = self.parts(&rows);
        self.loss = entropy / self.total.max(f64::MIN_POSITIVE);
        self.objective = entropy + squares;
        self.rows = rows;
    }

    /// The sum of cross-entropies, and the ridge's share.
    fn parts(&self, rows: &Rows) -> (f64, f64) {
        let examples = self.data.features.iter().zip(self.data.weights);
        let entropy = examples.map(|(features, weights)| {
            let logarithms = log_probabilities(rows, features);
            -logarithms.iter().zip(weights).map(|(logarithm, weight)| weight * logarithm).sum::<f64>()
        });
        let weights = rows.iter().flat_map(|row| &row[..row.len() - 1]);
        (entropy.sum(), 0.5 * self.ridge * weights.map(|weight| weight * weight).sum::<f64>())
    }

    /// One step of Newton's, halved until the objective falls; how far it went, from 0 to 1. `None` at the optimum: where
    /// the gradient vanishes, or where the fall still to be had (half Newton's decrement) is lost in rounding.
    pub fn step(&mut self) -> Option<f64> {
        let (gradient, hessian) = self.slope();
        if gradient.amax() <= 1e-9 * self.total.max(1.0) {
            return None;
        }
        let direction = hessian.cholesky()?.solve(&gradient);
        let fall = gradient.dot(&direction);
        if 0.5 * fall <= 1e-13 * (1.0 + self.objective.abs()) {
            return None;
        }
        let wide = self.rows[0].len();
        let mut length = 1.0;
        for _ in 0..40 {
            let mut rows = self.rows.clone();
            for (class, row) in rows.iter_mut().enumerate() {
                row.iter_mut().enumerate().for_each(|(at, value)| *value -= length * direction[class * wide + at]);
            }
            let (entropy, squares) = self.parts(&rows);
            let objective = entropy + squares;
            // Strictly: a step that changes nothing could be taken for ever.
            if objective < self.objective && objective <= self.objective - 1e-4 * length * fall {
                self.settle(rows);
                return Some(length);
            }
            length *= 0.5;
        }
        // What is left is below rounding.
        None
    }

    fn slope(&self) -> (DVector<f64>, DMatrix<f64>) {
        let (wide, classes) = (self.rows[0].len(), self.data.classes);
        let mut gradient = DVector::zeros(classes * wide);
        let mut hessian = DMatrix::zeros(classes * wide, classes * wide);
        for (features, weights) in self.data.features.iter().zip(self.data.weights) {
            let p: Vec<f64> = log_probabilities(&self.rows, features).into_iter().map(libm::exp).collect();
            let all: f64 = weights.iter().sum();
            let value = |at: usize| features.get(at).copied().unwrap_or(1.0);
            for k in 0..classes {
                for i in 0..wide {
                    gradient[k * wide + i] += (all * p[k] - weights[k]) * value(i);
                }
                for l in 0..=k {
                    let curve = all * p[k] * (f64::from(u8::from(k == l)) - p[l]);
                    for i in 0..wide {
                        let factor = curve * value(i);
                        for j in 0..wide {
                            hessian[(k * wide + i, l * wide + j)] += factor * value(j);
                        }
                    }
                }
            }
        }
        for k in 0..classes {
            for i in 0..wide - 1 {
                gradient[k * wide + i] += self.ridge * self.rows[k][i];
                hessian[(k * wide + i, k * wide + i)] += self.ridge;
            }
            // The same added to all intercepts changes nothing: their sum stays 0.
            for l in 0..=k {
                hessian[(k * wide + wide - 1, l * wide + wide - 1)] += 1.0;
            }
        }
        // The factorisation reads the lower half only.
        (gradient, hessian)
    }
}

/// The logarithm of each class's probability.
fn log_probabilities(rows: &Rows, features: &[f64]) -> Vec<f64> {
    let logits: Vec<f64> = rows
        .iter()
        .map(|row| row.iter().zip(features.iter().chain([&1.0])).map(|(weight, value)| weight * value).sum())
        .collect();
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shift = largest + libm::log(logits.iter().map(|logit| libm::exp(logit - largest)).sum());
    logits.into_iter().map(|logit| logit - shift).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(classes: usize, label: impl Fn(usize) -> usize, weight: impl Fn(usize) -> f64, ridge: f64) -> Rows {
        let wave = |at: f64| libm::sin(0.37 * at * at + 1.7 * at);
        let features: Vec<Vec<f64>> =
            (0..20).map(|row| (0..3).map(|column| wave((3 * row + column) as f64)).collect()).collect();
        let weights: Vec<Vec<f64>> = (0..20)
            .map(|row| (0..classes).map(|class| if class == label(row) { weight(row) } else { 0.0 }).collect())
            .collect();
        let mut fit = Fit::new(Data { features: &features, weights: &weights, classes }, ridge);
        let mut steps = 0;
        while fit.step().is_some() {
            steps += 1;
            assert!(steps < 50);
        }
        fit.rows
    }

    /// Python 3.13, scikit-learn 1.9, numpy:
    ///
    /// ```python
    /// i = numpy.arange(60.); X = numpy.sin(.37 * i * i + 1.7 * i).reshape(20, 3); r = numpy.arange(20)
    /// fit = lambda y, w, C: LogisticRegression(C=C, tol=1e-12, max_iter=10000).fit(X, y, w)
    /// for m in (fit(r % 3, 1 + r % 2, 2), fit(r % 3 % 2, None, .25)): print(m.coef_, m.intercept_)
    /// ```
    #[test]
    fn weights_are_scikit_learns() {
        let three = fitted(3, |row| row % 3, |row| (1 + row % 2) as f64, 0.5);
        let two = fitted(2, |row| row % 3 % 2, |_| 1.0, 4.0);
        let mean = (three.iter().map(|row| row[3]).sum::<f64>()) / 3.0;
        let found: Vec<f64> = three
            .iter()
            .flat_map(|row| [row[0], row[1], row[2], row[3] - mean])
            .chain((0..4).map(|at| two[1][at] - two[0][at]))
            .collect();
        let expected: [f64; 16] = [
            0.6524645793552897,
            -0.3801595451971014,
            0.3659523983340509,
            0.004988178109841045,
            -0.6249980171593387,
            -0.14633495447692013,
            0.48908341876621153,
            0.4387182920139208,
            -0.02746656219595092,
            0.5264944996740218,
            -0.8550358171002627,
            -0.4437064701237619,
            -0.4042150410950201,
            -0.10643202893446299,
            0.21651150145666123,
            -0.5122350743847299,
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    /// Features of sizes far apart keep the gradient above its bound by rounding alone.
    #[test]
    fn a_fit_ends_where_only_rounding_is_left() {
        let sizes = [1e6, 1.0, 1e-3];
        for ridge in [1e-6, 1e-2, 1.0, 64.0] {
            let features: Vec<Vec<f64>> = (0..186)
                .map(|row| (0..3).map(|at| sizes[at] * libm::sin(f64::from(3 * row + at as i32).powi(2))).collect())
                .collect();
            let weights: Vec<Vec<f64>> =
                (0..186).map(|row| vec![f64::from(row % 3 % 2), 1.0 - f64::from(row % 3 % 2)]).collect();
            let mut fit = Fit::new(Data { features: &features, weights: &weights, classes: 2 }, ridge);
            let steps = (0..200).take_while(|_| fit.step().is_some()).count();
            assert!(steps < 100, "{ridge}");
        }
    }

    #[test]
    fn what_is_apart_stays_finite() {
        let rows = fitted(2, |row| usize::from(row > 9), |row| f64::from(u8::from(row % 2 == 0)), 1e-3);
        assert!(rows.iter().flatten().all(|value| value.is_finite()));
    }
}
