"""``constraintlint schema``: the JSON Schema of the configuration, for editors."""

from __future__ import annotations

import click


@click.command("schema")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Write to a file.")
def command(output: str | None) -> None:
    """Print the JSON Schema of constraintlint.toml.

    The same schema serves [tool.constraintlint] in pyproject.toml and "constraintlint" in package.json. It knows the
    rules and presets of this version.
    """
    import json

    from constraintlint.config.schema import build

    text = json.dumps(build(), indent=2, ensure_ascii=False)
    if output is None:
        click.echo(text)
    else:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text + "\n")
