"""``python -m constraintlint``."""

from constraintlint.cli import main

if __name__ == "__main__":
    main()
