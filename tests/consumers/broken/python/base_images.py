"""Sound but for a package that the standard library lacks."""

import packaging

VERSION = packaging.__version__
