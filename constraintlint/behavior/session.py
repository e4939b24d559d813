"""One ``verify`` from end to end: check, then for each run a fresh copy, a fresh database, start, suite, stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from constraintlint.behavior import database, newman, processes, runner, suite, workcopy
from constraintlint.behavior.application import Application
from constraintlint.behavior.client import Client
from constraintlint.behavior.environment import Setup, cache_folder
from constraintlint.behavior.errors import CannotRun, DoesNotStart
from constraintlint.behavior.folder import RunFolder
from constraintlint.behavior.interrupts import shield
from constraintlint.behavior.outcome import RequestResult, Run, SuiteResult, Times
from constraintlint.behavior.ports import Claim, free_port, is_taken
from constraintlint.behavior.settings import Settings, expanded

_T = TypeVar("_T")
_NEWMAN = "newman:"
#: of whoever runs this: they would lead the backend away from its own environment
_LEADING_AWAY = (
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "NODE_PATH",
    "NODE_ENV",
    "PORT",
    "HOST",
    processes.MARKER,
)


class Progress:
    """Told what is going on; the default says nothing."""

    def step(self, text: str) -> None:
        """A part of a run begins."""

    def request(self, result: RequestResult) -> None:
        """A request of the suite is done."""


class LoadedSuite:
    """A suite of either form, ready to run. Raises CannotRun where it cannot be read, or what runs it is missing."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = environment
        self.collection: newman.Collection | None = None
        self.own: suite.Suite | None = None
        word = settings.suite
        if word.startswith(_NEWMAN):
            name = word.removeprefix(_NEWMAN)
            self.collection = newman.Collection(self._path(name), name)
            newman.program(environment)
        elif word in suite.BUILT_IN:
            self.own = suite.built_in(word)
        else:
            path = self._path(word)
            if not path.exists() and os.sep not in word and not word.endswith(".toml"):
                known = ", ".join(suite.BUILT_IN)
                raise CannotRun(f'there is no suite "{word}" (built in: {known}) and no such file')
            self.own = suite.load(path, word)

    def run(self, app: Application, folder: RunFolder, progress: Progress) -> SuiteResult:
        settings = self.settings
        if self.collection is not None:
            host = "[::1]" if ":" in app.host else app.host
            return newman.run(
                self.collection,
                folder,
                f"http://{host}:{app.port}{settings.base_url}",
                self.environment,
                timeout=settings.suite_timeout,
                request_timeout=settings.request_timeout,
                progress=progress.request,
            )
        assert self.own is not None
        client = Client(app.host, app.port, settings.request_timeout)
        return runner.run(
            self.own,
            client,
            settings.base_url,
            timeout=settings.suite_timeout,
            ended=app.how_it_ended,
            progress=progress.request,
        )

    def nothing(self, reason: str) -> SuiteResult:
        if self.collection is not None:
            return newman.nothing_executed(self.collection, reason)
        assert self.own is not None
        return runner.nothing_executed(self.own, reason)

    def _path(self, name: str) -> Path:
        return self.settings.suite_root / os.path.expanduser(name)


def perform(
    settings: Settings, environment: Mapping[str, str], progress: Progress, keep: Callable[[Run], None]
) -> None:
    """All runs, each handed to ``keep`` when it is done. Raises CannotRun; nothing of a run is left behind, ever."""
    loaded = LoadedSuite(settings, environment)
    if settings.fixed_port and is_taken(settings.port):
        raise CannotRun(f"port {settings.port} is taken by another process")
    processes.adopt_orphans()
    for number in range(1, settings.runs + 1):
        keep(_Session(settings, environment, loaded, progress, number).run())


