"""Why constraintlint itself could not run: never a verdict about the backend."""

from __future__ import annotations


class CannotRun(Exception):
    """The run could not be carried out (no PostgreSQL, a port taken, a suite that cannot be read). Exit code 2."""


class DoesNotStart(Exception):
    """The backend could not be set up or did not start: a verdict (fail), with the reason. Exit code 1."""


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: everything is taken down as after Ctrl-C."""
