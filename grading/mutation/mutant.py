"""Mutants of a solution: the same cell with one small mistake in it.

Graded like a submission, each of them shows whether the tests of its exercise see that
mistake. The general operators come from cosmic-ray, those of the field from
`grading.mutation.operators`.
"""

from __future__ import annotations

import ast
import difflib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.operators.provider import OperatorProvider

from grading.mutation.cell import Cell
from grading.mutation.operators import OPERATORS

# What is left out of cosmic-ray's operators, and why:
# - Binary: its twelve operators in all pairs. Bits and shifts only raise on floats, and one
#   wrong value is found like any other. Its list has no ``@``; the field's has.
# - Comparison: also in all pairs. Kept are the border moved and the answer reversed.
# - Unary: ``+`` or ``~`` for ``-`` says no more than leaving the sign out.
# - VariableReplacer, VariableInserter: draw random numbers, and have to be told the names.
# - ExceptionReplacer: puts in a name that no cell defines.
# - RemoveDecorator: a solution has none.
GENERAL = (
    *(f"ReplaceBinaryOperator_{pair}" for pair in (
        "Add_Sub", "Add_Mul", "Sub_Add", "Mul_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div",
        "Mod_FloorDiv", "Pow_Mul",
    )),
    *(f"ReplaceComparisonOperator_{pair}" for pair in (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE",
        "GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is",
    )),
    *(f"ReplaceUnaryOperator_Delete_{sign}" for sign in ("USub", "Invert", "Not")),
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr",
    "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "NumberReplacer", "ZeroIterationForLoop",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A solution with one mistake.

    Attributes
    ----------
    operator : str
        What made it: an operator of the field by its name, or one of cosmic-ray's, as it
        names them: ``core/ReplaceBinaryOperator_Add_Mul``.
    line : int
        The line of the cell at which the mistake starts, from 1.
    source : str
        The whole cell.
    """

    operator: str
    line: int
    source: str

    def diff(self, solution: str) -> str:
        """Return what differs from the solution: a unified diff without its file names."""
        old, new = solution.splitlines(), self.source.splitlines()
        lines = difflib.unified_diff(old, new, n=0, lineterm="")
        return "\n".join(itertools.islice(lines, 2, None))


def mutants(solution: str, function: str) -> list[Mutant]:
    """Return the mutants of one solution, by line and then by operator.

    No two are the same program, and none is the solution's. Docstring and comments stay.

    Parameters
    ----------
    solution : str
        The cell.
    function : str
        The function in it that is mutated.

    Raises
    ------
    GraderFault
        When the cell does not define it.
    """
    cell = Cell(solution, function)
    found = []
    seen = {_program(solution)}
    # The field first: of two operators with one outcome, its name says more.
    for operator, source in itertools.chain(_field(cell), _general(solution, cell.function)):
        program = _program(source)
        if program and program not in seen:
            seen.add(program)
            found.append(Mutant(operator, _line(solution, source), source))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.operator))


def _program(source: str) -> str | None:
    """Return what is left of a cell without layout and comments, None if it does not compile."""
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return ast.dump(ast.parse(source))


def _line(solution: str, source: str) -> int:
    pairs = enumerate(itertools.zip_longest(solution.split("\n"), source.split("\n")), 1)
    return next(number for number, (old, new) in pairs if old != new)


def _field(cell: Cell) -> Iterator[tuple[str, str]]:
    for name, operator in OPERATORS.items():
        for source in operator(cell):
            yield name, source


def _general(solution: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Apply each of cosmic-ray's operators wherever it can be within a function."""
    provider = OperatorProvider()
    nodes = list(ast_nodes(get_ast(solution)))
    for name in GENERAL:
        operator = provider[name]()
        for place, node in enumerate(nodes):
            if _is_axis(node):
                continue
            for index, ((line, _), _) in enumerate(operator.mutation_positions(node)):
                if function.lineno <= line <= (function.end_lineno or line):
                    yield f"core/{name}", _applied(solution, operator, place, index)


def _is_axis(node: Any) -> bool:
    """Say whether a node is the number of an axis: the field's own operator changes that."""
    parent = node.parent
    return bool(
        node.type == "number"
        and parent.type == "argument"
        and getattr(parent.children[0], "value", "") == "axis"
    )


def _applied(solution: str, operator: Any, place: int, index: int) -> str:
    tree = get_ast(solution)  # a fresh one, as an operator changes it
    node = next(itertools.islice(ast_nodes(tree), place, None))
    changed = operator.mutate(node, index)
    if changed is not node:  # a number, with a space before it in place of what stood there
        changed.value, changed.prefix = changed.value.strip(), node.prefix
        siblings = node.parent.children
        siblings[siblings.index(node)] = changed
    return str(tree.get_code())
