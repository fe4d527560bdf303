"""All of the grader that runs inside the sandbox. It imports nothing outside this folder.

A warm *zygote* has everything imported. For each submission it forks a *keeper*, which
steps into fresh namespaces and forks their process 1, which mounts a small scratch folder
and forks the *runner*: the process in which the student's cells run. The keeper can end
all of it by ending process 1, and does so when the grader hangs up::

    zygote ──fork──▶ keeper ──fork──▶ process 1 ──fork──▶ runner
    warm             namespaces,      scratch,            limits, Landlock, seccomp;
                     watches memory   buries orphans      then the student's cells

The wall shows this folder and no other of the grader's, under another name: see
`grading.sandbox.visible`. So the files name each other by relative imports alone, and what does
not lie here cannot be read there. The grader's side needs the codec and the wire, too; this face
has them, and is as quick to import as they are.
"""

from .codec import (
    DEPTH_LIMIT,
    DICT_LIMIT,
    DTYPES,
    FRAME_LIMIT,
    GENERATOR_LIMIT,
    ITEM_LIMIT,
    NODE_LIMIT,
    WEIGHT_LIMIT,
    CodecError,
    Opaque,
    Table,
    items,
)
from .confine import AROUND, SCRATCH
from .facts import sound
from .shell import LINES, OUTPUTS
from .wire import receive, send

__all__ = [
    "AROUND",
    "DEPTH_LIMIT",
    "DICT_LIMIT",
    "DTYPES",
    "FRAME_LIMIT",
    "GENERATOR_LIMIT",
    "ITEM_LIMIT",
    "LINES",
    "NODE_LIMIT",
    "OUTPUTS",
    "SCRATCH",
    "WEIGHT_LIMIT",
    "CodecError",
    "Opaque",
    "Table",
    "items",
    "receive",
    "send",
    "sound",
]
