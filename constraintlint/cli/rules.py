"""``constraintlint rules``: which rules there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from constraintlint.cli.errors import UsageProblem

if TYPE_CHECKING:
    from constraintlint.rulebook import RulePage


@click.command("rules")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True
)
@click.option(
    "--select", multiple=True, metavar="RULES", help="Only these rules or categories (comma-separated)."
)
@click.option(
    "--ignore", multiple=True, metavar="RULES", help="Not these rules or categories (comma-separated)."
)
def command(format_: str, select: tuple[str, ...], ignore: tuple[str, ...]) -> None:
    """List the rules by category, each with its default severity and one sentence."""
    pages = chosen(select, ignore)
    click.echo({"text": _text, "json": _json, "markdown": _markdown}[format_](pages))


def chosen(select: tuple[str, ...], ignore: tuple[str, ...]) -> list[RulePage]:
    """The pages that ``--select`` and ``--ignore`` leave. Raises UsageProblem for a word that is no rule."""
    from constraintlint.rulebook import CATEGORIES, all_rules

    rules = all_rules()

    def words(values: tuple[str, ...]) -> set[str]:
        found = {word.strip() for value in values for word in value.split(",") if word.strip()}
        for word in sorted(found):
            if word not in rules and word not in CATEGORIES:
                from constraintlint.config.errors import suggestion

                hint = suggestion(word, {*rules, *CATEGORIES})
                raise UsageProblem(f"unknown rule or category {word!r}{hint}")
        return found

    wanted, unwanted = words(select), words(ignore)
    return [
        page
        for page in rules.values()
        if (not wanted or page.name in wanted or page.category in wanted)
        and page.name not in unwanted
        and page.category not in unwanted
    ]


def _text(pages: list[RulePage]) -> str:
    width = max((len(page.name) for page in pages), default=0)
    lines: list[str] = []
    category = ""
    for page in pages:
        if page.category != category:
            category = page.category
            lines += ["", category] if lines else [category]
        lines.append(f"  {page.name:<{width}}  {page.severity:<7}  {page.summary}")
    lines += ["", f"{len(pages)} rules; `constraintlint explain RULE` shows the page of one"]
    return "\n".join(lines)


def _json(pages: list[RulePage]) -> str:
    import json

    rules = [
        {
            "name": page.name,
            "category": page.category,
            "summary": page.summary,
            "severity": page.severity,
            "confidence": page.confidence,
            "languages": page.languages,
            "needs": page.needs,
        }
        for page in pages
    ]
    return json.dumps({"schema_version": 1, "rules": rules}, indent=2, ensure_ascii=False)


def _markdown(pages: list[RulePage]) -> str:
    lines: list[str] = []
    category = ""
    for page in pages:
        if page.category != category:
            category = page.category
            lines += ["", f"## {category}", "", "| rule | severity | reports |", "|---|---|---|"]
        summary = page.summary.replace("|", "\\|")
        lines.append(f"| [{page.name}]({page.category}/{page.name}.md) | {page.severity} | {summary} |")
    return "\n".join(["# Rules", *lines])
