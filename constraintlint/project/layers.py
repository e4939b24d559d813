"""Which layer each file belongs to: by directory name, by file-name part, or by the team's own globs.

The words of a preset match a directory at any depth and the last words of a file name (``orders.repository.ts``,
``user_service.py``, ``OrderController.js``), whatever the case, singular or plural, with or without ``-`` and ``_``.
The deepest match wins. Two things keep ordinary trees from being misread:

* a directory whose name is a layer's but which holds two other layers (``api/services``, ``api/models``) is the root
  of an application, not a layer;
* words that name many other things too (``data``, ``api``, ``http``) count in a file name only where they are the whole
  name and no directory says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import msgspec

from constraintlint.config import Config
from constraintlint.globs import compile_globs
from constraintlint.presets import Preset, load_preset
from constraintlint.roles import is_test

#: words of the presets that a file name may end in for other reasons
_WEAK = frozenset(
    {"api", "http", "data", "dal", "domain", "application", "persistence", "crud", "dataaccess", "schema", "view", "adapter", "port", "core", "infrastructure"}
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


class Layers(msgspec.Struct):
    """The assignment of every source file. ``order`` is top to bottom; rank counts from the bottom, 0 upwards."""

    preset: str
    order: list[str]
    required: int
    """how many layers must be present"""
    closed: list[str]
    """layers an import must not jump over"""
    framework_layers: list[str]
    driver_layers: list[str]
    own: bool = False
    """the layers are the team's own (``layered``)"""
    assigned: dict[str, str] = {}
    roots: frozenset[str] = frozenset()
    """composition roots and tests: they may import everything and belong to no layer"""
    unassigned: list[str] = []
    counts: dict[str, int] = {}
    """files a layer, in ``order``; files without any content do not count"""

    def layer_of(self, path: str) -> str | None:
        return self.assigned.get(path)

    def rank(self, layer: str) -> int:
        return len(self.order) - 1 - self.order.index(layer)

    def is_root(self, path: str) -> bool:
        return path in self.roots


def assign(
    config: Config,
    paths: Iterable[str],
    *,
    is_empty: Callable[[str], bool],
    holds_tables: Callable[[str], bool],
    applies: Callable[[str], bool] = lambda _: True,
) -> Layers:
    """Assign ``paths`` (relative to the checked root) to the layers of ``config``.

    ``is_empty`` tells files without content, ``holds_tables`` files that use an ORM (a ``schemas`` directory is models
    only then), ``applies`` files of the backend (those of a user interface in the same repository are left out).
    """
    layers, preset = _frame(config)
    relative = {path: config.relative(path) for path in paths if applies(path)}
    root_globs = compile_globs(config.composition_roots)
    if config.layers:
        find = _by_globs(config)
    else:
        places = {inner: path for path, inner in relative.items()}
        find = _by_names(preset, list(places), lambda inner: holds_tables(places[inner]))
    counts = dict.fromkeys(layers.order, 0)
    roots: set[str] = set()
    starts = frozenset() if config.layers else _application_files(preset, list(relative.values()))
    for path, inner in relative.items():
        if root_globs(inner) or is_test(inner) or _is_root(preset, inner) or inner in starts:
            roots.add(path)
            continue
        layer = find(inner)
        if layer is None:
            layers.unassigned.append(path)
        else:
            layers.assigned[path] = layer
            counts[layer] += not is_empty(path)
    layers.roots = frozenset(roots)
    layers.counts = counts
    return layers


def _frame(config: Config) -> tuple[Layers, Preset]:
    """The layers without any file: order and rules from the preset, or the team's own stack."""
    own = config.architecture == "layered"
    name = "clean" if own or config.architecture in (None, "none") else str(config.architecture)
    preset = load_preset(name)
    if own:
        order = list(config.layers)
        frame = Layers("layered", order, 0, order[1:-1], order[:1], order, own=True)
    else:
        order = list(preset.layers)
        frame = Layers(
            name,
            order,
            preset.minimum_layers,
            preset.no_skipping,
            preset.framework_layers,
            preset.driver_layers,
        )
    return frame, preset


def _by_globs(config: Config) -> Callable[[str], str | None]:
    """The first layer of ``[layers]`` one of whose globs matches the path below the configuration."""
    matchers = [(name, compile_globs(patterns)) for name, patterns in config.layers.items()]

    def find(path: str) -> str | None:
        return next((name for name, matches in matchers if matches(path)), None)

    return find


