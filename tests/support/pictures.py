"""Screenshots of the tests in a browser, and those among them that the README shows.

Each run of ``make test-browser`` takes all of them anew, in reports/screenshots/. A picture
carries the words that were to be seen on it, so that a test can tell when the README shows what
is no longer there: pixels differ from one machine to the next, words do not. ``make pictures``
puts the new ones in their place.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "reports" / "screenshots"
KEPT = ROOT / "docs" / "pictures"
IN_README = ("student", "formgrader", "feedback")
LARGEST = 200_000  # bytes


def keep(name: str, *shots: bytes, words: str = "") -> None:
    """Keep a screenshot, or several beside each other.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    shots : bytes
        PNG files of one height.
    words : str
        What is to be read there.
    """
    pictures = [Image.open(io.BytesIO(shot)) for shot in shots]
    size = sum(picture.width for picture in pictures), pictures[0].height
    whole = Image.new("RGB", size)
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    about = PngInfo()
    about.add_itxt("Description", " ".join(words.split()))
    SHOTS.mkdir(parents=True, exist_ok=True)
    # 256 colours are enough for a window full of text, and a third of the bytes.
    whole.quantize(256).save(SHOTS / f"{name}.png", pnginfo=about, optimize=True)


def words_of(path: Path) -> str:
    """Return the words that a picture carries."""
    with Image.open(path) as picture:
        picture.load()
        return str(picture.info["Description"])


def publish() -> None:
    """Put the pictures of the README in their place."""
    KEPT.mkdir(exist_ok=True)
    for name in IN_README:
        shutil.copy(SHOTS / f"{name}.png", KEPT)


if __name__ == "__main__":
    publish()
