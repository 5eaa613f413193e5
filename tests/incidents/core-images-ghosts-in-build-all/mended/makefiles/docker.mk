ALL_DOCKER_IMGS := python-base fastapi-serve beam-base

docker.build-all: $(foreach I,$(ALL_DOCKER_IMGS),docker.build/$(I))
