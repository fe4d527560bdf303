"""Pictures with sliders, and a still picture wherever nothing can be dragged.

A moving picture comes in one cell with a still one. The still picture is an ordinary plot:
it is saved, printed and shown in feedback. Below it come the sliders, made with ipywidgets
(which nbgrader brings along), and only where somebody can drag them: not in grading, not
when a notebook is run without a reader, not where ipywidgets is missing.
"""

import base64
import html
import io
import struct
from typing import NamedTuple

import matplotlib.pyplot as plt

# Instead of sliders: where a saved notebook is read without the kernel that moves them.
ON_PAPER = "(Here are sliders when the notebook is open and this cell has been run.)"


class Slider(NamedTuple):
    """One number that can be dragged.

    Parameters
    ----------
    label : str
        What stands beside the slider; screen readers read it.
    first, last : int or float
        The ends.
    step : int or float
        How far an arrow key goes. The number is whole when this is.
    start : int or float
        Where the slider stands at first.
    """

    label: str
    first: float
    last: float
    step: float
    start: float


def moving(draw, still, **sliders):
    """Draw a still picture, and below it a moving one if somebody can drag it.

    An exercise that is not written yet is said in a sentence, not in a traceback.

    Parameters
    ----------
    draw : callable
        Draws one figure of fixed size with Matplotlib, of the numbers that the sliders
        stand at, by name. Its docstring is read aloud by screen readers. It is called
        anew at each move, so it uses the exercises as they are then.
    still : callable
        Draws the still figure; takes no arguments.
    **sliders : Slider
        For each argument of ``draw`` its slider.
    """
    figures = plt.get_fignums()
    try:
        still()
    except NotImplementedError as error:
        for number in set(plt.get_fignums()) - set(figures):
            plt.close(number)
        print(_unwritten(error))
        return
    plt.show()
    if _somebody_is_there():
        _add_sliders(draw, sliders)


def _somebody_is_there():
    """Say whether a front end has sent this cell: one that could also answer an ``input()``.

    The message that asks a kernel to run a cell says so in ``allow_stdin``, see
    https://jupyter-client.readthedocs.io/en/stable/messaging.html#execute. Programs that run
    whole notebooks (nbconvert, nbgrader) deny it. The kernel of JupyterLite does not tell: it
    has no other use.
    """
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:  # grading
        return False
    try:
        return bool(kernel.get_parent()["content"]["allow_stdin"])
    except (AttributeError, KeyError, TypeError):
        return True


def _add_sliders(draw, sliders):
    try:
        import ipywidgets
    except ImportError:
        return
    from IPython.display import display

    numbers = {name: _number(ipywidgets, slider) for name, slider in sliders.items()}
    picture = ipywidgets.HTML()

    def redraw(_=None):
        try:
            data = _png(draw, {name: number.value for name, number in numbers.items()})
        except Exception as error:  # a student's function may fail in any way
            unwritten = isinstance(error, NotImplementedError)
            said = _unwritten(error) if unwritten else f"{type(error).__name__}: {error}"
            picture.value = f"<b>No picture.</b> {html.escape(said)}"
        else:
            picture.value = _image(data, draw.__doc__)

    redraw()
    rows = []
    for name, number in numbers.items():
        number.observe(redraw, "value")
        rows.append(_beside_its_slider(ipywidgets, number, sliders[name]))
    box = ipywidgets.VBox([*rows, picture])
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    display({"application/vnd.jupyter.widget-view+json": view, "text/plain": ON_PAPER}, raw=True)


def _number(ipywidgets, slider):
    """Return a box with a number: it has the label, which a slider's handle cannot have."""
    whole = isinstance(slider.step, int)
    kind = ipywidgets.BoundedIntText if whole else ipywidgets.BoundedFloatText
    return kind(
        slider.start,
        min=slider.first,
        max=slider.last,
        step=slider.step,
        description=slider.label,
        style={"description_width": "initial"},
        layout={"width": "max-content"},
    )


def _beside_its_slider(ipywidgets, number, slider):
    whole = isinstance(slider.step, int)
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    handle = kind(
        slider.start,
        min=slider.first,
        max=slider.last,
        step=slider.step,
        readout=False,
        layout={"width": "24em"},
    )
    ipywidgets.jslink((handle, "value"), (number, "value"))
    return ipywidgets.HBox([number, handle], layout={"flex_flow": "row wrap"})


def _image(data, words):
    """Return a PNG file as an element of HTML that keeps its place while it is replaced."""
    width, height = struct.unpack(">II", data[16:24])
    words = html.escape(" ".join((words or "").split()))
    source = "data:image/png;base64," + base64.b64encode(data).decode()
    return (
        f'<img alt="{words}" width="{width}" height="{height}" decoding="sync"'
        f' style="max-width: 100%; height: auto" src="{source}">'
    )


def _png(draw, numbers):
    """Draw a figure out of sight; return it as the bytes of a PNG file."""
    data = io.BytesIO()
    with plt.ioff():
        before = set(plt.get_fignums())
        try:
            draw(**numbers)
            plt.gcf().savefig(data, format="png", pil_kwargs={"compress_level": 1})
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    return data.getvalue()


def _unwritten(error):
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_code.co_name
    return f"{name} is not written yet. Write it above, run its cell, then run this one again."
