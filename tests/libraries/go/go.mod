module github.com/acme/runner/v2

go 1.25.0
