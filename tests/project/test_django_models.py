"""Django models, paths in queries, types of expressions and migrations, without Django. See the proof for the comparison with it."""

from __future__ import annotations

import pytest

from constraintlint.checks.orm import _n_plus_one_django, _unknown_attribute_django
from constraintlint.project.django_migrations import states
from constraintlint.project.models.django_paths import resolve
from constraintlint.project.schema import django_migrations
from tests.project.value_projects import expression, project_of

_MODELS = """
from django.conf import settings
from django.db import models

class Farm(models.Model):
    name = models.CharField(max_length=20, choices=[("a", "A")])
    founded = models.DateField()
    data = models.JSONField(default=dict)

class Cow(models.Model):
    farm = models.ForeignKey(Farm, on_delete=models.CASCADE, related_name="cows", related_query_name="cow")
    mother = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    fields = models.ManyToManyField("Field", blank=True)

class Field(models.Model):
    area = models.FloatField()
"""
_SETTINGS = 'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "barn"]\n'
_BASE = {"barn/models.py": _MODELS, "barn/settings.py": _SETTINGS}


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("farm__name__icontains", "known"),
        ("farm", "known"),
        ("farm_id__in", "known"),
        ("farm__cow__mother__isnull", "known"),
        ("farm__data__a__b__contains", "known"),
        ("farm__founded__year__gte", "known"),
        ("pk", "known"),
        ("owner__username", "known"),
        ("owner__groups__name", "known"),
        ("fields__area__gt", "known"),
        ("cow__farm", "known"),
        ("farm__cows", "unknown-name"),
        ("farm__founded__minute", "unknown-lookup"),
        ("farm__name__first__x", "not-a-relation"),
        ("owner__nick", "unknown-name"),
        ("total__gt", "open"),
        ("farm__", "open"),
    ],
)
def test_a_path_is_resolved(path: str, outcome: str) -> None:
    project = project_of(_BASE)
    cow = project.django.by_label["barn.cow"]
    assert resolve(project.django, cow, path, frozenset({"total"})).outcome == outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cow.objects", "manager Cow"),
        ("Cow.objects.filter(pk=1)", "queryset Cow"),
        ("Cow.objects.get(pk=1)", "instance Cow"),
        ("Cow.objects.get(pk=1).farm", "instance Farm"),
        ("Cow.objects.get(pk=1).farm.cows", "related Cow"),
        ("Farm.objects.first().cows.all()[0].fields", "related Field"),
        ("request.user", "instance User"),
        ("request.user.cow_set", "related Cow"),
        ("found", "queryset Cow"),
        ("cow.mother", "instance Cow"),
        ("made", "instance Farm"),
        ("helper()", "queryset Farm"),
        ("either", None),
        ("unknown.objects", None),
        ("Cow.objects.values('pk')", "rows Cow"),
    ],
)
def test_an_expression_has_a_type(text: str, expected: str | None) -> None:
    code = f"""
from barn.models import Cow, Farm

def helper():
    return Farm.objects.order_by("name")

def view(request, unknown, flag):
    found = Cow.objects.all()
    if flag:
        found = found.filter(pk=3)
    for cow in found:
        pass
    made, created = Farm.objects.get_or_create(name="x")
    either = Cow.objects.get(pk=1) if flag else Farm.objects.get(pk=1)
    print({text})
"""
    project = project_of({**_BASE, "barn/views.py": code})
    expr = expression(project, "barn/views.py", text)
    file = project.evaluator.file("barn/views.py")
    assert file is not None
    typed = project.django.types.of(expr, file.at(expr.at[0]))
    assert (
        f"{typed.kind} {typed.model.name}" if typed is not None and typed.model is not None else None
    ) == expected


def test_generated_attributes_are_known() -> None:
    project = project_of(_BASE)
    models = {model.name: model for model in project.models.all}
    farm, cow = models["Farm"], models["Cow"]
    assert {"get_name_display", "get_next_by_founded", "cows", "objects", "pk", "DoesNotExist", "id"} <= set(
        farm.attributes
    )
    assert {"farm_id", "farm", "cow_set", "fields"} <= set(cow.attributes)
    assert (
        cow.complete
        and cow.relations["farm"].target == farm.key
        and cow.relations["cow_set"].cardinality == "many"
    )
    assert farm.relations["cows"].kind == "reverse" and farm.relations["cows"].reverse == "farm"
    through = next(
        model for model in project.models.all if model.made is not None and model.table is not None
    )
    assert through.table is not None and through.table.name == "barn_cow_fields"
    assert [column.name for column in through.table.columns] == ["id", "cow_id", "field_id"]


@pytest.mark.parametrize(
    "models",
    [
        "from somewhere import Base\nfrom django.db import models\nclass A(Base, models.Model):\n    pass\n",
        "from django.db import models\nfrom somewhere import Thing\nclass A(models.Model):\n    x = Thing()\n",
        "from django.db import models\nclass A(models.Model):\n    for i in range(3):\n        locals()[str(i)] = models.TextField()\n",
        "from django.db import models\nfrom tools import extended\n@extended\nclass A(models.Model):\n    pass\n",
        "from django.db import models\nclass A(models.Model):\n    pass\nA.add_to_class('x', models.TextField())\n",
        "from django.db import models\nclass M:\n    def __getattr__(self, name):\n        return 1\nclass A(M, models.Model):\n    pass\n",
    ],
)
def test_a_model_with_unknown_parts_is_incomplete(models: str) -> None:
    project = project_of({"a/models.py": models, "a/settings.py": 'INSTALLED_APPS = ["a"]\n'})
    found = [model for model in project.models.all if model.name == "A"]
    assert found and not found[0].complete


