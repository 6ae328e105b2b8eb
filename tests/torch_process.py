"""Scripts and exports that need torch, each in a process forked from one that has loaded it.

torch stays out of the process of the tests, and loading it with the libraries around it takes
ten seconds of a core, a fork none. `python -m tests.torch_process` is the process that forks.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from indexer.encoders.exported import environment

HUB_NAMES = ("HF_HOME", "HF_ENDPOINT", "HF_HUB_CACHE", "XDG_CACHE_HOME")
"""What the libraries read of the environment when they are loaded, and never again."""

Asked = dict[str, Any]
Done = subprocess.CompletedProcess[str]


class TorchProcess:
    """Runs one script at a time, offline and with an empty cache of hub models in `home`.

    It is started when it is first asked.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._hub = {name: os.environ.get(name) for name in HUB_NAMES}
        self._offline = {"HF_HOME": str(home / "hub"), "HF_HUB_OFFLINE": "1"}

    def script(
        self, code: str, given: object, arguments: Sequence[str] = (), folder: Path | None = None
    ) -> str:
        """What a script prints, run in a folder with `given` as JSON on its standard input."""
        asked = {"code": code, "arguments": ["-c", *arguments], "given": json.dumps(given)}
        done = self._ask(asked, folder or self._home, environment() | self._offline)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def run(
        self,
        command: Sequence[str],
        *,
        capture_output: bool,
        text: bool,
        errors: str,
        env: Mapping[str, str],
        check: bool,
    ) -> Done:
        """In place of `subprocess.run`, for `python -P -m MODULE …`.

        Where the environment speaks of another hub, a process of its own is started.
        """
        if {name: env.get(name) for name in HUB_NAMES} != self._hub:
            return subprocess.run(
                command,
                capture_output=capture_output,
                text=text,
                errors=errors,
                env=env,
                check=check,
            )
        _, _, flag, module, *arguments = command
        assert flag == "-m"
        asked = {"module": module, "arguments": [module, *arguments], "given": ""}
        return self._ask(asked, Path.cwd(), env)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()

    def _ask(self, asked: Asked, folder: Path, env: Mapping[str, str]) -> Done:
        with self._lock:
            self._process = self._process or self._started()
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            names = [str(self._home / name) for name in ("given", "out", "errors")]
            Path(names[0]).write_text(asked.pop("given"), "utf-8")
            asked |= {"folder": str(folder), "env": dict(env), "files": names}
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            out, errors = (Path(name).read_text("utf-8", "replace") for name in names[1:])
        return subprocess.CompletedProcess([], code, out, errors)

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.torch_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
            env=environment() | self._offline,
        )


def serve() -> None:
    """Answer every line with the exit code of what was asked."""
    from indexer.encoders.clip import prepare_torchvision

    answers = os.dup(1)
    os.dup2(2, 1)
    prepare_torchvision()
    import onnx  # noqa: F401 (every script finds them loaded)
    import open_clip  # noqa: F401
    import sentence_transformers  # noqa: F401
    import transformers  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        os.write(answers, f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(asked: Asked) -> NoReturn:
    """Be the process that was asked for."""
    code = 1
    with suppress(BaseException):
        code = _run(asked)
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _run(asked: Asked) -> int:
    modes = (os.O_RDONLY, *(os.O_WRONLY | os.O_CREAT | os.O_TRUNC,) * 2)
    for number, (name, mode) in enumerate(zip(asked["files"], modes, strict=True)):
        os.dup2(os.open(name, mode), number)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["folder"])
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # the one before has read ahead
    sys.argv = asked["arguments"]
    try:
        if "module" in asked:
            runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        else:
            exec(compile(asked["code"], "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve()
