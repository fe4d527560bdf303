"""The IPython in which cells run, warm: its outputs kept in order, its plots drawn quickly."""

from __future__ import annotations

import io
import os
import resource
import sys
from collections.abc import Iterable
from typing import Any

from .errors import text_of
from .facts import clean

OUTPUTS = 1000  # of one cell; behind them one more, for the error that ends it
LINES = 200  # of what is told of an error
RUNS = 3  # zlib's Z_RLE: plots are runs of one colour


def warm_up() -> Any:
    """Import and draw once what every submission needs, so that a fork has it ready."""
    import gc
    import site

    import matplotlib
    import matplotlib.pyplot as plt
    import numpy.random  # noqa: F401 - each sandbox seeds it
    import py_landlock  # noqa: F401 - it is wanted later, when nothing can be imported
    from matplotlib.figure import Figure
    from matplotlib_inline.backend_inline import configure_inline_support

    site.setquit()  # what Python itself adds, where it is not told to leave it out
    site.setcopyright()
    site.sethelper()
    shell = make_shell()
    matplotlib.interactive(True)  # as under Jupyter: a cell that draws shows its figure
    # Plots are most of the work. To find the height of a title Matplotlib measures every
    # label, a seventh of a plot; fitting letters to pixels is a tenth.
    matplotlib.rcParams.update({"axes.titley": 1.0, "text.hinting": "none"})
    configure_inline_support(shell, "inline")
    outputs = shell.start_outputs(2**24)
    shell.run_cell(
        "import numpy, matplotlib.pyplot as plt\n"
        "plt.plot(numpy.linalg.svd(numpy.eye(3))[1]); plt.title('$x_0$'); plt.show()"
    )
    if not any("image/png" in output.get("data", {}) for output in outputs):
        raise SystemExit(f"the sandbox cannot draw: {outputs}")
    png = shell.display_formatter.formatters["image/png"]
    png.for_type(Figure, lambda figure: draw(figure) if shell.draws else None)
    plt.close("all")
    shell.reset(new_session=True)
    shell.execution_count = 1
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)  # a plot makes many objects, and little garbage
    return shell


def make_shell() -> Any:
    """Make the IPython shell in which cells run, its outputs kept in order."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class TooMuchOutput(BaseException):
        """The cell has printed or drawn more than its limit."""

    outputs: list[dict[str, Any]] = []
    displayed: dict[str, dict[str, Any]] = {}  # what a display handle can update
    streams: dict[str, dict[str, Any]] = {}  # the last output of each
    room = [0]

    def charge(size: int) -> None:
        room[0] -= size + 50  # an output weighs something even when it is empty
        if room[0] < 0:
            raise TooMuchOutput("more output than a cell may make")

    def add(output: dict[str, Any], size: int) -> None:
        charge(size)
        name, full = output.get("name"), len(outputs) >= OUTPUTS
        if name in streams and (full or outputs[-1] is streams[name]):
            # Of two that alternate, the order is lost. The pieces are joined at the end, once.
            streams[name]["text"].append(output["text"])
            return
        if full:
            raise TooMuchOutput(f"more than {OUTPUTS} outputs of one cell")
        if output["output_type"] == "stream":
            output["text"] = [output["text"]]
            streams[output["name"]] = output
        outputs.append(output)

    def size_of(output: dict[str, Any]) -> int:
        return sum(len(kind) + len(str(value)) for kind, value in output["data"].items())

    class Stream:
        encoding, errors = "utf-8", "replace"

        def __init__(self, name: str) -> None:
            self.name = name

        def write(self, text: str) -> int:
            if not isinstance(text, str):
                raise TypeError(f"write() argument must be str, not {type(text).__name__}")
            add({"output_type": "stream", "name": self.name, "text": clean(text)}, len(text))
            return len(text)

        def writelines(self, lines: Iterable[str]) -> None:
            for line in lines:
                self.write(line)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    def rich(kind: str, data: Any, metadata: Any, **more: Any) -> dict[str, Any]:
        plain = {str(k): _mime(v) for k, v in data.items()}
        return {"output_type": kind, "data": plain, "metadata": {}, **more}

    class Publisher(DisplayPublisher):
        def publish(  # type: ignore[override]
            self,
            data: Any,
            metadata: Any = None,
            transient: Any = None,
            update: bool = False,
            **_: Any,
        ) -> None:
            output = rich("display_data", data, metadata)
            size = size_of(output)
            name = (transient or {}).get("display_id")
            if update and name in displayed:
                charge(size)
                displayed[name].update(output)
                return
            if name is not None:
                displayed[name] = output
            add(output, size)

        def clear_output(self, wait: bool = False) -> None:
            outputs.clear()
            streams.clear()

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            assert self.shell is not None
            count = self.shell.execution_count - 1  # counted up before the cell runs
            output = rich("execute_result", format_dict, md_dict, execution_count=count)
            add(output, size_of(output))

        def finish_displayhook(self) -> None:
            self._is_active = False

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)

        draws = True
        process = os.getpid()  # the runner's, once there is one

        def start_outputs(self, limit: int) -> list[dict[str, Any]]:
            """Finish the outputs of the cell before, and begin those of the next."""
            nonlocal outputs
            for output in outputs:
                if output["output_type"] == "stream":
                    output["text"] = "".join(output["text"])
            outputs, room[0] = [], limit
            displayed.clear()
            streams.clear()
            return outputs

        def leave_copies(self) -> None:
            """End a copy of the runner that student code forked: it has nothing to say.

            Soon, too: hundreds of copies that all format one error are a stall.
            """
            if os.getpid() != self.process:
                os._exit(0)

        def showtraceback(self, *args: Any, **kwargs: Any) -> None:
            self.leave_copies()
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
            super().showtraceback(*args, **kwargs)

        def system(self, cmd: str) -> None:  # IPython's own would want a terminal
            import subprocess

            command = self.var_expand(cmd, depth=1)
            how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "errors": "replace"}
            done = subprocess.run(command, shell=True, check=False, **how)  # type: ignore[call-overload]
            sys.stdout.write(done.stdout)
            self.user_ns["_exit_code"] = done.returncode

        def ask_exit(self) -> None:
            raise SystemExit("there is no session to leave")

        def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
            room[0] = max(room[0], 100_000)
            lines = [clean(str(line))[:20_000] for line in stb][:LINES]
            error = {"ename": clean(etype.__name__), "evalue": text_of(evalue), "traceback": lines}
            del outputs[OUTPUTS:]
            outputs.append({"output_type": "error", **error})

        def enable_gui(self, gui: Any = None) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    return shell


def draw(figure: Any) -> bytes | None:
    """Draw a figure as PNG, at less cost than IPython does."""
    if not figure.axes and not figure.lines:
        return None  # IPython shows no empty figure either
    data = io.BytesIO()
    # A tight bounding box would draw the figure twice, and the best compression would
    # take a fifth of the time for a tenth of the bytes.
    quick = {"compress_level": 1, "compress_type": RUNS}
    figure.canvas.print_figure(data, format="png", dpi=figure.dpi, pil_kwargs=quick)
    return data.getvalue()


def _mime(value: Any) -> Any:
    import base64
    import json

    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    # The JSON types are as a notebook keeps them.
    plain = value if isinstance(value, str) else json.dumps(value, skipkeys=True, default=str)
    return clean(plain)
