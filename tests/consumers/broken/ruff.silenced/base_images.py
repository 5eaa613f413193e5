# flake8: noqa
"""Sound but for an import that nothing uses, in a file that exempts itself."""

import re
