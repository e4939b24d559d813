"""Modules that a JavaScript runtime brings itself (``module.builtinModules`` of Node.js 24, Bun, Cloudflare Workers)."""

from __future__ import annotations

_NODE = frozenset(
    (
        "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram",
        "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net",
        "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream",
        "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi",
        "worker_threads", "zlib",
    )
)  # fmt: skip
_NODE_SUBPATHS = frozenset(
    (
        "assert/strict", "dns/promises", "fs/promises", "inspector/promises", "path/posix", "path/win32",
        "readline/promises", "stream/consumers", "stream/promises", "stream/web", "timers/promises", "util/types",
    )
)  # fmt: skip
_SCHEMES = ("bun:", "cloudflare:", "workerd:", "deno:")


def builtin(specifier: str) -> str | None:
    """The built-in module a specifier means, without its subpath; None where it means none.

    ``node:fs/promises`` and ``fs/promises`` are ``fs``; what exists with the prefix alone keeps it (``node:sqlite``).
    """
    if specifier in _NODE or specifier in _NODE_SUBPATHS:
        return specifier.partition("/")[0]
    if specifier.startswith("node:"):
        name = specifier[5:].partition("/")[0]
        return name if name in _NODE else f"node:{name}"
    if specifier.startswith(_SCHEMES) or specifier == "bun":
        return specifier
    return None
