package version

// Replaced by the linker.
var gitTag = "v0.2.1"
