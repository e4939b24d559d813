"""What the stack is inferred from: imports, connections, settings, and which of them run."""
