"""Apply suppression comments to findings, and report the comments that are no use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from constraintlint.facts.source import Suppression
from constraintlint.findings import Finding, finding

WITHOUT_REASON = "suppression-without-reason"
UNKNOWN_RULE = "unknown-rule-in-suppression"
UNUSED = "unused-suppression"
_CATEGORY_HINT = 'name the rules one by one; "{}" is a category'
_FORM = "constraintlint: ignore[rule-name] reason"


def apply(
    findings: Iterable[Finding],
    suppressions: Mapping[str, list[Suppression]],
    known_rules: Set[str],
    ran_rules: Set[str],
) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Split findings into those kept and those suppressed; the third list is about the comments themselves.

    ``suppressions`` are those of each path. A comment is called unused only where every rule it names has run and it
    names a rule that it hides nothing of. Findings about comments can be suppressed like any other.
    """
    state = _State(suppressions)
    kept: list[Finding] = []
    hidden: list[Finding] = []
    for item in findings:
        (hidden if state.hides(item) else kept).append(item)
    hygiene: list[Finding] = []
    for item in _malformed(suppressions, known_rules):
        (hidden if state.hides(item) else hygiene).append(item)
    ran = {*ran_rules, WITHOUT_REASON, UNKNOWN_RULE, UNUSED}
    # Comments that speak of unused comments are judged last: only then is it known what they hide
    for last in (False, True):
        for index, item in state.unused(ran, last):
            (hidden if state.hides(item, but=index) else hygiene).append(item)
    return kept, hidden, hygiene


class _State:
    """The suppressions by path and rule, and which of them have hidden something."""

    def __init__(self, suppressions: Mapping[str, list[Suppression]]) -> None:
        self.suppressions = suppressions
        self.used: set[tuple[str, int, str]] = set()
        """path, position in the file's list, rule"""
        self.by_rule: dict[tuple[str, str], list[tuple[int, Suppression]]] = {}
        for path, items in suppressions.items():
            for index, item in enumerate(items):
                for rule in item.rules:
                    self.by_rule.setdefault((path, rule), []).append((index, item))

    def hides(self, item: Finding, but: int = -1) -> bool:
        """Whether a comment (other than number ``but`` of the file) serves the finding; every one that does is used."""
        found = False
        for index, suppression in self.by_rule.get((item.path, item.rule), ()):
            if index != but and _serves(suppression, item):
                self.used.add((item.path, index, item.rule))
                found = True
        return found

    def unused(self, ran: Set[str], about_unused: bool) -> list[tuple[int, Finding]]:
        """Findings about comments that hide nothing, each with the number of its comment in the file."""
        found: list[tuple[int, Finding]] = []
        for path in sorted(self.suppressions):
            for index, item in enumerate(self.suppressions[path]):
                if (UNUSED in item.rules) != about_unused or not item.rules or not ran >= set(item.rules):
                    continue
                idle = [rule for rule in item.rules if (path, index, rule) not in self.used]
                if idle:
                    found.append((index, _unused(path, item, idle)))
        return found


def _serves(suppression: Suppression, item: Finding) -> bool:
    """Whether the finding starts on a line the comment serves, or ends on the line the comment stands on."""
    if suppression.first_line == 0:
        return True
    if suppression.first_line <= item.line <= suppression.last_line:
        return True
    at_end_of_line = suppression.first_line <= suppression.line <= suppression.last_line
    return at_end_of_line and item.end_line == suppression.line


def _unused(path: str, item: Suppression, idle: list[str]) -> Finding:
    names = ", ".join(idle)
    where = "in this file" if item.first_line == 0 else "here"
    rest = " (the other rules it names are)" if len(idle) < len(item.rules) else ""
    noun = "is" if len(idle) == 1 else "are"
    return finding(
        UNUSED,
        path,
        _span(item),
        f"{names} {noun} not reported {where}: the comment hides nothing{rest}",
        help="remove the comment" if len(idle) == len(item.rules) else f"take {names} out of the comment",
        subject=f"unused {names}",
    )


def _malformed(suppressions: Mapping[str, list[Suppression]], known: Set[str]) -> list[Finding]:
    found: list[Finding] = []
    for path in sorted(suppressions):
        for item in suppressions[path]:
            if not item.rules:
                found.append(
                    finding(
                        UNKNOWN_RULE, path, _span(item), f"the comment suppresses nothing: {item.reason}",
                        help=f"write `{_FORM}`", subject=f"malformed {item.reason}",
                    )
                )  # fmt: skip
                continue
            found += [_unknown(path, item, rule, known) for rule in item.rules if rule not in known]
            if not item.reason:
                names = ", ".join(item.rules)
                found.append(
                    finding(
                        WITHOUT_REASON, path, _span(item), f"the comment hides {names} and does not say why",
                        help="write the reason behind the closing bracket", subject=f"no reason {names}",
                    )
                )  # fmt: skip
    return found


def _unknown(path: str, item: Suppression, rule: str, known: Set[str]) -> Finding:
    from difflib import get_close_matches

    from constraintlint.rulebook import CATEGORIES

    near = get_close_matches(rule, sorted(known), 1, 0.6)
    if rule in CATEGORIES:
        help = _CATEGORY_HINT.format(rule)
    else:
        help = f'did you mean "{near[0]}"?' if near else "see `constraintlint rules` for the names there are"
    return finding(
        UNKNOWN_RULE, path, _span(item), f'there is no rule "{rule}"', help=help, subject=f"unknown {rule}"
    )


def _span(item: Suppression) -> tuple[int, int, int, int]:
    return item.line, item.column, item.line, item.end_column
