"""From connections to engines: which engine each connection reaches when the program runs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from constraintlint.findings import Evidence
from constraintlint.project.evidence.branch_labels import exclusive, reads_environment
from constraintlint.project.evidence.claims import Claim, claim_of
from constraintlint.project.evidence.configured import configured_sites, sequelize_config
from constraintlint.project.evidence.connection_specs import Candidate, Site
from constraintlint.project.evidence.connections import sites_in
from constraintlint.project.evidence.environment import Environment
from constraintlint.project.evidence.usages import Usage, Usages
from constraintlint.project.flow.values import Branch
from constraintlint.project.manifests import Component, Roles
from constraintlint.project.signatures import (
    engine_of_distribution,
    engine_of_image,
    engine_of_url,
    engine_of_variable,
    engines,
    same_family,
)

if TYPE_CHECKING:
    from constraintlint.project import Project


class _Open(msgspec.Struct):
    """A candidate of a site, with the role it has before choices are weighed against each other."""

    site: Site
    candidate: Candidate
    role: str
    label: str

    @property
    def branches(self) -> tuple[Branch, ...]:
        return (*self.site.branches, *self.candidate.branches)


def database_claims(
    project: Project, components: dict[str, Component], subject: list[Component], used: Usages, roles: Roles
) -> tuple[list[Claim], list[Evidence]]:
    """Claims for every engine, and the connections whose engine could not be told."""
    environment = Environment(project, components, subject, roles.base)
    paths = [path for component in subject for path in component.paths]
    sites = [site for path in paths for site in sites_in(project, path, environment, roles)]
    sites += configured_sites(project, subject, environment, roles)
    built = [site for site in sites if site.builds and site.role == "runtime"]
    sites = [site for site in sites if not site.builds]
    for site in sites:
        _complete(project, site, subject, environment)
    claims = [
        _claim(item, role)
        for item, role in _weighed(project, [_opened(site, c) for site in sites for c in site.candidates])
    ]
    undecided: list[Evidence] = []
    known = any(claim.role == "runtime" for claim in claims)
    for site in sites:
        if any(_role(site, candidate) != "test" for candidate in site.candidates) or site.role != "runtime":
            continue
        if not site.unknown or (known and _is_side(project, site, sites)):
            continue  # where a variable is set to something else, that is an option; what runs is known
        inferred = _inferred(site, subject, used, environment, built)
        if inferred is not None:
            claims.append(inferred)
        else:
            why = f"; {site.unknown[0]}" if site.unknown else ""
            message = f"{site.name}() connects to an engine that could not be told{why}"
            undecided.append(Evidence(site.path, site.span[0], site.span[1], message))
    claims += _imported(claims, undecided, used, {_package(site.name) for site in sites})
    return claims, undecided


def _is_side(project: Project, site: Site, sites: list[Site]) -> bool:
    """Whether a site whose engine is not known is one side of a choice another side of which is known."""
    if site.label:
        return True
    others = [other for other in sites if other is not site and other.candidates]
    return any(exclusive(site.branches, other.branches) for other in others) or reads_environment(
        project, site.branches
    )


def _complete(project: Project, site: Site, subject: list[Component], environment: Environment) -> None:
    """Candidates from a tool's own configuration file, where the call takes its options from there."""
    if site.candidates or site.tool != "sequelize":
        return
    site.candidates = sequelize_config(environment)
    if site.candidates:
        site.unknown = []


def _role(site: Site, candidate: Candidate) -> str:
    for role in ("test", "development"):
        if role in (site.role, candidate.role) or (
            role == "test" and "test" in (site.label, candidate.label)
        ):
            return role
    return "runtime"


def _opened(site: Site, candidate: Candidate) -> _Open:
    role = _role(site, candidate)
    firm = any(not other.weak and _role(site, other) == "runtime" for other in site.candidates)
    if role == "runtime" and (candidate.overridden or (candidate.weak and firm)):
        role = "optional"
    return _Open(site, candidate, role, candidate.label or site.label)


def _weighed(project: Project, opened: list[_Open]) -> list[tuple[_Open, str]]:
    """The role of each candidate: where all that can run is one engine, it is that; else the environment chooses.

    What is for production alone is what runs; what is for developers alone is not.
    """
    running = [item for item in opened if item.role == "runtime"]
    first = running[0].candidate.engine if running else ""
    if all(same_family(item.candidate.engine, first) for item in running):
        return [(item, item.role) for item in opened]
    weighed: list[tuple[_Open, str]] = []
    for item in opened:
        role = item.role
        if role == "runtime" and item.label == "development":
            role = "development"
        elif (
            role == "runtime"
            and item.label != "production"
            and (item.label or _is_choice(project, item, running))
        ):
            role = "optional"
        weighed.append((item, role))
    return weighed


def _is_choice(project: Project, item: _Open, running: Iterable[_Open]) -> bool:
    """Whether an engine is one of several the program can run with: by its conditions, or by what else the place says."""
    for other in running:
        if other.label == "development" or same_family(other.candidate.engine, item.candidate.engine):
            continue
        if other.site is item.site and not item.site.many:
            return True
        if exclusive(item.branches, other.branches):
            return True
        if other.label and other.site.name == item.site.name and item.site.name.isupper():
            return True  # the same setting, for another environment
    return reads_environment(project, item.branches)


_SAYS = {
    "production": "in production only",
    "choice": "one side of a choice made by the environment",
    "development": "in development only",
    "test": "in tests only",
}


