"""constraintlint: checks a backend against the constraints its team declared, without running it."""

__version__ = "0.1.0"
