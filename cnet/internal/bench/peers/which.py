"""Prints which libraries to compare with this Python has, with their versions."""

import importlib.metadata
import json
import platform

found = {"python": platform.python_version()}
for name in ("torch", "jax", "torchdiffeq", "diffrax", "scipy"):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