class _Session:
    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        loaded: LoadedSuite,
        progress: Progress,
        number: int,
    ) -> None:
        self.settings = settings
        self.environment = dict(environment)
        self.loaded = loaded
        self.progress = progress
        self.number = number
        self.times = Times()

    def run(self) -> Run:
        began = time.monotonic()
        try:
            with ExitStack() as stack:
                with shield():
                    folder = RunFolder()
                    stack.callback(folder.remove)
                result = self._in(folder, stack)
                ended = time.monotonic()
        except OSError as error:
            # our own files: the backend's trouble comes as DoesNotStart
            place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
            raise CannotRun(f"{place}{(error.strerror or str(error)).lower()}") from None
        self.times.stop += time.monotonic() - ended
        self.times.total = time.monotonic() - began
        return result

    def _in(self, folder: RunFolder, stack: ExitStack) -> Run:
        settings = self.settings
        self.progress.step("copying the project")
        directory = self._timed("copy", lambda: self._directory(folder))
        self.progress.step(f"preparing the database ({_shown(settings.database)})")
        provided = self._timed("database", lambda: self._database(folder, stack))
        environment = self._for_backend(folder, provided.variables)
        run = Run(
            number=self.number,
            suite=self.loaded.nothing("the backend did not start"),
            database=provided.description,
            times=self.times,
        )
        setup = Setup(
            folder, directory, environment, self._cache(), settings.setup_timeout, self.progress.step
        )
        try:
            self._timed("setup", lambda: self._set_up(setup))
        except DoesNotStart as error:
            return self._failed(run, error)
        run.port = self._port(stack)
        with shield():
            given = {**setup.environment, "PORT": str(run.port)}
            app = Application(folder, directory, expanded(settings.env, given), run.port)
            stack.callback(app.stop, settings.stop_timeout)
        self.progress.step(f"starting {settings.run} on port {run.port}")
        try:
            self._timed("start", lambda: self._start(app))
            self.progress.step("running the suite")
            run.suite = self._timed("suite", lambda: self.loaded.run(app, folder, self.progress))
            run.problem = app.how_it_ended()
        except DoesNotStart as error:
            self._failed(run, error)
        begin = time.monotonic()
        app.stop(settings.stop_timeout)
        self.times.stop += time.monotonic() - begin
        run.server_log = self._hidden(app.log.text(), folder)
        run.notes += [note for note in (app.note,) if note]
        if app.stubborn:
            run.notes.append(f"the server did not end within {settings.stop_timeout:g} s of SIGTERM")
        if app.log.dropped:
            run.notes.append(f"{app.log.dropped} bytes of the server log are left out")
        return run

    def _timed(self, name: str, action: Callable[[], _T]) -> _T:
        begin = time.monotonic()
        try:
            return action()
        finally:
            setattr(self.times, name, time.monotonic() - begin)

    def _directory(self, folder: RunFolder) -> Path:
        if self.settings.in_place:
            return self.settings.project
        target = folder.path / "project"
        workcopy.copy(self.settings.project, target)
        return target

    def _database(self, folder: RunFolder, stack: ExitStack) -> database.Database:
        with shield():
            provided = database.provide(self.settings.database, folder, self.environment)
            stack.callback(provided.stop)
        provided.start()
        return provided

    def _set_up(self, setup: Setup) -> None:
        if self.settings.setup is None:
            setup.default()
        else:
            setup.own(self.settings.setup)

    def _start(self, app: Application) -> None:
        app.start(self.settings.run)
        app.wait(self.settings.health, self.settings.start_timeout)

    def _failed(self, run: Run, error: DoesNotStart) -> Run:
        lines = str(error).splitlines()
        run.problem = lines[0] if lines else "the backend did not start"
        if len(lines) > 1:
            run.server_log = "\n".join(lines[1:])
        run.suite = self.loaded.nothing(run.problem)
        return run

    def _for_backend(self, folder: RunFolder, variables: Mapping[str, str]) -> dict[str, str]:
        environment = {
            name: value
            for name, value in database.without_databases(self.environment).items()
            if name not in _LEADING_AWAY
        }
        return {
            **environment,
            **variables,
            "TMPDIR": str(folder.directory("tmp")),
            "PYTHONUNBUFFERED": "1",
            processes.MARKER: str(folder.path),
        }

    def _cache(self) -> Path | None:
        return cache_folder(self.environment) if self.settings.keep_environment else None

    def _port(self, stack: ExitStack) -> int:
        """The given port; the study's where it is free, so a backend that ignores PORT is met, too; else any."""
        settings = self.settings
        if not settings.port:
            return free_port()
        claim = Claim(settings.port)  # another run may be about to take it
        stack.callback(claim.release)
        if claim.held and not is_taken(settings.port):
            return settings.port
        if settings.fixed_port:
            raise CannotRun(f"port {settings.port} is taken by another process")
        return free_port()

    @staticmethod
    def _hidden(text: str, folder: RunFolder) -> str:
        """The log without the name of a folder that is gone."""
        return text.replace(f"{folder.path}{os.sep}project{os.sep}", "").replace(str(folder.path), "<run>")


def _shown(engine: str) -> str:
    return "the given URL" if "://" in engine else engine
