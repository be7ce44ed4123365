//! Learning from opinions themselves: one confusion matrix an annotator, learned together with the network.
//!
//! ```text
//!                     ┌─ A¹ ─→ what annotator 1 would say   ─┐
//! clip → network → p ─┼─ A² ─→ what annotator 2 would say    ├─ held against what they said
//!                     └─ …                                  ─┘
//! ```
//!
//! The network's probabilities `p` are of the truth, which nobody tells it; annotator r, to whom class k is shown, says
//! class l with probability `Aʳ[k][l]` (Rodrigues & Pereira 2018, "Deep learning from crowds", AAAI 32, the crowd layer;
//! as a matrix of probabilities and with a penalty on its trace, without which network and matrices can exchange their
//! parts: Tanno et al. 2019, "Learning from noisy labels by regularized estimation of annotator confusion", CVPR).

use super::device::{Array, Traced, apply_with, values};
use super::head::log_softmax;
use super::lessons::Opinion;

/// How opinions are learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrowdLayer {
    /// How many annotators there are.
    pub annotators: usize,
    /// How much the mean diagonal of the matrices counts in the loss: annotators are taken to err unless what they say
    /// fits what the clips show.
    pub trace: f64,
}

/// The probability of being right that every annotator begins with.
const BEGIN: f64 = 0.9;

/// Logits of the matrices before the first update: `[annotator][shown][said]`.
pub(super) fn initial(layer: &CrowdLayer, classes: usize) -> Vec<f32> {
    let right = (BEGIN * (classes - 1) as f64 / (1.0 - BEGIN)).ln() as f32;
    let cell = |at: usize| if at / classes % classes == at % classes { right } else { 0.0 };
    (0..layer.annotators * classes * classes).map(cell).collect()
}

/// The matrices as probabilities.
pub(super) fn matrices(logits: &[f32], classes: usize) -> Vec<Vec<Vec<f64>>> {
    let row = |row: &[f32]| log_softmax(row).into_iter().map(libm::exp).collect();
    let matrix = |matrix: &[f32]| matrix.chunks_exact(classes).map(row).collect();
    logits.chunks_exact(classes * classes).map(matrix).collect()
}

/// Value and gradients: by the network's logits, and by those of the matrices.
#[derive(Debug)]
struct Measured {
    value: f64,
    network: Vec<f64>,
    matrices: Vec<f64>,
}

/// The mean over clips of the mean over a clip's opinions of `−ln Σ_k p[k] · Aʳ[k][said]`, and `trace` times the mean over
/// annotators and classes of `Aʳ[k][k]`.
fn measure(layer: &CrowdLayer, network: &[f32], matrices: &[f32], classes: usize, opinions: &[&[Opinion]]) -> Measured {
    let confusion: Vec<f64> = self::matrices(matrices, classes).into_iter().flatten().flatten().collect();
    let cell = |annotator: usize, shown: usize, said: usize| (annotator * classes + shown) * classes + said;
    let mut measured = Measured { value: 0.0, network: vec![0.0; network.len()], matrices: vec![0.0; matrices.len()] };
    // By each probability of each matrix, to be carried through the softmax of its row.
    let mut slopes = vec![0.0; matrices.len()];
    let clips = opinions.len() as f64;
    for ((row, gradient), opinions) in
        network.chunks_exact(classes).zip(measured.network.chunks_exact_mut(classes)).zip(opinions)
    {
        let p: Vec<f64> = log_softmax(row).into_iter().map(libm::exp).collect();
        let votes: f64 = opinions.iter().map(|opinion| f64::from(opinion.votes)).sum();
        let mut by_p = vec![0.0; classes];
        for opinion in *opinions {
            let (annotator, said) = (opinion.annotator as usize, usize::from(opinion.class));
            let share = f64::from(opinion.votes) / votes / clips;
            let heard: f64 = (0..classes).map(|shown| p[shown] * confusion[cell(annotator, shown, said)]).sum();
            let heard = heard.max(f64::MIN_POSITIVE);
            measured.value -= share * libm::log(heard);
            for (shown, by_p) in by_p.iter_mut().enumerate() {
                *by_p -= share * confusion[cell(annotator, shown, said)] / heard;
                slopes[cell(annotator, shown, said)] -= share * p[shown] / heard;
            }
        }
        let mean: f64 = p.iter().zip(&by_p).map(|(p, slope)| p * slope).sum();
        gradient.iter_mut().zip(p.iter().zip(&by_p)).for_each(|(sum, (p, slope))| *sum += p * (slope - mean));
    }
    let share = layer.trace / (layer.annotators * classes).max(1) as f64;
    for annotator in 0..layer.annotators {
        for shown in 0..classes {
            measured.value += share * confusion[cell(annotator, shown, shown)];
            slopes[cell(annotator, shown, shown)] += share;
        }
    }
    let rows = measured.matrices.chunks_exact_mut(classes).zip(confusion.chunks_exact(classes));
    for ((gradient, row), slopes) in rows.zip(slopes.chunks_exact(classes)) {
        let mean: f64 = row.iter().zip(slopes).map(|(p, slope)| p * slope).sum();
        gradient.iter_mut().zip(row.iter().zip(slopes)).for_each(|(sum, (p, slope))| *sum = p * (slope - mean));
    }
    measured
}

