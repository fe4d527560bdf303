"""What is to be read in the loops of a wrong answer; see `lesson_tools.reading`."""

import ast

LOOPS = (ast.For, ast.While)
LEAVES = (ast.Break, ast.Return)


def in_loops(made):
    """Yield what is to be read in the loops of a function: sentences, each with its lines."""
    yield from _ends_in_loop(made)
    yield from _overwritten(made)
    yield from _begins_anew(made)
    yield from _same_place(made)
    yield from _idle_loops(made)


def called(node):
    """Return the name of what a call calls; None where it is no plain name, or no call."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def loaded(node, name=None):
    """Return the names that are read somewhere in a tree; with a name, whether it is."""
    found = {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, (ast.Load, ast.Del))
    }
    found |= {
        one.target.id
        for one in ast.walk(node)
        if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name)
    }
    return found if name is None else name in found


def stored(statement):
    """Return the names that a plain assignment gives a value to."""
    if not isinstance(statement, ast.Assign):
        return set()
    places = [one for target in statement.targets for one in ast.walk(target)]
    return {
        one.id for one in places if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def single(statement):
    """Return the one name on the left of an assignment, or None."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _ends_in_loop(made):
    for loop in ast.walk(made):
        if not isinstance(loop, LOOPS) or any(
            isinstance(node, (ast.Continue, ast.Break)) for node in ast.walk(loop)
        ):
            continue
        for node in loop.body:
            if isinstance(node, ast.Return):
                yield (
                    f"The `return` of line {node.lineno} stands inside the loop of line "
                    f"{loop.lineno}, so the function ends in the first round."
                )


def _overwritten(made):
    for loop in ast.walk(made):
        if not isinstance(loop, LOOPS):
            continue
        for node in loop.body:
            for name in stored(node):
                first = [
                    one
                    for one in made.body
                    if single(one) == name and one.lineno < loop.lineno and _is_empty(one.value)
                ]
                if first and not loaded(loop, name):
                    yield (
                        f"`{name}` begins as {_is_empty(first[-1].value)} in line "
                        f"{first[-1].lineno}, but line {node.lineno} gives it a new value in each "
                        "round of the loop, and nothing there reads the one of the round before."
                    )


def _begins_anew(made):
    for loop in ast.walk(made):
        for node in loop.body if isinstance(loop, LOOPS) else ():
            name = single(node)
            added = any(
                isinstance(one, ast.AugAssign) and getattr(one.target, "id", None) == name
                for one in ast.walk(loop)
            )
            read = any(
                isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
                for one in ast.walk(loop)
            )
            if name and added and not read and _is_empty(node.value):
                yield (
                    f"Line {node.lineno} sets `{name}` to {_is_empty(node.value)} in each round of "
                    f"the loop of line {loop.lineno}: what was added up before is lost."
                )


def _same_place(made):
    for loop in ast.walk(made):
        if not isinstance(loop, ast.For):
            continue
        moves = {
            one.id
            for one in ast.walk(loop)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
        for node in loop.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            holder = getattr(target, "value", None)
            if not isinstance(target, ast.Subscript) or not isinstance(holder, ast.Name):
                continue
            uses = [
                one for one in ast.walk(loop) if isinstance(one, ast.Name) and one.id == holder.id
            ]
            if len(uses) == 1 and not moves & loaded(target.slice):
                yield (
                    f"In each round of the loop of line {loop.lineno}, line {node.lineno} writes "
                    f"to the same place, `{ast.unparse(target)}`: what the last round writes stays."
                )


def _is_empty(value):
    """Say in words as what a name begins that is to be filled or added to; nothing for others."""
    if isinstance(value, ast.Constant) and value.value in (0, 0.0):
        return "0"
    if isinstance(value, ast.List) and not value.elts:
        return "an empty list"
    method = getattr(value, "func", None)
    if isinstance(method, ast.Attribute) and method.attr in ("zeros", "zeros_like"):
        return "zeros"
    return ""


def _idle_loops(made):
    for loop in ast.walk(made):
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name):
            name = loop.target.id
            if name[0] == "_" or any(loaded(node, name) for node in loop.body):
                continue
            handing = _hands_on(loop)
            if handing and any(isinstance(node, LEAVES) for node in ast.walk(loop)):
                continue  # it goes on until something comes up, and needs no count for it
            yield (
                f"The loop of line {loop.lineno} counts with `{name}`, and nothing in it reads "
                f"`{name}`{'' if handing else ': each round does the same'}."
            )


def _hands_on(loop):
    """Say whether a round gives a value to a name that the next one reads."""
    made, handed = set(), set()
    for statement in loop.body:
        handed |= loaded(statement) - made
        made |= {
            one.id
            for one in ast.walk(statement)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
    return bool(made & handed)
