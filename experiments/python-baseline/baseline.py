"""A baseline without a network: the nearest class mean of sorted column brightness.

usage: baseline.py FRAMES LABELS SPLIT FOLD OUTPUT

Learns from the clips of LABELS, predicts the clips of FOLD, and refuses if one patient is on both sides. Beside the nearest
mean it gives the commonest class of the training labels for every clip: what knowing nothing of the clip is worth.

Whole numbers and fractions throughout, so that every Python from 3.9 on writes the same bytes.
"""

import ast
import csv
import sys
from fractions import Fraction
from pathlib import Path


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def frames_of(path):
    """The shape and the bytes of a NumPy file of unsigned bytes."""
    content = Path(path).read_bytes()
    if content[:6] != b"\x93NUMPY":
        sys.exit(f"{path}: no NumPy file")
    width = 2 if content[6] == 1 else 4
    begin = 8 + width + int.from_bytes(content[8 : 8 + width], "little")
    header = ast.literal_eval(content[8 + width : begin].decode("latin-1"))
    if header["descr"] != "|u1" or header["fortran_order"]:
        sys.exit(f"{path}: not unsigned bytes in rows: {header}")
    return header["shape"], content[begin:]


def features(path):
    """How bright each column is over all frames, sorted: where in the picture a bright column stands says nothing."""
    (frames, height, width), pixels = frames_of(path)
    if len(pixels) != frames * height * width:
        sys.exit(f"{path}: {len(pixels)} bytes are not {frames} x {height} x {width}")
    return sorted(sum(pixels[column::width]) for column in range(width))


def mean(rows):
    return [Fraction(sum(column), len(rows)) for column in zip(*rows)]


def distance(row, centre):
    return sum((a - b) ** 2 for a, b in zip(row, centre))


def main(frames, labels, split, fold, output):
    classes = [name[2:] for name in table(labels)[0] if name.startswith("p_")]
    side = {row["clip"]: row for row in table(split)}
    taught = {row["clip"]: row["label"] for row in table(labels) if row["label"]}
    held_out = [clip for clip, row in side.items() if row["part"] == fold]
    patients = {side[clip]["patient"] for clip in held_out}
    if not held_out:
        sys.exit(f"no clip is in fold {fold}")
    if any(side[clip]["patient"] in patients for clip in taught):
        sys.exit("a patient is both learned from and predicted")

    files = {row["clip"]: Path(frames) / row["file"] for row in table(Path(frames) / "clips.csv")}
    learned = {clip: features(files[clip]) for clip in taught if clip in files}
    rows = {name: [row for clip, row in learned.items() if taught[clip] == name] for name in classes}
    centres = {name: mean(rows) for name, rows in rows.items() if rows}
    # `classes` is ordered by severity and `min` and `max` take the first: ties go to the less severe class.
    commonest = max(classes, key=lambda name: len(rows[name]))
    print(f"fold {fold}: learned from {len(learned)} clips,", {name: len(rows[name]) for name in classes})

    with open(output, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["clip", "annotator", "label"])
        for clip in (clip for clip in held_out if clip in files):
            row = features(files[clip])
            out.writerow([clip, "nearest-mean", min(centres, key=lambda name: distance(row, centres[name]))])
            out.writerow([clip, "commonest-class", commonest])


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
