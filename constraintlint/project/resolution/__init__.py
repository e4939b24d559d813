"""Import resolution: from a specifier to the file it loads, for Python and for JavaScript/TypeScript."""
