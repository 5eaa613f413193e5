package app

var supportedCUDAVersions = []string{"11.8.0"}
