"""Errors of the command line: they end a run with exit code 2 and one clear line on standard error."""

from __future__ import annotations


class UsageProblem(Exception):
    """The command cannot run as asked; the message is for a person."""
