"""Sound but for an import that nothing uses."""

import re
