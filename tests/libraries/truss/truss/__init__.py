"""Package a model together with everything it needs."""

from importlib.metadata import version

__version__ = version("truss")
