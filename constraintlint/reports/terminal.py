"""What the environment says about the reader of standard output: format, colour, hyperlinks."""

from __future__ import annotations

from collections.abc import Mapping

#: set by a coding agent for the commands it runs
_AGENT_VARIABLES = (
    "AI_AGENT", "CLAUDECODE", "CLAUDE_CODE", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX", "CODEX_THREAD_ID",
    "OPENCODE", "AUGMENT_AGENT",
)  # fmt: skip
#: also set where a person types the commands, so they only count when standard output is no terminal
_SHARED_VARIABLES = ("REPL_ID", "GOOSE_PROVIDER")
_SHARED_PREFIXES = ("JUNIE_",)

_LINKING_PROGRAMS = frozenset({"iterm.app", "wezterm", "hyper", "ghostty", "tabby", "rio", "warpterminal"})
_LINKING_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
_FIRST_LINKING_VTE = 5000


def agent_variable(environ: Mapping[str, str], stdout_is_tty: bool = False) -> str:
    """The environment variable by which a coding agent is recognised, "" where none is."""
    for name in _AGENT_VARIABLES:
        if _is_set(environ, name):
            return name
    if not stdout_is_tty:
        for name in sorted(environ):
            if (name in _SHARED_VARIABLES or name.startswith(_SHARED_PREFIXES)) and environ[name]:
                return name
    return ""


def default_format(stdout_is_tty: bool, environ: Mapping[str, str]) -> str:
    """The format where none is asked for: ``agent`` when a coding agent runs the command, else ``text``.

    A CI job gets ``text`` too: its log is read by people, and annotations have to be asked for.
    """
    return "agent" if agent_variable(environ, stdout_is_tty) else "text"


def use_color(environ: Mapping[str, str], isatty: bool) -> bool:
    """Whether to colour: NO_COLOR, then FORCE_COLOR and CLICOLOR_FORCE, then TERM=dumb, CLICOLOR=0 and the terminal."""
    if environ.get("NO_COLOR"):
        return False
    forced = environ.get("FORCE_COLOR")
    if forced:
        return forced.lower() not in ("0", "false")
    if _is_set(environ, "CLICOLOR_FORCE"):
        return True
    if environ.get("TERM") == "dumb" or environ.get("CLICOLOR") == "0":
        return False
    return isatty


def hyperlink_template(environ: Mapping[str, str], isatty: bool, host: str = "") -> str:
    """RenderOptions.hyperlink for this terminal, "" where it shows no OSC 8 hyperlinks.

    ``host`` is the machine's name, which keeps a terminal connected from elsewhere from opening its own file. kitty
    takes the line from the fragment. An editor's own terminal (vscode) is left out: it makes ``path:line:column`` a
    link that opens at the line, which a file URL would replace by one that does not.
    """
    if environ.get("FORCE_HYPERLINK"):
        supported = _is_set(environ, "FORCE_HYPERLINK")
    else:
        supported = isatty and not environ.get("NO_COLOR") and _terminal_links(environ)
    if not supported:
        return ""
    fragment = "#{line}" if environ.get("TERM") == "xterm-kitty" else ""
    return f"file://{host}{{path}}{fragment}"


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() not in ("", "0", "false")


def _terminal_links(environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    if term == "dumb" or environ.get("CI") or environ.get("TERM_PROGRAM") == "vscode":
        return False
    if term.startswith(_LINKING_TERMS) or environ.get("TERM_PROGRAM", "").lower() in _LINKING_PROGRAMS:
        return True
    if any(environ.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID")):
        return True
    vte = environ.get("VTE_VERSION", "")
    return vte.isascii() and vte.isdigit() and len(vte) < 10 and int(vte) >= _FIRST_LINKING_VTE
