"""Plays the start-up code of a Python application on the neutral form, to see which routes it registers.

``Machine`` executes module bodies in the order of their imports, and the functions they call, with values that may
be unknown. Library objects that matter (an application, a router) are ``Native`` objects a framework's reader brings.
Nothing of the project is imported or run by the interpreter that runs constraintlint.
"""
