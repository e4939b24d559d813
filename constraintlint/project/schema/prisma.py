"""Tables of Prisma schemas: models, their columns by database name, keys, relations and join tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constraintlint.project.schema.families import family_of, zoned
from constraintlint.project.schema.prisma_parser import Attribute, Block, Field, parse, unquote
from constraintlint.project.schema.records import (
    Column,
    Family,
    ForeignKey,
    Gap,
    Index,
    Place,
    Reference,
    Table,
)
from constraintlint.project.schema.scripts import FileScript, read_text
from constraintlint.roles import is_test

if TYPE_CHECKING:
    from constraintlint.project import Project

_SCALARS: dict[str, Family] = {
    "String": "text", "Boolean": "boolean", "Int": "integer", "BigInt": "integer", "Float": "float",
    "Decimal": "numeric", "DateTime": "datetime", "Json": "json", "Bytes": "binary",
}  # fmt: skip


def read(project: Project) -> tuple[list[Table], list[Gap]]:
    """The tables of every schema; files of one folder are one schema."""
    folders: dict[str, list[tuple[FileScript, list[Block]]]] = {}
    for path in sorted(project.tree.files):
        if path.endswith(".prisma") and not is_test(path):
            data = project.tree.read(path)
            if data is not None:
                text = read_text(data)
                folders.setdefault(_folder(path), []).append((FileScript(path, text), parse(text)))
    tables: list[Table] = []
    for _, files in sorted(folders.items()):
        tables += _Reader(files).tables()
    return tables, []


def _folder(path: str) -> str:
    """The folder of a schema; one split into files keeps its models in a folder below."""
    parts = path.split("/")[:-1]
    for position, part in enumerate(parts):
        if part == "prisma":
            return "/".join(parts[: position + 1])
    return "/".join(parts)


class _Reader:
    def __init__(self, files: list[tuple[FileScript, list[Block]]]) -> None:
        self.models: dict[str, tuple[FileScript, Block]] = {}
        self.enums: set[str] = set()
        self.provider = ""
        for script, blocks in files:
            for block in blocks:
                if block.kind in ("model", "view"):
                    self.models[block.name] = (script, block)
                elif block.kind == "enum":
                    self.enums.add(block.name)
                elif block.kind == "datasource":
                    self.provider = block.settings.get("provider", "").strip('"')

    def tables(self) -> list[Table]:
        if self.provider == "mongodb":
            return []
        found = [self.table(script, block) for script, block in self.models.values()]
        return found + self.join_tables()

    def place(self, script: FileScript, item: Block | Field) -> Place:
        return script.place(item.start, item.end)

    def table(self, script: FileScript, block: Block) -> Table:
        columns: list[Column] = []
        for item in block.fields:
            if item.type not in self.models:
                columns.append(self.column(script, block, item))
        names = {item.name: _column_name(item) for item in block.fields}
        space = block.attribute("schema")
        return Table(
            self.table_name(block),
            self.place(script, block),
            "prisma",
            tuple(columns),
            True,
            _first_text(space) if space is not None else "",
            True,
            "view" if block.kind == "view" else "table",
            self.primary_key(block, names),
            tuple(self.foreign_keys(script, block, names)),
            tuple(self.indexes(script, block, names)),
        )

    def table_name(self, block: Block) -> str:
        mapped = block.attribute("map")
        return (_first_text(mapped) if mapped is not None else "") or block.name

    def column(self, script: FileScript, block: Block, item: Field) -> Column:
        default = item.attribute("default")
        value = default.arguments[0].text if default is not None and default.arguments else ""
        family, zone = self.family(item)
        key = self.primary_key(block, {field.name: field.name for field in block.fields})
        references = {
            relation.arguments_of("fields")[0]: relation
            for relation in self.relations(block)
            if len(relation.arguments_of("fields")) == 1
        }
        relation = references.get(item.name)
        return Column(
            _column_name(item),
            self.place(script, item),
            item.type + ("[]" if item.many else ""),
            family,
            item.optional,
            item.name in key,
            item.attribute("unique") is not None,
            default is not None or item.attribute("updatedAt") is not None,
            value.startswith("autoincrement"),
            True,
            zone,
            self.reference(relation) if relation is not None else None,
        )

    def family(self, item: Field) -> tuple[Family, bool | None]:
        if item.many:
            return "array", None
        if item.type in self.enums:
            return "enum", None
        native = next((attribute for attribute in item.attributes if attribute.name.startswith("db.")), None)
        if native is not None:
            name = native.name.partition(".")[2]
            arguments = ",".join(argument.text for argument in native.arguments)
            told = family_of(f"{name}({arguments})" if arguments else name, self.provider)
            if told not in ("unknown", "other"):
                return told, zoned(name, self.provider)
        family = _SCALARS.get(item.type, "unknown")
        return family, False if family == "datetime" and self.provider == "postgresql" else None

    def primary_key(self, block: Block, names: dict[str, str]) -> tuple[str, ...]:
        single = next((item for item in block.fields if item.attribute("id") is not None), None)
        if single is not None:
            return (names[single.name],)
        together = block.attribute("id")
        fields = together.argument("fields", 0) if together is not None else None
        return tuple(names.get(name, name) for name in fields.items) if fields is not None else ()

    def relations(self, block: Block) -> list[_Relation]:
        found: list[_Relation] = []
        for item in block.fields:
            attribute = item.attribute("relation")
            if item.type in self.models and attribute is not None:
                found.append(_Relation(item, attribute))
        return found

    def reference(self, relation: _Relation) -> Reference:
        _, target = self.models[relation.field.type]
        names = {item.name: _column_name(item) for item in target.fields}
        space = target.attribute("schema")
        return Reference(
            self.table_name(target),
            tuple(names.get(name, name) for name in relation.arguments_of("references")),
            _first_text(space) if space is not None else "",
        )

    def foreign_keys(self, script: FileScript, block: Block, names: dict[str, str]) -> list[ForeignKey]:
        return [
            ForeignKey(
                tuple(names.get(name, name) for name in relation.arguments_of("fields")),
                self.reference(relation),
                self.place(script, relation.field),
            )
            for relation in self.relations(block)
            if relation.arguments_of("fields")
        ]

    def indexes(self, script: FileScript, block: Block, names: dict[str, str]) -> list[Index]:
        found: list[Index] = []
        for attribute in block.attributes:
            if attribute.name not in ("unique", "index"):
                continue
            fields = attribute.argument("fields", 0)
            if fields is not None and fields.items:
                place = script.place(attribute.start, attribute.start + len(attribute.name) + 2)
                columns = tuple(names.get(name, name) for name in fields.items)
                found.append(Index(columns, attribute.name == "unique", place))
        return found

    def join_tables(self) -> list[Table]:
        """Implicit many-to-many relations: ``_AToB`` or ``_name`` with the columns ``A`` and ``B``."""
        found: dict[str, Table] = {}
        for script, block in self.models.values():
            for item in block.fields:
                other = self.models.get(item.type)
                if not item.many or other is None:
                    continue
                name = _relation_name(item)
                back = any(
                    field.type == block.name
                    and field.many
                    and _relation_name(field) == name
                    and field is not item
                    for field in other[1].fields
                )
                if not back:
                    continue
                first, second = sorted((block.name, item.type))
                table = "_" + (name or f"{first}To{second}")
                place = self.place(script, item)
                columns = tuple(
                    Column(
                        column,
                        place,
                        nullable=False,
                        quoted=True,
                        references=Reference(self.table_name(self.models[model][1])),
                    )
                    for column, model in (("A", first), ("B", second))
                )
                found.setdefault(
                    table, Table(table, place, "prisma", columns, True, "", True, primary_key=("A", "B"))
                )
        return list(found.values())


class _Relation:
    def __init__(self, field: Field, attribute: Attribute) -> None:
        self.field = field
        self.attribute = attribute

    def arguments_of(self, name: str) -> tuple[str, ...]:
        argument = self.attribute.argument(name)
        return argument.items if argument is not None else ()


def _relation_name(item: Field) -> str:
    attribute = item.attribute("relation")
    argument = attribute.argument("name", 0) if attribute is not None else None
    return unquote(argument.text) if argument is not None and argument.text.startswith('"') else ""


def _column_name(item: Field) -> str:
    mapped = item.attribute("map")
    return (_first_text(mapped) if mapped is not None else "") or item.name


def _first_text(attribute: Attribute) -> str:
    argument = attribute.argument("name", 0)
    return unquote(argument.text) if argument is not None and argument.text.startswith('"') else ""