/// The loss on the tape, and its value. `parameter` holds the matrices' logits.
pub(super) fn trace(
    layer: &CrowdLayer,
    logits: Traced<(usize, usize)>,
    parameter: &Array<(usize,)>,
    classes: usize,
    opinions: &[&[Opinion]],
) -> (f64, Traced<()>) {
    let found = measure(layer, &values(&logits), &values(parameter), classes, opinions);
    let value = found.value;
    let loss = apply_with(logits, parameter, vec![value as f32], (), move |told, network, matrices| {
        let factor = f64::from(told[0]);
        let add = |sums: &mut [f32], found: &[f64]| {
            sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += (factor * value) as f32);
        };
        add(network, &found.network);
        add(matrices, &found.matrices);
    });
    (value, loss)
}

#[cfg(test)]
mod tests {
    use super::super::reference::waves;
    use super::*;

    const LAYER: CrowdLayer = CrowdLayer { annotators: 2, trace: 0.25 };

    fn opinion(annotator: u32, class: u16, votes: f32) -> Opinion {
        Opinion { annotator, class, votes }
    }

    fn case() -> (Vec<f32>, Vec<f32>, Vec<Vec<Opinion>>) {
        let opinions = vec![
            vec![opinion(0, 2, 1.0), opinion(1, 0, 1.0)],
            vec![opinion(1, 1, 3.0), opinion(0, 1, 1.0)],
            vec![opinion(0, 0, 1.0)],
        ];
        (waves(3, 9, 2.0), waves(4, 18, 1.5), opinions)
    }

    /// Python 3.13, PyTorch 2.15, float64:
    ///
    /// ```python
    /// w = lambda part, n, s: torch.tensor([s * math.sin(.37 * i * i + 1.7 * i + part) for i in range(n)]).float().double().requires_grad_()
    /// x, a = w(3, 9, 2.), w(4, 18, 1.5); p, A = x.reshape(3, 3).softmax(1), a.reshape(2, 3, 3).softmax(2)
    /// said = [[(0, 2, .5), (1, 0, .5)], [(1, 1, .75), (0, 1, .25)], [(0, 0, 1.)]]
    /// loss = -sum(v / 3 * (p[i] @ A[r][:, l]).log() for i, row in enumerate(said) for r, l, v in row)
    /// loss = loss + .25 * A.diagonal(dim1=1, dim2=2).mean(); loss.backward(); print(loss, x.grad, a.grad)
    /// ```
    #[test]
    fn value_and_gradients_are_pytorchs() {
        let (network, matrices, opinions) = case();
        let opinions: Vec<&[Opinion]> = opinions.iter().map(Vec::as_slice).collect();
        let found = measure(&LAYER, &network, &matrices, 3, &opinions);
        let (value, by_network, by_matrices): (f64, [f64; 9], [f64; 18]) = (
            1.6005097608034609,
            [
                -0.053292060321728216,
                -0.017870317885078188,
                0.07116237820680636,
                -0.012259665405319375,
                -0.009398183764700764,
                0.021657849170020154,
                0.08489770588640157,
                -0.03220860508709079,
                -0.05268910079931073,
            ],
            [
                -0.034078689097646685,
                0.029727759353565395,
                0.004350929744081303,
                -0.11507471752528342,
                0.021356795469047864,
                0.09371792205623555,
                0.02170592149419097,
                0.019988688380173467,
                -0.041694609874364436,
                -0.01114821752965307,
                0.00974009255657466,
                0.001408124973078405,
                0.007662829528954477,
                -0.013000232242079985,
                0.0053374027131255115,
                -0.10947767396390906,
                -0.11871221160553767,
                0.22818988556944683,
            ],
        );
        assert!((found.value - value).abs() < 1e-9, "{} {value}", found.value);
        for (found, expected) in found.network.iter().zip(by_network).chain(found.matrices.iter().zip(by_matrices)) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn annotators_begin_nearly_right() {
        for matrix in matrices(&initial(&LAYER, 3), 3) {
            for (shown, row) in matrix.iter().enumerate() {
                assert!((row[shown] - BEGIN).abs() < 1e-6 && (row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            }
        }
    }
}
