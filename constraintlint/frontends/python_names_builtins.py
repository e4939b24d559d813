"""The names Python itself provides: builtins of every version from 3.8 on, and what every module has."""

from __future__ import annotations

import builtins

BUILTINS = frozenset(dir(builtins)) | frozenset(
    (
        # of versions this interpreter may not be
        "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup", "aiter", "anext", "PythonFinalizationError",
        "WindowsError", "frozendict", "sentinel",
        # set by ``site``, which may be left out here
        "copyright", "credits", "exit", "license", "quit", "help",
        # of every module
        "__name__", "__file__", "__doc__", "__package__", "__spec__", "__loader__", "__path__", "__builtins__",
        "__annotations__", "__cached__", "__dict__", "__debug__", "__warningregistry__", "__annotate__",
        "__conditional_annotations__", "__main__",
        # known to type checkers only, taken out before the program runs
        "reveal_type", "reveal_locals",
        # of an interactive shell
        "__IPYTHON__", "get_ipython",
    )
)  # fmt: skip

#: what Python 2 provided: code for both versions names them where the version has been asked for
OLD_BUILTINS = frozenset(
    (
        "StandardError", "apply", "basestring", "buffer", "cmp", "coerce", "execfile", "file", "intern", "long",
        "raw_input", "reduce", "reload", "unichr", "unicode", "xrange",
    )
)  # fmt: skip