def _claim(item: _Open, role: str) -> Claim:
    candidate, site = item.candidate, item.site
    message = candidate.message
    if item.label in _SAYS and (role != "runtime" or item.label == "production"):
        message += f" ({_SAYS[item.label]})"
    elif candidate.overridden:
        message += ", which is set to another engine"
    elif candidate.weak:
        message += " (a sample)"
    place = Evidence(site.path, site.span[0], site.span[1], f"{site.name} connects here")
    same = (site.path, site.span) == (candidate.path, candidate.span)
    return Claim(
        name=candidate.engine, role=role, path=candidate.path, span=candidate.span, message=message,
        decisive=not candidate.weak, site=None if same else place,
    )  # fmt: skip


# --- where the call does not tell --------------------------------------------------------------------------------


def _inferred(
    site: Site, subject: list[Component], used: Usages, environment: Environment, built: list[Site]
) -> Claim | None:
    """The one engine its surroundings speak of: the name of its variable, URLs that are built, drivers, column types,
    the URL of the migrations, compose services."""
    for found in (
        _by_variable(site),
        [(item.engine, item.evidence) for other in built for item in other.candidates],
        [(usage.name, usage.evidence) for usage in used.drivers if usage.role == "runtime"],
        [(usage.name, usage.evidence) for usage in used.hints if usage.role == "runtime"],
        _by_dependency(subject),
        _by_migrations(environment),
        _by_service(environment, "runtime"),
        _by_service(environment, "development"),
    ):
        names = list(dict.fromkeys(name for name, _ in found if engines()[name].kind == "database"))
        if not names or not all(same_family(name, names[0]) for name in names):
            continue
        evidence = next(evidence for name, evidence in found if name == names[0])
        span = (evidence.line, evidence.column, evidence.line, evidence.column)
        place = Evidence(
            site.path, site.span[0], site.span[1], f"{site.name} connects here; {site.unknown[0]}"
        )
        return Claim(
            name=names[0],
            role="runtime",
            path=evidence.path,
            span=span,
            message=evidence.message,
            decisive=False,
            site=place,
        )
    return None


def _by_variable(site: Site) -> list[tuple[str, Evidence]]:
    found: list[tuple[str, Evidence]] = []
    for reason in site.unknown:
        for word in reason.replace(",", " ").split():
            engine = engine_of_variable(word)
            if engine is not None and word.isupper():
                found.append(
                    (engine, Evidence(site.path, site.span[0], site.span[1], f"it is read from {word}"))
                )
    return found


def _by_dependency(subject: list[Component]) -> list[tuple[str, Evidence]]:
    found: list[tuple[str, Evidence]] = []
    for component in subject:
        for item in component.dependencies():
            engine = engine_of_distribution(item.manifest.ecosystem, item.dependency.name)
            if engine is not None and item.group == "runtime":
                message = f"{item.dependency.name} is the driver that is installed"
                place = (item.manifest.path, item.dependency.line, item.dependency.column)
                found.append((engine, Evidence(*place, message)))
    return found


def _by_migrations(environment: Environment) -> list[tuple[str, Evidence]]:
    """The URL in alembic.ini; the one of its template has no engine."""
    found: list[tuple[str, Evidence]] = []
    for file in environment.records.of_kind("alembic"):
        for setting in file.settings if environment.applies(posixpath.dirname(file.path)) else ():
            engine = engine_of_url(setting.value)
            if engine is not None:
                found.append(
                    (
                        engine,
                        Evidence(file.path, setting.line, setting.column, "the migrations connect to it"),
                    )
                )
    return found


def _by_service(environment: Environment, level: str) -> list[tuple[str, Evidence]]:
    """Database images of the compose files that speak for the subject; those its services depend on, where they say so."""
    from constraintlint.project.evidence.environment import level_of_file

    wanted = {name for _, service, _ in environment.services for name in service.depends_on}
    found: list[tuple[str, Evidence]] = []
    for compose in environment.records.compose:
        if (
            not environment.applies(posixpath.dirname(compose.path))
            or level_of_file(compose.path, environment.base) != level
        ):
            continue
        for service in compose.services:
            engine = engine_of_image(service.image) if service.image else None
            if engine is not None and not service.profiles and (not wanted or service.name in wanted):
                message = f"the service {service.name} runs {service.image}"
                found.append(
                    (engine, Evidence(compose.path, service.image_line, service.image_column, message))
                )
    return found


def _package(name: str) -> str:
    """The package of a qualified name: ``pyodbc`` of ``pyodbc.connect``, ``mysql2`` of ``mysql2/promise#createPool``."""
    module, hash_, _ = name.partition("#")
    if not hash_ and "." in module:
        return module.partition(".")[0]
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


def _imported(
    claims: list[Claim], undecided: list[Evidence], used: Usages, connected: set[str]
) -> list[Claim]:
    """Drivers imported without a connection in sight: the engine where nothing else tells it, else a mere option.

    ``connected`` are the packages some call of which connects: what that says of the engine is known already.
    """
    running = {claim.name for claim in claims if claim.role == "runtime"}
    by_role: dict[str, list[Usage]] = {}
    for usage in used.drivers:
        by_role.setdefault(usage.role, []).append(usage)
    names = {usage.name for usage in by_role.get("runtime", ())}
    alone = not running and not undecided and len(names) == 1
    found: list[Claim] = []
    for usage in used.drivers:
        claim = claim_of(usage)
        claim.decisive = False
        if _package(usage.modules[0]) in connected and claim.name not in running:
            continue
        if claim.role == "runtime" and claim.name not in running:
            claim.role = "runtime" if alone else "optional"
            claim.message += "" if alone else "; no connection is opened"
        found.append(claim)
    return found
