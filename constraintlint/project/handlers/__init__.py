"""What the handlers of a project read of their requests and answer with: one neutral record for every framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.handlers.records import HandlerFacts

if TYPE_CHECKING:
    from constraintlint.project import Project
    from constraintlint.project.handlers.forms import Reader
    from constraintlint.project.routes.records import Route


class Handlers:
    """Answers for one project; made once, kept by ``Project.handlers``."""

    def __init__(self, project: Project) -> None:
        from constraintlint.project.handlers.forms import Reader

        self.project = project
        self.reader: Reader = Reader(project)
        self._known: dict[int, HandlerFacts] = {}

    def facts(self, route: Route) -> HandlerFacts:
        """What the handler of a route reads and answers; open where that cannot be told."""
        known = self._known.get(id(route))
        if known is None:
            from constraintlint.project.handlers.answers import answers_of
            from constraintlint.project.handlers.requests import reading_of

            answers, complete = answers_of(self.reader, route)
            known = HandlerFacts(tuple(answers), reading_of(self.reader, route), complete)
            self._known[id(route)] = known
        return known
