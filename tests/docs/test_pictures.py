"""The README shows the pictures that its script makes, each of them, and no other."""

import re

from tests.support.pictures import IN_README, KEPT, LARGEST, ROOT, words_of

SHOWN = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8"))


def test_every_picture_of_the_readme_is_there_and_described():
    assert SHOWN
    for description, path in SHOWN:
        assert (ROOT / path).is_file(), path
        assert len(description.split()) > 4, path


def test_the_readme_shows_what_its_script_makes_and_the_folder_holds_nothing_else():
    shown = {path for _, path in SHOWN if path.endswith(".png")}
    assert shown == {f"docs/pictures/{name}.png" for name in IN_README}
    assert {path.name for path in KEPT.iterdir()} == {f"{name}.png" for name in IN_README}


def test_a_picture_is_small_and_carries_its_words():
    for name in IN_README:
        path = KEPT / f"{name}.png"
        assert path.stat().st_size < LARGEST
        assert len(words_of(path)) > 50
