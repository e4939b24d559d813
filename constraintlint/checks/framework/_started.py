"""Which files a start of the project runs: its target and all that is imported from there at run time."""

from __future__ import annotations

from constraintlint.project import Project
from constraintlint.project.start_targets import source_of, target_of
from constraintlint.project.starts import Start, starts_of


def reached(project: Project, sources: frozenset[str]) -> dict[str, Start]:
    """File -> the first start of one of these sources that runs it, in this process or as its entry."""
    found: dict[str, Start] = {}
    for start in starts_of(project):
        if start.source not in sources:
            continue
        queue = [
            source
            for step in start.steps
            if step.program is not None and (source := source_of(project, target_of(project, start, step)))
        ]
        for path in queue:
            if path in found or path not in project.resolutions:
                continue
            found[path] = start
            queue += [
                edge.target for edge in project.edges_of(path) if edge.kind != "type-only" and not edge.erased
            ]
    return found


def reached_by(project: Project) -> dict[str, list[tuple[str, Start]]]:
    """File -> every (runner, start) that runs it."""
    found: dict[str, list[tuple[str, Start]]] = {}
    for start in starts_of(project):
        for step in start.steps:
            source = source_of(project, target_of(project, start, step))
            if not source or step.program is None:
                continue
            runner = step.program.runner
            queue = [source]
            seen = set(queue)
            for path in queue:
                found.setdefault(path, []).append((runner, start))
                for edge in project.edges_of(path):
                    if edge.kind != "type-only" and not edge.erased and edge.target not in seen:
                        seen.add(edge.target)
                        queue.append(edge.target)
    return found
