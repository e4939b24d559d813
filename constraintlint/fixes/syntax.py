"""Whether a file parses: by LibCST for Python, by the frontend's grammar for JavaScript and TypeScript."""

from __future__ import annotations

from constraintlint.discovery import language_of


def parses(path: str, text: str) -> bool:
    """Whether a source file has no syntax error; True for files of other kinds."""
    language = language_of(path)
    if language == "python":
        from constraintlint.fixes.python import parses as parses_python

        return parses_python(text)
    if not language:
        return True
    from constraintlint.frontends.ecmascript import read

    facts = read(path, text.encode("utf-8", "surrogatepass"), None)
    return not any(problem.kind == "parse-incomplete" for problem in facts.problems)
