"""The vocabulary: what one file says, in language-neutral records without syntax trees.

``source``    imports, module-level names, exports, suppression comments, problems
``code``      the neutral form of statements and expressions, for files that can matter
``manifest``  dependencies, scripts, services and settings, from files that are not source code

Every record is a msgspec Struct in array form: compact in the cache and fast to decode.
"""
