"""Prints the routes of a Flask application: ``dump_flask.py module:name``."""

import json
import re
import sys
from importlib import import_module

sys.path.insert(0, ".")
module, _, name = sys.argv[1].partition(":")
app = getattr(import_module(module), name)


def canonical(rule):
    return re.sub(
        r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>", lambda m: "{" + m[2] + ("*" if m[1] == "path" else "") + "}", rule
    )


print(
    json.dumps(
        sorted(
            {
                f"{method} {canonical(rule.rule)}"
                for rule in app.url_map.iter_rules()
                for method in rule.methods
            }
        )
    )
)
