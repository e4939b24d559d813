"""The model index against Django itself: fields, columns, reverse accessors and tables of many modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.project.value_projects import project_of
from tests.proofs.support import python_with, run_python

pytestmark = pytest.mark.proof

_SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "app", "other"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
_OTHER = """
from django.db import models

class Place(models.Model):
    name = models.CharField(max_length=20)
"""
_HEAD = "from django.db import models\n"

MODULES = {
    "plain": "class A(models.Model):\n    name = models.CharField(max_length=5)\n    n = models.IntegerField(null=True)\n",
    "key": "class A(models.Model):\n    code = models.SlugField(primary_key=True)\n",
    "column": "class A(models.Model):\n    a = models.TextField(db_column='Body')\n    class Meta:\n        db_table = 'letters'\n",
    "foreign": (
        "class A(models.Model):\n    pass\n"
        "class B(models.Model):\n    a = models.ForeignKey(A, on_delete=models.CASCADE)\n"
        "    b = models.ForeignKey('A', models.CASCADE, related_name='bees', null=True)\n"
        "    c = models.ForeignKey('other.Place', models.CASCADE, related_name='+')\n"
    ),
    "self": (
        "class A(models.Model):\n    up = models.ForeignKey('self', models.CASCADE, null=True)\n"
        "    friends = models.ManyToManyField('self')\n"
        "    follows = models.ManyToManyField('self', symmetrical=False, related_name='followers')\n"
    ),
    "one": (
        "class A(models.Model):\n    pass\n"
        "class BigThing(models.Model):\n    a = models.OneToOneField(A, models.CASCADE)\n"
        "class C(models.Model):\n    a = models.OneToOneField(A, models.CASCADE, primary_key=True, related_name='cee')\n"
    ),
    "many": (
        "class T(models.Model):\n    pass\n"
        "class A(models.Model):\n    ts = models.ManyToManyField(T, related_name='things', related_query_name='thing')\n"
        "    us = models.ManyToManyField(T, through='Link')\n"
        "class Link(models.Model):\n    a = models.ForeignKey(A, models.CASCADE)\n    t = models.ForeignKey(T, models.CASCADE)\n"
    ),
    "abstract": (
        "class Base(models.Model):\n    made = models.DateTimeField(auto_now_add=True)\n"
        "    place = models.ForeignKey('other.Place', models.CASCADE, related_name='%(app_label)s_%(class)s')\n"
        "    class Meta:\n        abstract = True\n        ordering = ['made']\n"
        "class A(Base):\n    x = models.FloatField()\n"
        "class B(Base):\n    made = None\n    class Meta(Base.Meta):\n        db_table = 'bbb'\n"
    ),
    "parents": (
        "class A(models.Model):\n    name = models.CharField(max_length=3)\n"
        "class B(A):\n    more = models.BooleanField(default=False)\n"
        "class C(B):\n    link = models.OneToOneField(B, models.CASCADE, parent_link=True, primary_key=True, related_name='see')\n"
    ),
    "proxy": (
        "class A(models.Model):\n    n = models.IntegerField()\n"
        "class P(A):\n    class Meta:\n        proxy = True\n"
        "class B(models.Model):\n    p = models.ForeignKey(P, models.CASCADE)\n"
    ),
    "user": (
        "from django.conf import settings\nfrom django.contrib.auth.models import User\n"
        "class A(models.Model):\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
        "    editor = models.ForeignKey(User, models.CASCADE, related_name='edited')\n"
    ),
    "mixin": (
        "class Mixin:\n    hidden = models.IntegerField()\n    def hello(self):\n        return 1\n"
        "class A(Mixin, models.Model):\n    n = models.IntegerField()\n"
    ),
    "custom": (
        "class Hex(models.CharField):\n    def __init__(self, *args, **kwargs):\n        kwargs['max_length'] = 3\n"
        "        super().__init__(*args, **kwargs)\n"
        "class A(models.Model):\n    colour = Hex()\n"
    ),
    "generic": (
        "from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation\n"
        "class Note(models.Model):\n    content_type = models.ForeignKey('contenttypes.ContentType', models.CASCADE)\n"
        "    object_id = models.IntegerField()\n    subject = GenericForeignKey('content_type', 'object_id')\n"
        "class A(models.Model):\n    notes = GenericRelation(Note)\n"
    ),
    "imports": (
        "from django.db.models import CASCADE, CharField, ForeignKey, Model\n"
        "class A(Model):\n    n = CharField(max_length=3)\nclass B(Model):\n    a = ForeignKey(to='app.a', on_delete=CASCADE)\n"
    ),
    "managers": (
        "class Q(models.QuerySet):\n    def big(self):\n        return self.filter(n__gt=3)\n"
        "class A(models.Model):\n    n = models.IntegerField()\n    things = Q.as_manager()\n    objects = models.Manager()\n"
    ),
    "to_field": (
        "class A(models.Model):\n    code = models.CharField(max_length=4, unique=True)\n"
        "class B(models.Model):\n    a = models.ForeignKey(A, models.CASCADE, to_field='code', db_column='acode')\n"
    ),
    "numbers": (
        "class A(models.Model):\n    a = models.BigIntegerField()\n    b = models.DecimalField(max_digits=4, decimal_places=1)\n"
        "    c = models.UUIDField()\n    d = models.DurationField()\n    e = models.BinaryField()\n    f = models.JSONField()\n"
        "    g = models.GenericIPAddressField()\n    h = models.TimeField()\n    i = models.FileField()\n"
    ),
    "order": (
        "class Q(models.Model):\n    pass\nclass A(models.Model):\n    q = models.ForeignKey(Q, models.CASCADE)\n"
        "    class Meta:\n        order_with_respect_to = 'q'\n"
    ),
    "two": (
        "class Dated(models.Model):\n    at = models.DateField()\n    class Meta:\n        abstract = True\n"
        "class Named(models.Model):\n    name = models.CharField(max_length=9)\n    class Meta:\n        abstract = True\n"
        "class Both(Dated, Named):\n    class Meta(Dated.Meta):\n        abstract = True\n"
        "class A(Both):\n    at = models.DateTimeField()\n"
    ),
    "choices": (
        "class A(models.Model):\n    class Size(models.TextChoices):\n        S = 's'\n        M = 'm'\n"
        "    size = models.CharField(max_length=1, choices=Size.choices, default=Size.S)\n"
        "    day = models.DateField()\n    maybe = models.DateField(null=True)\n"
    ),
    "group": (
        "from django.contrib.auth.models import AbstractBaseUser, Group\n"
        "class Crew(Group):\n    ship = models.CharField(max_length=9)\n"
    ),
}  # fmt: skip

_DUMP = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.apps import apps
found = {}
plain = set(dir(object))
for model in apps.get_app_config("app").get_models(include_auto_created=True):
    meta = model._meta
    found[model.__name__] = {
        "table": meta.db_table,
        "columns": {f.column: bool(f.null) for f in meta.local_concrete_fields} if not meta.proxy else {},
        "fields": {f.name: type(f).__name__ for f in meta.get_fields() if not f.auto_created or f.concrete},
        "reverse": sorted(f.get_accessor_name() for f in meta.related_objects if f.get_accessor_name() and not f.hidden),
        "queries": sorted(f.name for f in meta.related_objects if not f.hidden),
        "generated": sorted(n for n in dir(model) if n.startswith(("get_next_", "get_previous_", "get_")) and not n.startswith("get_deferred")),
        "attributes": sorted(n for n in dir(model) if not n.startswith("_")),
    }
print("FOUND" + json.dumps(found))
"""


