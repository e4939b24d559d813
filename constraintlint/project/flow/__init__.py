"""Following values and types across functions and files, on the neutral form of code.

Ask ``values`` (what can this be?) and ``types`` (which library type is this?); the rest is how they find out.
"""
