"""The JSON Schema of the configuration: the shipped file, completed with the words this version knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from constraintlint.config.vocabulary import SEVERITIES, databases, frameworks, orms


def build() -> dict[str, Any]:
    """The schema (draft 2020-12) with the names of rules, presets, frameworks, databases and ORMs filled in."""
    from constraintlint.presets import load_preset, preset_names
    from constraintlint.rulebook import CATEGORIES, all_rules

    file = Path(__file__).parent.parent / "config.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    words = schema["$defs"]
    words["rule"]["enum"] = [*CATEGORIES, *all_rules()]
    words["severity"]["enum"] = list(SEVERITIES)
    words["framework"]["enum"] = frameworks()
    schema["properties"]["database"]["enum"] = databases()
    schema["properties"]["orm"]["enum"] = orms()
    schema["properties"]["architecture"]["enum"] = [*preset_names(), "layered", "none"]
    for name in preset_names():
        schema["allOf"].append(_layers_of(name, list(load_preset(name).layers), default=name == "clean"))
    return schema


def _layers_of(preset: str, layers: list[str], *, default: bool) -> dict[str, Any]:
    """With a preset, ``layers`` may name its layers only; ``clean`` is meant where no architecture is named."""
    named = {"properties": {"architecture": {"const": preset}}}
    if not default:
        named["required"] = ["architecture"]  # type: ignore[assignment]
    return {"if": named, "then": {"properties": {"layers": {"propertyNames": {"enum": layers}}}}}
