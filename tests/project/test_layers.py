"""Layers by directory, by file-name part, by globs; and what must not be taken for a layer."""

from __future__ import annotations

import pytest

from constraintlint.config import Config
from constraintlint.project.layers import Layers, assign, normalise


def layers(
    paths: list[str], tables: tuple[str, ...] = (), empty: tuple[str, ...] = (), **config: object
) -> Layers:
    declared = Config(**{"architecture": "clean", **config})  # type: ignore[arg-type]
    return assign(
        declared, paths, is_empty=lambda path: path in empty, holds_tables=lambda path: path in tables
    )


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("app/services/users.py", "services"),
        ("app/service/users.py", "services"),
        ("app/Services/users.py", "services"),
        ("app/use_cases/create.py", "services"),
        ("src/use-cases/create.ts", "services"),
        ("src/useCases/create.ts", "services"),
        ("src/UseCases/Create.ts", "services"),
        ("app/application/create.py", "services"),
        ("app/routers/users.py", "routes"),
        ("app/handlers/users.py", "routes"),
        ("app/http/users.py", "routes"),
        ("app/endpoints/v1/deep/users.py", "routes"),
        ("app/data_access/users.py", "repositories"),
        ("app/dal/users.py", "repositories"),
        ("app/repos/users.py", "repositories"),
        ("app/persistence/users.py", "repositories"),
        ("app/entities/user.py", "models"),
        ("app/domain/user.py", "models"),
        ("features/orders/service.ts", "services"),
        ("features/orders/orders.repository.ts", "repositories"),
        ("features/orders/orders.controller.ts", "routes"),
        ("features/orders/order.entity.ts", "models"),
        ("features/orders/order_service.py", "services"),
        ("features/orders/orderService.js", "services"),
        ("features/orders/OrderRepository.ts", "repositories"),
        ("features/orders/create-order.use-case.ts", "services"),
        ("features/orders/createOrderUseCase.ts", "services"),
        ("orders/views.py", "routes"),
        ("orders/models.py", "models"),
        ("orders/crud.py", "repositories"),
        ("services/impl/user_repository.py", "repositories"),  # the deepest wins
        ("models/user/service.py", "services"),
        ("app/services/data.py", "services"),  # a weak word does not beat a directory
        ("app/services/user_data.py", "services"),
        ("app/repositories/http.ts", "repositories"),
        ("app/utils/http_client.py", None),
        ("app/utils/dataloader.py", None),
        ("app/utils/api_errors.py", None),
        ("app/utils/microservices.py", None),
        ("app/servicesx/a.py", None),
        ("app/remodel.py", None),
        ("app/config.py", None),
        ("app/schemas/user.py", None),  # no tables there
        ("app/user.d.ts", None),
    ],
)
def test_layer_of_a_path(path: str, layer: str | None) -> None:
    assert layers([path]).layer_of(path) == layer


def test_schemas_are_models_where_they_hold_tables() -> None:
    found = layers(["app/schemas/user.py", "app/schemas/page.py"], tables=("app/schemas/user.py",))
    assert found.assigned == {"app/schemas/user.py": "models"}
    assert found.unassigned == ["app/schemas/page.py"]


def test_the_root_of_an_application_is_no_layer() -> None:
    paths = ["api/config.py", "api/routes/a.py", "api/services/a.py", "api/models/a.py"]
    found = layers(paths)
    assert found.unassigned == ["api/config.py"]
    assert found.counts == {"routes": 1, "services": 1, "repositories": 0, "models": 1}


def test_a_layer_with_one_other_inside_stays_a_layer() -> None:
    paths = ["app/routes/a.py", "app/routes/models/page.py", "app/services/b.py"]
    assert layers(paths).assigned == {
        "app/routes/a.py": "routes",
        "app/routes/models/page.py": "models",
        "app/services/b.py": "services",
    }


@pytest.mark.parametrize(
    "path",
    ["app/main.py", "src/container.ts", "app/api/dependencies.py", "app/services/di/module.ts", "manage.py", "src/server.js", "tests/services/test_a.py", "src/services/a.spec.ts", "conftest.py", "app/services/wiring.py"],
)  # fmt: skip
def test_composition_roots_and_tests_have_no_layer(path: str) -> None:
    found = layers([path])
    assert found.is_root(path)
    assert found.layer_of(path) is None
    assert not found.unassigned


def test_a_file_named_application_makes_the_application() -> None:
    found = layers(["payroll/application.py", "payroll/http/staff.py", "payroll/services/staff.py"])
    assert found.is_root("payroll/application.py")
    assert found.layer_of("payroll/services/staff.py") == "services"


@pytest.mark.parametrize(
    "paths",
    [
        ["orders/application.py", "orders/repository.py", "orders/models.py"],  # the services of a feature
        ["shop/services/application.py", "shop/models/order.py"],
    ],
)
def test_a_file_named_application_may_hold_services(paths: list[str]) -> None:
    found = layers(paths)
    assert found.layer_of(paths[0]) == "services"


def test_composition_roots_of_the_configuration() -> None:
    found = layers(["app/services/setup.py"], composition_roots=["app/services/setup.py"])
    assert found.is_root("app/services/setup.py")


def test_empty_files_do_not_make_a_layer() -> None:
    found = layers(["app/services/__init__.py"], empty=("app/services/__init__.py",))
    assert found.counts["services"] == 0
    assert found.layer_of("app/services/__init__.py") == "services"


def test_own_layers_in_their_order() -> None:
    found = layers(
        ["src/http/a.py", "src/core/b.py", "src/other/c.py"],
        architecture="layered",
        layers={"edge": ["src/http/**"], "core": ["src/core/**"]},
    )
    assert found.order == ["edge", "core"]
    assert found.assigned == {"src/http/a.py": "edge", "src/core/b.py": "core"}
    assert found.rank("edge") == 1


def test_globs_replace_the_names_of_a_preset() -> None:
    found = layers(
        ["src/web/a.py", "src/services/b.py"],
        layers={"routes": ["src/web/**"], "services": ["src/logic/**"]},
    )
    assert found.assigned == {"src/web/a.py": "routes"}
    assert found.order == ["routes", "services", "repositories", "models"]


def test_paths_are_relative_to_the_configuration() -> None:
    """The directory the configuration stands in does not name a layer itself."""
    found = layers(
        ["services/billing/app/util.py"],
        directory="services/billing",
        path="services/billing/constraintlint.toml",
    )
    assert found.unassigned == ["services/billing/app/util.py"]


@pytest.mark.parametrize(
    ("word", "normal"),
    [("Use-Cases", "usecase"), ("repositories", "repository"), ("data_access", "dataaccess"), ("dal", "dal"), ("DAOs", "dao"), ("entities", "entity"), ("http", "http")],
)  # fmt: skip
def test_normalise(word: str, normal: str) -> None:
    assert normalise(word) == normal