def _by_names(
    preset: Preset, paths: list[str], holds_tables: Callable[[str], bool]
) -> Callable[[str], str | None]:
    words = {normalise(word): layer for layer, names in preset.layers.items() for word in names}
    containers = _containers(paths, words)

    def find(path: str) -> str | None:
        directory, _, name = path.rpartition("/")
        layer, weak = _layer_of_name(name, words)
        word = name
        if layer is None or weak:
            layer, word = _layer_of_directory(directory, words, containers) or (layer, name)
        if normalise(word.partition(".")[0]) == "schema" and not holds_tables(path):
            return None
        return layer

    return find


def _layer_of_directory(
    directory: str, words: dict[str, str], containers: frozenset[str]
) -> tuple[str, str] | None:
    """The layer of the deepest directory that names one, and that name."""
    while directory:
        parent, _, name = directory.rpartition("/")
        layer = words.get(normalise(name))
        if layer is not None and directory not in containers:
            return layer, name
        directory = parent
    return None


def _layer_of_name(name: str, words: dict[str, str]) -> tuple[str | None, bool]:
    """The layer a file name ends in, and whether the word is a weak one (see the module's docstring)."""
    stem = name.rpartition(".")[0].removesuffix(".d")
    parts = [part for part in stem.split(".") if part]
    for part in reversed(parts):
        tokens = [token.lower() for token in _WORDS.findall(part)]
        for size in (2, 1):
            if len(tokens) < size:
                continue
            word = normalise("".join(tokens[-size:]))
            layer = words.get(word)
            if layer is None:
                continue
            if word not in _WEAK:
                return layer, False
            if len(tokens) == size:
                return layer, len(parts) == 1
    return None, False


def _containers(paths: list[str], words: dict[str, str]) -> frozenset[str]:
    """Directories with a layer's name below which at least two other layers are found."""
    below: dict[str, set[str]] = {}
    for directory in {path.rpartition("/")[0] for path in paths}:
        names = directory.split("/")
        inner: set[str] = set()
        for depth in range(len(names), 0, -1):
            layer = words.get(normalise(names[depth - 1]))
            if layer is None:
                continue
            here = "/".join(names[:depth])
            below.setdefault(here, set()).update(inner - {layer})
            inner.add(layer)
    return frozenset(directory for directory, layers in below.items() if len(layers) >= 2)


def _application_files(preset: Preset, paths: list[str]) -> frozenset[str]:
    """Files named ``application`` that make the application, as ``app.py`` does: they stand in no layer's directory, and no file
    beside them is a layer of a feature (``orders/application.py`` beside ``orders/repository.py`` is its services)."""
    named = [path for path in paths if path.rpartition("/")[2].partition(".")[0] == "application"]
    if not named:
        return frozenset()
    words = {normalise(word): layer for layer, names in preset.layers.items() for word in names}
    containers = _containers(paths, words)
    features = {
        directory
        for directory, _, name in (path.rpartition("/") for path in paths)
        if name.partition(".")[0] != "application" and _layer_of_name(name, words)[0] is not None
    }
    return frozenset(
        path
        for path in named
        for directory in (path.rpartition("/")[0],)
        if directory not in features and _layer_of_directory(directory, words, containers) is None
    )


def _is_root(preset: Preset, path: str) -> bool:
    """Whether a path is a composition root by its file name or one of its directories."""
    *directories, name = path.split("/")
    files, places = _root_words(preset)
    return normalise(name.partition(".")[0]) in files or any(
        normalise(part) in places for part in directories
    )


@cache
def _root_words(preset: Preset) -> tuple[frozenset[str], frozenset[str]]:
    """The words of files and of directories that are composition roots."""
    return (
        frozenset(normalise(word) for word in preset.composition_roots),
        frozenset(normalise(word) for word in preset.composition_directories),
    )


@lru_cache(maxsize=4096)
def normalise(word: str) -> str:
    """``Use-Cases``, ``use_cases``, ``useCase`` -> ``usecase``; ``Repositories`` -> ``repository``."""
    word = word.replace("-", "").replace("_", "").lower()
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        return word[:-1]
    return word
