"""What a team declares: constraintlint.toml, ``[tool.constraintlint]`` in pyproject.toml, or package.json."""

from constraintlint.config.errors import ConfigError, Mistake
from constraintlint.config.load import config_for, excluded_by, load
from constraintlint.config.records import Config, Contract, Override, Verify

__all__ = [
    "Config",
    "ConfigError",
    "Contract",
    "Mistake",
    "Override",
    "Verify",
    "config_for",
    "excluded_by",
    "load",
]
