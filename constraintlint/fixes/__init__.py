"""Mending what a finding knows how to mend: edits of places, and rewritings of Python code.

A fix leaves a file that parses, and everything else in it as it was; where it would not, it is refused with the reason.
"""
