"""The rule pages under ``rules/``: front matter (metadata) and prose. A page is documentation, help text and test.

A page is ``rules/<category>/<rule-name>.md``::

    +++
    summary = "A layer imports a layer above it."      # one sentence, at most 120 characters
    severity = "error"                                  # error, warning, note or off
    confidence = "high"                                 # high, medium, low
    languages = ["python", "javascript", "typescript"]
    needs = ["architecture"]                            # declared constraints without which the rule stays off
    facts = ["names"]                                   # read for this rule: the loose names of files
    +++

    # layer-direction
    Prose: what it reports, why it fails, how to fix it, when to suppress it.

    ## Bad
    ### a title
    ```python app/models/user.py
    from app.services import x  # expect
    ```
    ## Good
    ...

Every ``###`` under Bad or Good is one example: a small project of all its fenced blocks, one file a block, the file
named in the fence after the language (``+x`` behind the name: executable). ``# expect`` (``//``, ``--``) marks a line that must be reported;
``# expect[other-rule]`` one that must be reported by another rule.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec

from constraintlint.findings import Confidence

CATEGORIES = (
    "architecture", "database", "orm", "sql", "sqlalchemy", "sequelize", "django", "framework", "auth", "contract",
    "startup", "code", "suppression",
)  # fmt: skip


class RulePage(msgspec.Struct, kw_only=True):
    """The metadata of a rule, from its page's front matter."""

    name: str
    category: str
    summary: str
    severity: str
    confidence: Confidence
    languages: list[str] = []
    needs: list[str] = []
    facts: list[str] = []
    taxonomy: list[str] = []
    applies_to: list[str] = []
    security_severity: str = ""

    def text(self) -> str:
        """The page's Markdown without its front matter."""
        return split_page((rules_directory() / self.category / f"{self.name}.md").read_text("utf-8"))[1]


@cache
def rules_directory() -> Path:
    """Where ``rules/`` is: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def split_page(text: str) -> tuple[str, str]:
    """Split a page into its TOML front matter and its Markdown body."""
    match = re.match(r"\+\+\+\n(.*?)\n\+\+\+\n\s*(.*)", text, re.S)
    if not match:
        raise ValueError("a rule page starts with TOML front matter between two lines of +++")
    return match[1], match[2]


@cache
def all_rules() -> dict[str, RulePage]:
    """Every rule by name, sorted by category and name."""
    pages: dict[str, RulePage] = {}
    for category in CATEGORIES:
        for file in sorted((rules_directory() / category).glob("*.md")):
            front, _ = split_page(file.read_text("utf-8"))
            data = {key.replace("-", "_"): value for key, value in tomllib.loads(front).items()}
            pages[file.stem] = msgspec.convert({"name": file.stem, "category": category, **data}, RulePage)
    return pages
