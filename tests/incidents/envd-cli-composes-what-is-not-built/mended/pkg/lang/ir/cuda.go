package ir

var cudaVersions = []string{"11.6"}
