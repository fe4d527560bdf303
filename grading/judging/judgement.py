"""What became of one exercise, and what its test cell shows of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from grading import comparison
from grading.core import LIMITS, SENTENCES, Candidate, Output, Part, Record, Verdict
from grading.exam import said
from grading.sandbox import error_output


@dataclass
class Judgement:
    """What became of one exercise, with what a student is told."""

    verdict: Verdict
    points: float
    most: float
    text: str = ""
    parts: list[Part] = field(default_factory=list)
    limits: list[Verdict] = field(default_factory=list)  # that its calls met
    named: list[Candidate] = field(default_factory=list)  # misconceptions it agrees with
    public: bool = False  # whether all public pieces held
    hidden: bool = False  # whether all hidden ones did, each part among them

    def outputs(self) -> list[Output]:
        """Return the outputs of the test cell, in the form that nbgrader reads."""
        texts = filter(None, said(self.named))
        new = [text for text in texts if not contains(self.text, comparison.bare(text))]
        # A word with a hyphen stays one: the page looks for the sentence, to say it once.
        filled = (textwrap.fill(one, 88, break_on_hyphens=False) for one in new)
        text = "\n\n".join([self.text, *filled])
        if self.points <= 0:
            return [error_output(self.verdict, text)]
        whole = f"{self.verdict.value}: {SENTENCES[self.verdict]}\n{text}".strip() + "\n"
        result = {"text/plain": repr(self.points)}
        return [
            {"output_type": "stream", "name": "stdout", "text": whole},
            {
                "output_type": "execute_result",
                "data": result,
                "metadata": {},
                "execution_count": None,
            },
        ]

    def record(self, seed: str) -> Record:
        """Return what is kept with the score; of the seed its digest."""
        return Record(
            verdict=self.verdict,
            points=self.points,
            most=self.most,
            seed=seed,
            parts=tuple(self.parts),
            limits=tuple(verdict for verdict in LIMITS if verdict in self.limits),
            named=tuple(zip((one.name for one in self.named), said(self.named), strict=True)),
            public=self.public,
            hidden=self.hidden,
        )


def contains(text: str, said: str) -> bool:
    """Say whether a text holds a sentence, wherever its lines are broken."""
    return " ".join(said.split()) in " ".join(text.split())


def missing(
    function: str,
    most: float,
    failed: Mapping[str, tuple[Verdict, list[Output]]],
    is_value: bool,
) -> Judgement:
    """Judge an exercise that is no function, or nothing at all, where its test stands."""
    if is_value:
        return Judgement(Verdict.WRONG, 0.0, most, f"{function} should be a function.")
    if function not in failed:
        text = f"There is no function called {function} in the notebook."
        return Judgement(Verdict.NOT_ATTEMPTED, 0.0, most, text)
    verdict, outputs = failed[function]
    errors = [o for o in outputs if o["output_type"] == "error"]
    what = f": {errors[-1]['ename']}: {errors[-1]['evalue']}" if errors else ""
    text = f"The cell that should define {function} could not be run{what}"
    return Judgement(verdict, 0.0, most, text)
