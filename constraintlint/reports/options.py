"""What a caller may choose about a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from constraintlint.findings import Severity

if TYPE_CHECKING:
    from constraintlint.rulebook import RulePage


class RenderOptions(msgspec.Struct, kw_only=True, frozen=True):
    """Options of all formats; each format reads the few that concern it."""

    color: bool = False
    """text: colours"""
    hyperlink: str = ""
    """text: URL of a place with the fields {path} (absolute, percent-encoded), {line} and {column}; "" for no links"""
    width: int = 110
    """text: columns of the terminal; a longer source line is clipped around the reported column"""
    max_diagnostics: int = 10
    """text, agent and markdown: how many diagnostics are listed (all are counted)"""
    fail_on: Severity | Literal["never"] = "error"
    """The lowest severity that fails the run, if any: junit reports lower ones as skipped; text and markdown say "failed"."""
    path_prefix: str = ""
    """sarif, github, gitlab: the checked root relative to the repository's, as these read paths from there"""
    sarif_category: str = ""
    """sarif: tells several analyses of one commit apart (``runs[].automationDetails.id``)"""
    read_text: Callable[[str], str | None] | None = None
    """The text of a file of the checked root (relative path), or None where it cannot be read. UTF-8 decoded with
    replacement; byte order mark and line ends as they are in the file."""
    rules: Mapping[str, RulePage] | None = None
    """sarif: the rule pages, ``rulebook.all_rules()`` by default"""
