"""SQL text judged by the engines' own parsers: strings with holes, a plain catalogue of tables, verdicts with places.

Nothing here knows a project: ``judge.judge`` takes a ``Template`` (the text), an engine and a ``Catalogue`` and gives the
``Problem``s the engine would have with it, each at its characters of the text.
"""
