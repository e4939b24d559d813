"""YAML as a located tree, built from the events of PyYAML's safe loader."""

from __future__ import annotations

from collections.abc import Iterator

from constraintlint.frontends.located import Located, ReadError

_MAX_EVENTS = 200_000
_MAX_DEPTH = 200


def load_yaml(text: str) -> Located:
    """Parse the first document of a YAML 1.1 text. Scalars stay strings as written; null is None.

    Aliases share the node they name, so they cost nothing however often they are used; merge keys (``<<``) are
    applied one level deep.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _yaml_tree(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise ReadError(f"malformed YAML: {error.problem or error.context}", *place) from None
    except yaml.YAMLError as error:
        reason = str(error).split("\n")[0]
        raise ReadError(f"malformed YAML: {reason}") from None
    except RecursionError:
        raise ReadError("nested too deeply") from None


def _yaml_tree(events: Iterator[object]) -> Located:
    root: Located | None = None
    stack: list[Located] = []
    keys: list[tuple[str, int, int] | None] = []
    anchors: dict[str, Located] = {}
    for count, event in enumerate(events):
        if count > _MAX_EVENTS:
            raise ReadError("the file is too large to be read as settings")
        kind = type(event).__name__
        if kind in ("MappingEndEvent", "SequenceEndEvent"):
            keys.pop()
            _merge(stack.pop())
            continue
        if kind == "DocumentEndEvent":
            break
        node = _yaml_node(event, kind, anchors)
        if node is None:
            continue
        opens = kind in ("MappingStartEvent", "SequenceStartEvent")
        if opens and len(stack) > _MAX_DEPTH:
            raise ReadError("nested too deeply", node.line, node.column)
        if not stack:
            root = root or node
        elif not isinstance(stack[-1].value, dict):
            assert isinstance(stack[-1].value, list)
            stack[-1].value.append(node)
        elif (pending := keys[-1]) is None:
            keys[-1] = ("" if opens else str(node.value), node.line, node.column)
        else:
            name, node.key_line, node.key_column = pending
            keys[-1] = None
            stack[-1].value[name] = node
        if opens:
            stack.append(node)
            keys.append(None)
    return root or Located(None, 1, 1)


def _yaml_node(event: object, kind: str, anchors: dict[str, Located]) -> Located | None:
    """The node an event starts; None for the events that carry none."""
    mark = getattr(event, "start_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    anchor = getattr(event, "anchor", None)
    if kind == "AliasEvent":
        known = anchors.get(anchor or "")
        return Located(known.value if known else None, line, column)
    if kind == "ScalarEvent":
        text: str | None = getattr(event, "value", "")
        plain = getattr(event, "style", None) in (None, "")
        node = Located(None if plain and text in ("", "~", "null", "Null", "NULL") else text, line, column)
    elif kind == "MappingStartEvent":
        node = Located({}, line, column)
    elif kind == "SequenceStartEvent":
        node = Located([], line, column)
    else:
        return None
    if anchor:
        anchors[anchor] = node
    return node


def _merge(node: Located) -> None:
    if not isinstance(node.value, dict) or "<<" not in node.value:
        return
    merged = node.value.pop("<<")
    sources = merged.value if isinstance(merged.value, list) else [merged]
    for source in sources:
        if isinstance(source.value, dict) and source.value is not node.value:
            for key, item in source.value.items():
                node.value.setdefault(key, item)
