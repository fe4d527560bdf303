"""How many copies the class report finds, and how many honest pairs beside them.

``python -m benchmarks.likeness`` prints a table: classes of 30, 100, 300 and 1000, a tenth
of them copies (five of 30), as many of each way; sums, and the least and the most in one
class. It says nothing of speed.
"""

from __future__ import annotations

from collections import Counter

from grading.report.similarity import alike
from tests.support.honest_class import BLANKS, COPIES, make

SIZES = {30: 40, 100: 20, 300: 10, 1000: 5}  # students, and how many classes of them
SEED = 5000  # of the first class of each size


def counted(size: int, seed: int) -> Counter[str]:
    """Return what was found in one class, by way of copying; "honest" are the others."""
    copies = max(1, size // (10 * len(COPIES)))
    answers, pairs = make(size - copies * len(COPIES), copies, seed)
    found = [(pair.one, pair.other) for pair in alike(answers, BLANKS).pairs]
    return Counter(pairs.get(pair, "honest") for pair in found)


def main() -> None:
    """Print a row for each size."""
    print("| students | classes |", " | ".join(COPIES), "| honest pairs |")
    for size, classes in SIZES.items():
        each = max(1, size // (10 * len(COPIES)))
        found = [counted(size, SEED + number) for number in range(classes)]
        row = [str(size), str(classes)]
        for way in (*COPIES, "honest"):
            counts = [one[way] for one in found]
            most = "" if way == "honest" else f" of {each * classes}"
            row.append(f"{sum(counts)}{most}, {min(counts)} to {max(counts)}")
        print("|", " | ".join(row), "|")


if __name__ == "__main__":
    main()
