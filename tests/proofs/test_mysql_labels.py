"""sql-dialect-mismatch and sql-syntax-error on MySQL: the labels of the statements are what a real server says."""

from __future__ import annotations

import shutil

import pytest

from tests.sql.label_mysql import labelled, read

pytestmark = pytest.mark.proof


@pytest.mark.skipif(shutil.which("mariadbd") is None, reason="needs the MariaDB server programs")
def test_labels() -> None:
    assert labelled() == read()[1]
