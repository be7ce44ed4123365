"""Seconds of a bootstrap over patients with scikit-learn, scaled to 2,000 draws from the 12 it makes; see evaluate.rs."""
import time
import warnings

import numpy as np
from sklearn import metrics as sk

CLIPS, PATIENTS, REPLICATES, MADE = 4030, 483, 2000, 12
warnings.filterwarnings("ignore")


def made(clip, of):
    mixed = (clip * 2654435761 + of * 40503001 + 12345) % (1 << 32)
    return (mixed * 2246822519 % (1 << 32)) / (1 << 32)


clip = np.arange(CLIPS, dtype=np.uint64)
reference = (3 * made(clip, 0)).astype(int)
raw = np.stack([made(clip, 1 + c) + np.where(reference == c, 0.4, 0.1) for c in range(3)], axis=1)
probabilities = raw / raw.sum(1, keepdims=True)
predicted = probabilities.argmax(1)
patient = (clip % PATIENTS).astype(int)
of_patient = [np.flatnonzero(patient == p) for p in range(PATIENTS)]


def scores(ref, pred, p):
    side, called, score = ref > 0, pred > 0, p[:, 1] + p[:, 2]
    score = score.clip(0, 1)
    return [
        sk.accuracy_score(ref, pred),
        sk.balanced_accuracy_score(ref, pred),
        sk.f1_score(ref, pred, average="macro"),
        sk.recall_score(side, called),
        sk.recall_score(side, called, pos_label=False),
        sk.cohen_kappa_score(ref, pred),
        sk.cohen_kappa_score(ref, pred, weights="quadratic"),
        sk.roc_auc_score(side, score),
        sk.precision_score(side, called),
        sk.precision_score(side, called, pos_label=False),
        sk.f1_score(side, called),
        sk.f1_score(ref, pred, average="weighted"),
        sk.matthews_corrcoef(ref, pred),
        sk.cohen_kappa_score(ref, pred, weights="linear"),
        sk.mean_absolute_error(ref, pred),
        sk.average_precision_score(side, score),
        sk.brier_score_loss(side, score),
        sk.log_loss(side, score),
        sk.f1_score(ref, pred, average="micro"),
        sk.roc_auc_score(ref, p, multi_class="ovr", average="macro"),
        sk.roc_auc_score(ref, p, multi_class="ovo", average="macro"),
    ]


generator = np.random.default_rng(7)
scores(reference, predicted, probabilities)
start = time.perf_counter()
for _ in range(MADE):
    drawn = np.concatenate([of_patient[p] for p in generator.integers(0, PATIENTS, PATIENTS)])
    scores(reference[drawn], predicted[drawn], probabilities[drawn])
print((time.perf_counter() - start) * REPLICATES / MADE)
