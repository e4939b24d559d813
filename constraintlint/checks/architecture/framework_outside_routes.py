"""A service, repository or model imports the web framework."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.findings import Finding, finding
from constraintlint.project import Project
from constraintlint.project.packages import web_framework_of


def check(project: Project) -> Iterator[Finding]:
    layers = project.layers
    allowed = layers.framework_layers
    speakers = " and ".join(allowed)
    for path in project.paths:
        layer = layers.layer_of(path)
        if layer is None or layer in allowed:
            continue
        seen: set[tuple[int, str]] = set()
        for item in project.resolutions[path].external:
            if item.kind == "type-only":
                continue
            framework = web_framework_of(item)
            if framework is None or (item.line, framework) in seen:
                continue
            seen.add((item.line, framework))
            what = f"{item.module} ({', '.join(item.names)})" if item.names else item.module
            yield finding(
                "framework-outside-routes",
                path,
                (item.line, item.column, item.end_line, item.end_column),
                f"{layer} imports the web framework: {what}; only {speakers} speak {framework}",
                help=f"pass plain values in from {speakers}, return plain values or raise an exception of your own, and "
                f"translate it to a response in {speakers}",
                subject=f"{path} -> {item.module}",
            )
