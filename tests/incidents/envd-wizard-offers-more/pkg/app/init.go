package app

var supportedCUDAVersions = []string{"11.2.2", "11.8.0", "12.3.2"}
