"""A team's own contracts: which files and packages their patterns mean."""

from __future__ import annotations

from collections.abc import Callable

from constraintlint.config import Contract
from constraintlint.globs import compile_globs
from constraintlint.project import Project
from constraintlint.project.chains import at_run_time
from constraintlint.project.graph import Edge, External
from constraintlint.project.packages import distributions_of

_ECOSYSTEMS = ("pypi:", "npm:")


def of_kind(project: Project, kind: str) -> list[Contract]:
    return [contract for contract in project.config.contracts if contract.kind == kind]


def because(project: Project, contract: Contract) -> str:
    """The reason every message of a contract ends with."""
    if contract.because:
        return f"because {contract.because.rstrip('.')}"
    return f"because [[{contract.kind}]] on line {contract.line} of {project.config.path} says so"


def file_matcher(project: Project, patterns: list[str]) -> Callable[[str], bool]:
    """Whether a file matches one of the path patterns (package patterns are left aside)."""
    matches = compile_globs([pattern for pattern in patterns if not pattern.startswith(_ECOSYSTEMS)])
    return lambda path: matches(project.config.relative(path))


def contract_files(project: Project, patterns: list[str]) -> list[str]:
    matches = file_matcher(project, patterns)
    return [path for path in project.paths if matches(path)]


def package_matcher(patterns: list[str]) -> Callable[[External], bool]:
    """Whether an import of a third-party package matches ``pypi:name[.sub]`` or ``npm:name[/sub]``."""
    pypi = [_python_name(p[5:]) for p in patterns if p.startswith("pypi:")]
    npm = [p[4:] for p in patterns if p.startswith("npm:")]

    def matches(item: External) -> bool:
        if item.source.endswith((".py", ".pyi")):
            return any(_is_below(name, wanted, ".") for name in _python_modules(item) for wanted in pypi)
        return any(
            _is_below(item.module.removeprefix("node:"), wanted.removeprefix("node:"), "/") for wanted in npm
        )

    return matches


def _python_modules(item: External) -> list[str]:
    """The modules an import may mean, by import name and by the name of the distribution that brings it."""
    modules = [item.module, *(f"{item.module}.{name}" for name in item.names if name != "*")]
    rest = [module[len(item.package) :] for module in modules]
    heads = [item.package, *distributions_of(item.package)]
    return [_python_name(head) + tail for head in heads for tail in rest]


def _python_name(name: str) -> str:
    head, dot, tail = name.partition(".")
    return head.lower().replace("-", "_") + dot + tail


def _is_below(name: str, wanted: str, separator: str) -> bool:
    return name == wanted or name.startswith(wanted + separator)


def counts(contract: Contract) -> Callable[[Edge], bool]:
    """Which edges a contract counts: run-time imports, and type-only ones where it says so."""
    if contract.type_only:
        return lambda edge: edge.kind != "implicit"
    return at_run_time
