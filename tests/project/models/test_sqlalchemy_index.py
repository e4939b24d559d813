"""What the index says of models in twenty styles is what SQLAlchemy itself reports of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.project.models.sqlalchemy_modules import MODULES, NEEDS
from tests.proofs.support import python_with, run_python
from tests.support.projects import project_of

_REPORT = """
import json, sys
sys.path.insert(0, ".")
import models
from sqlalchemy import MetaData
from sqlalchemy.orm import configure_mappers
from sqlalchemy.orm import mapperlib
configure_mappers()
registries = list(mapperlib._all_registries())
metadatas = [r.metadata for r in registries] + [v for v in vars(models).values() if isinstance(v, MetaData)]
if "sqlmodel" in sys.modules:
    metadatas.append(sys.modules["sqlmodel"].SQLModel.metadata)
for extension in (vars(models).get("db"),):
    metadatas += list(getattr(extension, "metadatas", {}).values())
tables = {}
for metadata in metadatas:
    for table in metadata.tables.values():
        tables[f"{table.schema or ''}.{table.name}"] = {
            column.name: [bool(column.nullable), bool(column.primary_key), sorted(key.target_fullname for key in column.foreign_keys)]
            for column in table.columns
        }
classes = {}
for registry in registries:
    for mapper in registry.mappers:
        classes[mapper.class_.__name__] = {
            "table": mapper.local_table.name,
            "columns": sorted(a.key for a in mapper.column_attrs if type(a.columns[0]).__name__ in ("Column", "AnnotatedColumn")),
            "names": sorted(set(mapper.attrs.keys()) | {k for k in mapper.all_orm_descriptors.keys() if k is not None}),
            "relationships": {
                r.key: [r.mapper.class_.__name__, "many" if r.uselist else "one", r.secondary.name if r.secondary is not None else "", {True: "select", False: "joined"}.get(r.lazy, r.lazy)]
                for r in mapper.relationships
            },
        }
print("REPORT" + json.dumps({"tables": tables, "classes": classes}))
"""


@pytest.mark.parametrize("name", MODULES)
def test_every_class_is_read_completely(name: str, tmp_path: Path) -> None:
    """Without the library: nothing in these programs is beyond the reader."""
    project = project_of(MODULES[name], tmp_path)
    classes = [model for model in project.models.all if not model.abstract]
    assert classes or name == "core_tables"
    assert all(model.complete and model.table is not None for model in classes)
    assert all(
        relation.target in project.models.by_key for model in classes for relation in model.relations.values()
    )
    assert project.schema.is_complete and all(table.complete for table in project.schema.tables)


@pytest.mark.proof
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("release", ["2.0", "2.1"])
def test_the_library_agrees(name: str, release: str, tmp_path: Path) -> None:
    needs = NEEDS.get(name)
    if needs and release != "2.0":
        pytest.skip("run with the version the extension brings")
    python = python_with(needs) if needs else python_with(f"SQLAlchemy=={release}.*")
    files = MODULES[name]
    real = run_python(python, {**files, "report.py": _REPORT}, ["report.py"], tmp_path / "real")
    assert "REPORT" in real.text, real.text
    expected = json.loads(real.text.rpartition("REPORT")[2])
    project = project_of(files, tmp_path / "read")
    tables = {f"{table.namespace}.{table.name}": _columns(table) for table in project.schema.tables}
    assert tables == expected["tables"]
    models = {model.name: model for model in project.models.all if not model.abstract}
    assert set(models) == set(expected["classes"])
    for cls, said in expected["classes"].items():
        model = models[cls]
        assert model.table is not None and model.table.name == said["table"], cls
        assert set(said["names"]) <= set(model.attributes), cls
        mapped = {key for key, item in model.attributes.items() if item.kind == "column"}
        assert mapped == set(said["columns"]), cls
        related = {
            relation.name: [
                project.models.by_key[relation.target].name,
                relation.cardinality,
                _join_table(project, relation.through),
                relation.lazy or "select",
            ]
            for relation in model.relations.values()
        }
        assert related == said["relationships"], cls


def _join_table(project: Any, through: str) -> str:
    """The name of a join table that may be given by its class."""
    classes = {model.name: model.table.name for model in project.models.all if model.table is not None}
    return classes.get(through, through)


def _columns(table: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, declared in table.columns().items():
        column = declared[0]
        targets = [
            ".".join(
                part
                for part in (key.references.namespace, key.references.table, key.references.columns[i])
                if part
            )
            for item in table.declared
            for key in item.foreign_keys
            for i, own in enumerate(key.columns)
            if own == name
        ]
        primary = column.primary_key or any(name in item.primary_key for item in table.declared)
        found[name] = [column.nullable, primary, sorted(set(targets))]
    return found
