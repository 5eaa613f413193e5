TAG=v1.5.0
docker pull acme/server:3.9-$X
docker pull acme/gpu:${TAG}-slim
docker pull acme/server:cache-$X acme/server:$X acme/server:build-3-$X
DEV=dev
docker build -t acme/server:$DEV .
