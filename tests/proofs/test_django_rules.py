"""What the rules about Django say, shown by Django 5.2 and Django REST framework 3.16 on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.support import Ran, python_with, run_python

pytestmark = pytest.mark.proof
PROVES = {
    "django-append-slash-api": ("django",),
    "django-jsonfield-contains-on-sqlite": ("django",),
    "django-m2m-add-wrong-model": ("django",),
    "django-migration-drift": ("django",),
    "django-models-without-applied-migrations": ("django",),
    "django-reverse-one-to-one-not-ensured": ("django",),
    "django-sync-orm-in-async": ("django",),
    "django-system-check": ("django",),
    "django-unknown-lookup": ("django",),
    "django-unsupported-on-engine": ("django",),
    "drf-redundant-source": ("django",),
    "drf-request-rewrapped": ("django",),
    "related-manager-not-queried": ("django",),
    "http-method-not-wired": ("django",),
}

_SETTINGS = """
SECRET_KEY = "x"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "app"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
_MODELS = """
from django.contrib.auth.models import User
from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True)
    data = models.JSONField(default=dict)

class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books", null=True)
    printed = models.DateTimeField(null=True)
    tags = models.ManyToManyField(Author, related_name="tagged")

class Chapter(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)

class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    following = models.ManyToManyField("self", symmetrical=False, related_name="followers")
"""
_MAIN = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import User
from django.db.models import *
from app.models import *
author = Author.objects.create(name="x", data={"a": [1]})
book = Book.objects.create(title="t", author=author)
Chapter.objects.create(book=book)
ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob")
mine = Profile.objects.create(user=ann)
%s
print("FINE")
"""


def _run(where: Path, code: str, models: str = _MODELS, settings: str = "", **files: str) -> Ran:
    python = python_with("django==5.2", "djangorestframework==3.16.0")
    given = {
        "settings.py": _SETTINGS + settings,
        "urls.py": files.pop("urls", "urlpatterns = []\n"),
        "app/__init__.py": "",
        "app/models.py": models,
        "main.py": _MAIN % code if models is _MODELS else code,
        **{f"{name}.py": text for name, text in files.items()},
    }
    return run_python(python, given, ["main.py"], where)


_FAIL = {
    "json contains": ("list(Author.objects.filter(data__contains={'a': 1}))", "contains lookup is not supported"),
    "json contained_by": ("list(Author.objects.filter(data__contained_by={}))", "contained_by lookup is not supported"),
    "json in a key": ("list(Author.objects.filter(data__a__contains=[1]))", "contains lookup is not supported"),
    "json in a Q": ("Book.objects.filter(Q(author__data__contains=1)).count()", "contains lookup is not supported"),
    "filter": ("Book.objects.filter(titel__icontains='x')", "Cannot resolve keyword 'titel' into field"),
    "through": ("Book.objects.filter(author__nme='x')", "Unsupported lookup 'nme' for ForeignKey"),
    "order": ("list(Book.objects.order_by('-published'))", "Cannot resolve keyword 'published' into field"),
    "annotate": ("Book.objects.annotate(n=Count('chapter_set'))", "Cannot resolve keyword 'chapter_set' into field"),
    "select": ("list(Book.objects.select_related('chapter'))", "Invalid field name(s) given in select_related"),
    "select many": ("list(Book.objects.select_related('tags'))", "Invalid field name(s) given in select_related"),
    "prefetch": ("list(Book.objects.prefetch_related('chapters'))", "Cannot find 'chapters' on Book object"),
    "lookup": ("Author.objects.filter(born__hour=3)", "Unsupported lookup 'hour' for DateField"),
    "lookup of a relation": ("Author.objects.filter(books__icontains=3)", "Unsupported lookup 'icontains'"),
    "no relation": ("Book.objects.filter(title__name='x')", "Unsupported lookup 'name' for CharField"),
    "values": ("Author.objects.values('book')", "Cannot resolve keyword 'book' into field"),
    "F": ("Author.objects.annotate(n=F('age') + 1)", "Cannot resolve keyword 'age' into field"),
    "update": ("Book.objects.update(printings=1)", "Book has no field named 'printings'"),
    "create": ("Book.objects.create(colour='red')", "unexpected keyword arguments: 'colour'"),
    "distinct on": ("list(Book.objects.distinct('title'))", "DISTINCT ON fields is not supported"),
    "search": (
        "from django.contrib.postgres.search import SearchVector\nlist(Book.objects.annotate(v=SearchVector('title')))",
        "Error",
    ),
    "iterated": ("for t in book.tags: pass", "'ManyRelatedManager' object is not iterable"),
    "counted": ("len(book.chapter_set)", "object of type 'RelatedManager' has no len()"),
    "indexed": ("author.books[0]", "'RelatedManager' object is not subscriptable"),
    "searched": ("book in author.books", "argument of type 'RelatedManager' is not iterable"),
    "manager": ("list(Book.objects)", "'Manager' object is not iterable"),
    "wrong model": ("mine.following.add(bob)", "'Profile' instance expected, got <User: bob>"),
    "wrong model, set": ("book.tags.set([author, book])", "TypeError"),
    "wrong model, key": ("author.books.add(author)", "'Book' instance expected"),
    "no profile": ("bob.profile", "User has no profile."),
    "async get": ("import asyncio\nasync def f():\n    Book.objects.get(pk=1)\nasyncio.run(f())", "SynchronousOnlyOperation"),
    "async list": ("import asyncio\nasync def f():\n    list(Book.objects.all())\nasyncio.run(f())", "SynchronousOnlyOperation"),
    "async save": ("import asyncio\nasync def f():\n    book.save()\nasyncio.run(f())", "SynchronousOnlyOperation"),
    "async for": ("import asyncio\nasync def f():\n    for b in Book.objects.all(): pass\nasyncio.run(f())", "SynchronousOnlyOperation"),
    "source": (
        "from rest_framework import serializers\nclass S(serializers.Serializer):\n    name = serializers.CharField(source='name')\nS(author).data",
        "It is redundant to specify `source='name'`",
    ),
    "nested source": (
        "from rest_framework import serializers\nclass S(serializers.Serializer):\n    pass\n"
        "class T(serializers.Serializer):\n    books = S(many=True, source='books')\nT(author).data",
        "It is redundant to specify `source='books'`",
    ),
    "rewrapped": (
        "from rest_framework.decorators import api_view\nfrom rest_framework.response import Response\n"
        "from rest_framework.test import APIRequestFactory\n"
        "@api_view(['GET'])\ndef a(request):\n    return Response({})\n"
        "@api_view(['GET'])\ndef b(request):\n    return a(request)\nb(APIRequestFactory().get('/'))",
        "The `request` argument must be an instance of `django.http.HttpRequest`",
    ),
}  # fmt: skip
_WORK = [
    "list(Author.objects.filter(data__has_key='a', data__a__0=1, name__contains='x').exclude(data__b='x'))",
    "list(Book.objects.filter(printed__year__gte=1, author_id__in=[1], pk__gt=0, author__data__p__icontains='x').order_by('-author__name', '?'))",
    "list(Book.objects.annotate(n=Count('chapter')).filter(n__gt=F('author__id')).select_related('author').prefetch_related('chapter_set', 'tags__books'))",
    "list(Author.objects.values('books__chapter', 'tagged__title'))",
    "[t for t in book.tags.all()], author.books.count(), book in author.books.all(), book.chapter_set.all()[0]",
    "mine.following.add(mine, 7) if False else mine.following.add(mine, mine.pk)",
    "ann.profile.following.count()",
    "list(Book.objects.values('title').distinct()), list(Book.objects.select_for_update(nowait=True))",
    "import asyncio\nasync def f():\n    b = await Book.objects.aget(title='t')\n    await b.asave()\n    return [x async for x in Book.objects.all()]\nimport os\nos.environ['DJANGO_ALLOW_ASYNC_UNSAFE'] = ''\n",
    "from rest_framework import serializers\nclass S(serializers.Serializer):\n    title = serializers.CharField(source='name')\nS(author).data",
    "from rest_framework.decorators import api_view\nfrom rest_framework.response import Response\n"
    "from rest_framework.test import APIRequestFactory\n"
    "@api_view(['GET'])\ndef a(request):\n    return Response({})\n"
    "@api_view(['GET'])\ndef b(request):\n    return a(request._request)\nassert b(APIRequestFactory().get('/')).status_code == 200",
]  # fmt: skip


@pytest.mark.parametrize("name", _FAIL)
def test_it_fails(name: str, tmp_path: Path) -> None:
    code, error = _FAIL[name]
    ran = _run(tmp_path, code)
    assert ran.status != 0 and error in ran.text and "FINE" not in ran.text, ran


@pytest.mark.parametrize("code", _WORK)
def test_it_works(code: str, tmp_path: Path) -> None:
    ran = _run(tmp_path, code)
    assert ran.status == 0 and "FINE" in ran.text, ran


_VIEWS = """
from django.http import HttpResponse
from django.urls import path
from django.views import View
from rest_framework.decorators import api_view
from rest_framework.response import Response
from django.views.decorators.http import require_http_methods

