"""``constraintlint explain``: the page of a rule, for a terminal."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from constraintlint.cli.errors import UsageProblem

if TYPE_CHECKING:
    from constraintlint.rulebook import RulePage

_FENCE = re.compile(r"^(`{3,})\s*(\w*)\s*(\S*)")
_CODE = re.compile(r"`([^`\n]+)`")


def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of rules, with their summaries, for shell completion."""
    from constraintlint.rulebook import all_rules

    return [
        CompletionItem(name, help=page.summary)
        for name, page in all_rules().items()
        if name.startswith(incomplete)
    ]


@click.command("explain")
@click.argument("rule", shell_complete=complete)
@click.option(
    "--format", "format_", type=click.Choice(("text", "markdown")), default="text", show_default=True
)
def command(rule: str, format_: str) -> None:
    """Explain a rule: what it reports, why it fails at run time, how to fix it, with examples."""
    from constraintlint.reports.terminal import use_color

    page = find(rule)
    if format_ == "markdown":
        click.echo(page.text().strip())
        return
    styled = use_color(os.environ, sys.stdout.isatty())
    click.echo("\n".join(render(page, styled)), color=styled)


def find(name: str) -> RulePage:
    """The page of a rule. Raises UsageProblem with the nearest name, or the rules of a category."""
    from constraintlint.rulebook import CATEGORIES, all_rules

    rules = all_rules()
    if name in rules:
        return rules[name]
    if name in CATEGORIES:
        names = ", ".join(page.name for page in rules.values() if page.category == name)
        raise UsageProblem(f"{name!r} is a category; its rules: {names or 'none yet'}")
    from constraintlint.config.errors import suggestion

    hint = suggestion(name, rules) or "; see `constraintlint rules`"
    raise UsageProblem(f"there is no rule {name!r}{hint}")


def render(page: RulePage, styled: bool) -> list[str]:
    """The page as lines: headings, prose, and each example file under its name."""

    def style(text: str, **how: bool | str) -> str:
        return click.style(text, **how) if styled else text  # type: ignore[arg-type]

    facts = [f"category {page.category}", f"severity {page.severity}", f"confidence {page.confidence}"]
    if page.languages:
        facts.append(", ".join(page.languages))
    lines = [style(page.name, bold=True), page.summary, style("; ".join(facts), dim=True)]
    if page.needs:
        lines.append(style(f"runs where the configuration declares: {', '.join(page.needs)}", dim=True))
    fence = ""
    for line in page.text().strip().split("\n")[1:]:
        match = _FENCE.match(line)
        if fence:
            if line.startswith(fence):
                fence = ""
            else:
                lines.append(f"    {line}".rstrip())
        elif match:
            fence = match[1]
            lines += ["", f"  {style(match[3], underline=True)}"] if match[3] else [""]
        elif line.startswith("### "):
            lines.append(style(line[4:], bold=True))
        elif line.startswith("## "):
            colour = {"Bad": "red", "Good": "green"}.get(line[3:].strip(), "")
            lines.append(style(line[3:].upper(), bold=True, **({"fg": colour} if colour else {})))
        else:
            lines.append(_CODE.sub(lambda code: style(code[1], bold=True), line) if styled else line)
    while lines and not lines[-1]:
        lines.pop()
    return lines
