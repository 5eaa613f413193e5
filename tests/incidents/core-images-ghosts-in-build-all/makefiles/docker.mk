ALL_DOCKER_IMGS := python-base fastapi-serve kubeflow-jupyter \
	kubeflow-data-science dask-base

docker.build-all: $(foreach I,$(ALL_DOCKER_IMGS),docker.build/$(I))