@require_http_methods(["GET"])
def one(request):
    return HttpResponse("one")

@require_http_methods(["POST"])
def two(request):
    return HttpResponse("two")

class Song(View):
    http_method_names = ["get"]

    def put(self, request):
        return HttpResponse("put")

@api_view(["GET"])
def singer(request):
    return Response({"deleted": request.method == "DELETE"})

urlpatterns = [
    path("item", one), path("item", two), path("users/", two), path("song", Song.as_view()), path("singer", singer),
]
"""
_CLIENT = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.test import Client
client = Client()
print(client.get("/item").status_code, client.post("/item").status_code, client.post("/users").status_code, client.post("/users/").status_code)
print(client.put("/song").status_code, client.delete("/singer").status_code)
"""


def test_the_first_route_answers_every_method_and_a_slash_is_appended(tmp_path: Path) -> None:
    middleware = 'MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]\n'
    ran = _run(tmp_path, _CLIENT, "", middleware, urls=_VIEWS)
    assert "200 405 301 200\n405 405" in ran.text, ran
    off = _run(tmp_path, _CLIENT, "", middleware + "APPEND_SLASH = False\n", urls=_VIEWS)
    assert "200 405 404 200" in off.text, off


_CHECK = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""
_HEAD = "from django.conf import settings\nfrom django.db import models\n"
_CHECKS = {
    "fields.E304": "class A(models.Model):\n    a = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n    b = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n",
    "fields.E302": "class A(models.Model):\n    bs = models.IntegerField()\nclass B(models.Model):\n    a = models.ForeignKey(A, models.CASCADE, related_name='bs')\n",
    "fields.E300": "class A(models.Model):\n    a = models.ForeignKey('app.Nothing', models.CASCADE)\n",
    "fields.E320": "class A(models.Model):\n    a = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL)\n",
    "fields.E321": "class A(models.Model):\n    a = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_DEFAULT)\n",
    "fields.E130": "class A(models.Model):\n    a = models.DecimalField(max_digits=3)\n",
    "fields.E132": "class A(models.Model):\n    a = models.DecimalField(decimal_places=1)\n",
    "models.E004": "class A(models.Model):\n    id = models.IntegerField()\n",
    "models.E012": "class A(models.Model):\n    a = models.IntegerField()\n    class Meta:\n        unique_together = [('a', 'b')]\n",
    "models.E015": "class A(models.Model):\n    class Meta:\n        ordering = ['-b']\n",
}  # fmt: skip
_USERS = {
    "fields.E304": ("class U(AbstractUser):\n    pass\n", ""),
    "auth.E002": ("class U(AbstractUser):\n    USERNAME_FIELD = 'username'\n    REQUIRED_FIELDS = ['username']\n", "AUTH_USER_MODEL = 'app.U'\n"),
    "auth.E003": ("class U(AbstractUser):\n    USERNAME_FIELD = 'email'\n    REQUIRED_FIELDS = []\n", "AUTH_USER_MODEL = 'app.U'\n"),
}  # fmt: skip


