package ir

var cudaVersions = []string{"10.2", "11.2", "11.6"}
