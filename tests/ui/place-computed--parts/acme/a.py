ADDED = "v1.2" + ".0"
JOINED = "v1.2" ".0"
FIELDS = f"v1.2.0{SUFFIX}"
V = "v" + "1.2.0"
CALLED = Version("v1.2.0")
MINOR = 2
