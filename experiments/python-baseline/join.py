"""One table of many with the same columns.

usage: join.py FOLDER OUTPUT
"""

import sys
from pathlib import Path


def main(folder, output):
    head, rows = None, []
    for path in sorted(Path(folder).iterdir()):
        first, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if head not in (None, first):
            sys.exit(f"{path}: other columns")
        head, rows = first, rows + rest
    Path(output).write_text("".join([head, *rows]), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
