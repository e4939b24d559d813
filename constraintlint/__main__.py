"""``python -m constraintlint``."""

from constraintlint.cli import run

if __name__ == "__main__":
    run()
