"""``constraintlint completion``: the script that teaches a shell to complete our commands, options and rules."""

from __future__ import annotations

import click

_VARIABLE = "_CONSTRAINTLINT_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash:  eval "$(constraintlint completion bash)"     in ~/.bashrc
    zsh:   eval "$(constraintlint completion zsh)"      in ~/.zshrc
    fish:  constraintlint completion fish > ~/.config/fish/completions/constraintlint.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, f"click completes {shell}"
    root = context.find_root()
    completion = found(root.command, {}, "constraintlint", _VARIABLE)
    click.echo(completion.source_template % completion.source_vars())
