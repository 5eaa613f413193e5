// Package images names the base images that a run is started in.
package images

import "fmt"

const (
	// Repository is where they are.
	Repository = "ghcr.io/acme/runner"

	// Release is the release of the images, and never that of the command:
	//	Release = "v0.0.0-dev"
	Release, suffix = "v2.7.3", "" // with its v

	// MaxTries is no version.
	MaxTries = 3
)

// CUDA are the releases that can be asked for.
var CUDA = []string{"12.6.3", "12.8.1"}

// pythons are the interpreters, with what is said beside them.
var pythons = map[string]string{
	"3.12": "the default",
	"3.13": `new`,
}

// Reference is the image of a Python and a CUDA, which may be empty.
func Reference(python, cuda string) (string, error) {
	if _, ok := pythons[python]; !ok {
		return "", fmt.Errorf("no image has Python %q", python)
	}
	if cuda == "" {
		return fmt.Sprintf("%s:%s-cpu-%s%s", Repository, python, Release, suffix), nil
	}
	return fmt.Sprintf("%s:%s-cuda%s-%s%s", Repository, python, cuda, Release, suffix), nil
}
