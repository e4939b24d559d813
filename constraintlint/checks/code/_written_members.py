"""Members that the text of files may make at run time, where no class, module or literal shows them."""

from __future__ import annotations

import re

from constraintlint.project import Project

#: what makes members that are written nowhere
_DYNAMIC = re.compile(
    rb"__getattr__|__getattribute__|\bsetattr\(|\bsettattr|new Proxy\(|__dict__|Object\.definePropert|\.prototype\b|__slots__ ="
    rb"|\bmixin|__class_getitem__|Reflect\.|\btype\([^()\n]+,|__set_name__|create_autospec|applyMixins"
)
#: members are put on something that already is: this, a class, what a module exports, or who knows
_MERGED = re.compile(rb"Object\.assign\(\s*(?:(?=\{)|(\w+)\s*,|)")
#: a member is set by a computed name
_COMPUTED = re.compile(rb"\]\s*=(?![=>])")
#: an object is given another class
_RECLASSED = re.compile(rb"\.__class__\s*=(?!=)|\bsetPrototypeOf\(|\.__proto__\s*=(?!=)")


class WrittenMembers:
    """What the texts of the files of a project say of members, remembered."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._importers: dict[str, list[str]] | None = None
        self._dynamic: dict[str, bool] = {}

    def text(self, path: str) -> bytes | None:
        self._project.facts(path)  # what is read becomes part of what the result depends on
        return self._project.tree.read(path)

    def is_dynamic(self, path: str) -> bool:
        """Whether members may come into being at run time, as far as the text of a file tells."""
        known = self._dynamic.get(path)
        if known is None:
            data = self.text(path)
            known = self._dynamic[path] = data is None or _DYNAMIC.search(data) is not None or _merges(data)
        return known

    def says(self, path: str, name: str) -> bool:
        """Whether the text of a file has the name in it otherwise than as a member that is read."""
        data = self.text(path)
        raw = name.encode()
        if data is None or raw not in data:
            return data is None
        word = re.escape(raw)
        pattern = rb"(?<![.\w$])%b\b|['\"]%b['\"]|[.]%b\s*(?::[^=\n]+)?=(?!=)|(?:self|this|exports)\s*\.\s*%b\b\s*[^(\w\s]" % (
            word, word, word, word,
        )  # fmt: skip
        return re.search(pattern, data) is not None

    def assigns(self, path: str, name: str) -> bool:
        """Whether a file may put the member on the object from outside."""
        data = self.text(path)
        if data is None or b"setattr(" in data or _RECLASSED.search(data):
            return True
        raw = name.encode()
        word = re.escape(raw)
        return raw in data and re.search(rb"[.]%b\s*=(?!=)|['\"]%b['\"]" % (word, word), data) is not None

    def sets_computed(self, path: str) -> bool:
        """Whether a file sets members by computed names."""
        data = self.text(path)
        return data is None or _COMPUTED.search(data) is not None

    def importing(self, path: str) -> list[str]:
        if self._importers is None:
            self._importers = {}
            for source in sorted(self._project.resolutions):
                for edge in self._project.resolutions[source].edges:
                    for target in {edge.target, edge.origin} - {""}:
                        self._importers.setdefault(target, []).append(source)
        return self._importers.get(path, [])


def _merges(data: bytes) -> bool:
    """Whether ``Object.assign`` may put members on an object that is none of its own: not on a literal, or a variable that holds one."""
    for found in _MERGED.finditer(data):
        if data[found.end() : found.end() + 1] == b"{":
            continue
        if found[1] is None or not re.search(
            rb"\b(?:const|let|var)\s+%b\b[^=\n;]*=\s*\{\s*\}" % found[1], data
        ):
            return True
    return False
