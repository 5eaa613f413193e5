FROM acme/core:v1.3.0
