package version

// Replaced by the linker.
var gitTag = "0.2.1"
