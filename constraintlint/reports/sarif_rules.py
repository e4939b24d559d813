"""The tool part of a SARIF log: every rule and every kind of diagnostic with its texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from constraintlint import __version__
from constraintlint.reports import rule_help
from constraintlint.rulebook import RulePage

#: GitHub: longest text of a description, most tags it keeps
_MAX_DESCRIPTION = 1024
_MAX_TAGS = 10
#: SARIF wants an absolute URI; this one holds the information itself, and works without a network
_INFORMATION = (
    "data:text/plain,constraintlint%20checks%20a%20backend%20against%20its%20declared%20constraints%20without%20running"
    "%20it.%20Run%20%22constraintlint%20explain%20RULE%22%20for%20the%20page%20of%20a%20rule."
)
_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}


def driver(rules: Mapping[str, RulePage], unknown: Iterable[str], kinds: Iterable[str]) -> dict[str, object]:
    """``tool.driver`` with the rules in the order of ``rules``, then those in ``unknown``, which have no page."""
    descriptors = [_rule(page) for page in rules.values()]
    descriptors += [_descriptor(name, f"{name} is reported.", f"{name} is reported.") for name in unknown]
    return {
        "name": "constraintlint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": _INFORMATION,
        "rules": descriptors,
        "notifications": [_kind(kind) for kind in kinds],
    }


def _rule(page: RulePage) -> dict[str, object]:
    markdown = rule_help.markdown(page)
    descriptor = _descriptor(page.name, page.summary, rule_help.first_paragraph(page))
    descriptor["help"] = {"text": rule_help.plain(page), "markdown": markdown}
    configuration: dict[str, object] = {"level": _LEVELS.get(page.severity, "warning")}
    if page.severity == "off":
        configuration["enabled"] = False
    descriptor["defaultConfiguration"] = configuration
    properties: dict[str, object] = {
        "tags": _tags(page),
        "precision": page.confidence,
        "problem.severity": _PROBLEMS.get(page.severity, "warning"),
    }
    if page.security_severity:  # makes every alert of the rule a security alert
        properties["security-severity"] = page.security_severity
    descriptor["properties"] = properties
    return descriptor


def _kind(kind: str) -> dict[str, object]:
    words = kind.replace("-", " ")
    return _descriptor(
        kind,
        f"A place could not be analysed: {words}.",
        f"A place could not be read, resolved or analysed completely: {words}. Findings that depend on it may be missing.",
    )


def _descriptor(name: str, summary: str, description: str) -> dict[str, object]:
    return {
        "id": name,
        "name": "".join(word[:1].upper() + word[1:] for word in name.split("-")) or name,
        "shortDescription": {"text": _clip(summary)},
        "fullDescription": {"text": _clip(_sentence(description))},
        "help": {"text": _sentence(description)},
    }


def _tags(page: RulePage) -> list[str]:
    """Category, languages and taxonomy, each once; ``CWE-89`` in the form GitHub links."""
    tags = [page.category, *page.languages]
    for entry in page.taxonomy:
        system, _, number = entry.lower().partition("-")
        tags.append(f"external/cwe/cwe-{number.zfill(3)}" if system == "cwe" and number.isdigit() else entry)
    if page.security_severity:
        tags.append("security")
    return list(dict.fromkeys(tag for tag in tags if tag))[:_MAX_TAGS]


def _clip(text: str) -> str:
    if len(text) <= _MAX_DESCRIPTION:
        return text
    return text[: _MAX_DESCRIPTION - 4].rsplit(" ", 1)[0] + " ..."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."