def test_a_model_named_twice_and_a_class_that_derives_from_itself_do_no_harm() -> None:
    models = "from django.db import models\nclass A(models.Model):\n    pass\nclass B(B):\n    pass\n"
    project = project_of({"a/models.py": models, "b/a/models.py": models, "s.py": 'INSTALLED_APPS = ["a"]\n'})
    assert len(project.models.all) == 2


_MIGRATION = """
from django.conf import settings
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = {depends}
    operations = {operations}
"""


def _migrations(*operations: str) -> dict[str, str]:
    found = {"barn/migrations/__init__.py": ""}
    for i, text in enumerate(operations):
        depends = f'[("barn", "m{9 - i + 1}"), ("other", "m1")]' if i else "[]"
        found[f"barn/migrations/m{9 - i}.py"] = _MIGRATION.format(depends=depends, operations=text)
    return found


def test_migrations_are_replayed_in_the_order_of_their_dependencies() -> None:
    files = _migrations(
        '[migrations.CreateModel("Barn", [("id", models.AutoField(primary_key=True)), ("nme", models.TextField(db_column="N")), ("x", models.TextField())]),'
        ' migrations.CreateModel(name="Old", fields=[("id", models.AutoField(primary_key=True))])]',
        '[migrations.RenameField("barn", "nme", "name"), migrations.RemoveField("barn", "x"), migrations.DeleteModel("Old"), migrations.RunPython(print)]',
        '[migrations.AddField("Barn", "farm", models.ForeignKey("barn.Farm", models.CASCADE)), migrations.AlterModelTable("barn", "stables"),'
        ' migrations.AddField("barn", "owners", models.ManyToManyField(settings.AUTH_USER_MODEL))]',
        '[migrations.RenameModel("Barn", "Stable"), migrations.AlterField("stable", "name", models.CharField(max_length=3, null=True))]',
    )
    project = project_of({**_BASE, **files})
    state = states(project)["barn"]
    assert state.complete and list(state.models) == ["stable"]
    assert {name: field.column for name, field in state.models["stable"].fields.items()} == {
        "id": "id", "name": "name", "farm": "farm_id", "owners": "",
    }  # fmt: skip
    tables, gaps = django_migrations.read(project)
    stables = next(table for table in tables if table.name == "stables")
    assert not gaps and stables.complete and [(c.name, c.family, c.nullable) for c in stables.columns] == [
        ("id", "integer", False), ("name", "text", True), ("farm_id", "integer", False),
    ]  # fmt: skip
    assert {"stables_owners", "auth_user", "auth_group", "django_content_type", "django_migrations"} <= {
        t.name for t in tables
    }


@pytest.mark.parametrize(
    "operations",
    ['[Own("barn")]', "make()", '[migrations.AddField("nothing", "x", models.TextField())]', "[*more]"],
)
def test_what_cannot_be_followed_leaves_a_gap(operations: str) -> None:
    project = project_of({**_BASE, **_migrations(operations)})
    assert not states(project)["barn"].complete
    assert django_migrations.read(project)[1]


_LOOPS = """
from barn.models import Cow, Farm

def one():
    return [cow.farm.name for cow in Cow.objects.all()]  # 1

def two():
    for farm in Farm.objects.filter(name="x"):
        print(farm.cows.count())  # 1

def good(farm: Farm, make):
    for cow in Cow.objects.select_related("farm"):
        print(cow.farm.name, cow.farm_id)
    for cow in farm.cows.all():
        print(cow.farm.name)
    for item in Farm.objects.prefetch_related("cows"):
        print(item.cows.all())
    for cow in Cow.objects.all():
        cow.farm = farm
    for cow in make():
        print(cow.farm)
"""


def test_relations_read_in_a_loop() -> None:
    project = project_of({**_BASE, "barn/views.py": _LOOPS})
    lines = [project.span(item.path, item.at)[0] for item in _n_plus_one_django.find(project)]
    assert sorted(lines) == [
        i for i, line in enumerate(_LOOPS.lstrip("\n").split("\n"), 1) if line.endswith("# 1")
    ]


_READS = """
from barn.models import Cow, Farm

def bad(cow: Cow):
    return cow.weight  # 1

def also():
    return Farm.objects.first().cow_set  # 1

def good(cow: Cow, farm: Farm):
    cow.colour = 1
    if hasattr(cow, "spots"):
        print(cow.spots)
    marked = Cow.objects.annotate(marks=1).first().marks
    return cow.colour, cow.farm_id, farm.get_name_display(), farm.get_next_by_founded(), cow.cow_set, cow.pk, marked
"""


def test_attributes_that_do_not_exist() -> None:
    project = project_of({**_BASE, "barn/views.py": _READS})
    lines = [project.span(item.path, item.at)[0] for item in _unknown_attribute_django.find(project)]
    assert lines == [i for i, line in enumerate(_READS.lstrip("\n").split("\n"), 1) if line.endswith("# 1")]