@pytest.mark.parametrize("name", MODULES)
def test_the_index_agrees_with_django(name: str, tmp_path: Path) -> None:
    files = {
        "settings.py": _SETTINGS,
        "app/__init__.py": "",
        "app/models.py": _HEAD + MODULES[name],
        "other/__init__.py": "",
        "other/models.py": _OTHER,
    }
    python = python_with("django==5.2")
    ran = run_python(python, {**files, "dump.py": _DUMP}, ["dump.py"], tmp_path)
    assert ran.status == 0, ran
    real = json.loads(ran.text.split("FOUND")[1].split("\n")[0])
    project = project_of(files, real_needles=True)
    django = project.django
    ours = {model.name: model for model in django.all if model.app == "app" and not model.abstract}
    index = {model.name: model for model in project.models.all}
    joined = {
        model.table.name: model for model in project.models.all if model.made is not None and model.table
    }
    for model_name, expected in real.items():
        if model_name not in ours:
            table = joined[expected["table"]].table
            assert table is not None
            assert {c.name for c in table.columns} == set(expected["columns"]), name
            continue
        model = ours[model_name]
        assert model.complete and model.reverse_complete
        assert model.db_table == expected["table"]
        table = index[model_name].table
        columns = {c.name: c.nullable for c in table.columns} if table is not None else {}
        assert set(columns) == set(expected["columns"])
        for column, nullable in columns.items():
            # a field class of the project may choose by itself
            assert nullable in (None, expected["columns"][column]), column
        fields = {f.name: f.cls for f in model.fields.values()}
        known = {key: value for key, value in expected["fields"].items() if value not in ("Hex", "OrderWrt")}
        assert {key: value for key, value in fields.items() if key in known} == known
        assert sorted(model.reverse) == expected["reverse"]
        assert sorted(model.reverse_query) == expected["queries"]
        missing = [
            attribute for attribute in expected["attributes"]
            if attribute not in index[model_name].attributes and attribute not in ("Meta", "mro")
        ]  # fmt: skip
        assert not missing, f"{model_name} lacks {missing}"
