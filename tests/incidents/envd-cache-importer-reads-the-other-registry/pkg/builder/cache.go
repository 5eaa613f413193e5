package builder

// Filled by the release.
const (
	cpuCache  = "ghcr.io/tensorchord/python-cache:envd-v0.3.15"
	cudaCache = "docker.io/tensorchord/python-cache:envd-v0.3.15-cuda-11.8.0-cudnn-8"
)
