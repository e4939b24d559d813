"""model-constructor-arguments: a keyword that the method of a Django manager does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from constraintlint.rulebook import all_rules
from tests.proofs.support import python_with, run_python
from tests.support.pages import Example, examples

pytestmark = pytest.mark.proof
PROVES = {"model-constructor-arguments": ()}

EXAMPLES = [
    item
    for item in examples(all_rules()["model-constructor-arguments"].text())
    if "fleet/settings.py" in item.files
]
_DRIVE = """
import os

import django
from django.core.management import call_command
from django.test import RequestFactory

os.environ["DJANGO_SETTINGS_MODULE"] = "fleet.settings"
django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)
from members import views

print(views.invite(RequestFactory().post("/", {"email": "a@b.org"})).status_code)
print(views.register(RequestFactory().post("/", {"email": "c@d.org", "name": "C"})).status_code)
"""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_manager(example: Example, tmp_path: Path) -> None:
    files = {**example.files, "drive.py": _DRIVE}
    ran = run_python(python_with("django==5.2.*"), files, ["drive.py"], tmp_path)
    assert ran.text.startswith("200"), ran
    assert ("unexpected keyword argument 'name'" in ran.text) is example.bad, ran
    assert (ran.status != 0) is example.bad, ran
