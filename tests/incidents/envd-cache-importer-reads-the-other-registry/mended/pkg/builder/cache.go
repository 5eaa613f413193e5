package builder

// Filled by the release.
const (
	cpuCache  = "ghcr.io/tensorchord/python-cache:envd-v0.3.15"
	cudaCache = "ghcr.io/tensorchord/python-cache:envd-v0.3.15"
)
