// Package app asks what an environment is to hold.
package app

// cudaVersions are what the wizard offers.
var cudaVersions = []string{"11.8.0", "12.3.2", "12.8.1"}

func defaultCuda() string { return cudaVersions[len(cudaVersions)-1] }