@pytest.mark.parametrize("number", _CHECKS)
def test_a_model_check_stops(number: str, tmp_path: Path) -> None:
    ran = _run(tmp_path, _CHECK, _HEAD + _CHECKS[number])
    assert ran.status != 0 and number in ran.text, ran


@pytest.mark.parametrize("number", _USERS)
def test_a_user_check_stops(number: str, tmp_path: Path) -> None:
    models, settings = _USERS[number]
    ran = _run(tmp_path, _CHECK, "from django.contrib.auth.models import AbstractUser\n" + models, settings)
    assert ran.status != 0 and number in ran.text, ran


def test_the_admin_needs_middleware_and_context_processors(tmp_path: Path) -> None:
    apps = """
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages", "django.contrib.sessions"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
"""
    ran = _run(tmp_path, _CHECK, "", apps)
    assert ran.status != 0, ran
    for number in (402, 404, 408, 409, 410):
        assert f"admin.E{number}" in ran.text, ran


_MIGRATE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
call_command("makemigrations", verbosity=0)
call_command("migrate", verbosity=0)
from app.models import A
A.objects.create(n=1)
print("FINE")
"""
_A = "from django.db import models\nclass A(models.Model):\n    n = models.IntegerField()\n"
_INITIAL = """
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("A", [("id", models.BigAutoField(primary_key=True)), %s])]
"""


def test_an_app_without_migrations_has_no_tables(tmp_path: Path) -> None:
    ran = _run(tmp_path, _MIGRATE, _A)
    assert ran.status != 0 and "no such table: app_a" in ran.text, ran


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ('("n", models.IntegerField())', ""),
        ('("m", models.IntegerField(default=3))', "has no column named n"),
        ('("n", models.IntegerField()), ("m", models.IntegerField())', "NOT NULL constraint failed: app_a.m"),
    ],
)
def test_drift(columns: str, error: str, tmp_path: Path) -> None:
    files = {"app/migrations/__init__": "", "app/migrations/0001_initial": _INITIAL % columns}
    code = _MIGRATE.replace('call_command("makemigrations", verbosity=0)\n', "")
    ran = _run(tmp_path, code, _A, "", **files)
    assert (ran.status == 0 and "FINE" in ran.text) if not error else error in ran.text, ran


def test_an_array_field_has_no_type_on_sqlite(tmp_path: Path) -> None:
    models = (
        "from django.contrib.postgres.fields import ArrayField\nfrom django.db import models\n"
        "class A(models.Model):\n    n = ArrayField(models.TextField())\n"
    )
    code = _MIGRATE.replace('call_command("makemigrations", verbosity=0)\n', "").replace(
        'migrate", ', 'migrate", run_syncdb=True, '
    )
    ran = _run(tmp_path, code, models)
    assert ran.status != 0 and "FINE" not in ran.text, ran
