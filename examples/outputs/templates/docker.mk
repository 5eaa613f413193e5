# <{ header | comment }>
# dev or ci: which Compose file, and so which stage and tags.
ENVIRONMENT ?= dev
COMPOSE = docker compose --file compose.$(ENVIRONMENT).yml
DOCKER_IMAGES :=<% for spec in specs %> <{ spec.image }><% endfor %>

<% for registry in registries %>
REGISTRY := <{ registry.host }>
<% endfor %>

.PHONY: help docker.login docker.build-all
help:
	@echo 'docker.{lock,build,deploy,start,stop,validate}/<image>, docker.login, docker.build-all; ENVIRONMENT=dev|ci'
	@echo 'images: $(DOCKER_IMAGES)'

docker.login:
	aws ecr get-login-password | docker login --username AWS --password-stdin $(REGISTRY)

docker.build-all: $(addprefix docker.build/,$(DOCKER_IMAGES))
<% for spec in specs %>

.PHONY:<% for verb in ["lock", "build", "deploy", "start", "stop", "validate"] %> docker.<{ verb }>/<{ spec.image }><% endfor %>

docker.lock/<{ spec.image }>:
	uv pip compile --upgrade --output-file <{ (spec.context ~ "/requirements.txt") | shell }> <{ (spec.context ~ "/requirements.in") | shell }>
docker.build/<{ spec.image }>:
	$(COMPOSE) build <{ spec.image }>
docker.deploy/<{ spec.image }>: docker.login
	$(COMPOSE) push <{ spec.image }>
docker.start/<{ spec.image }>:
	$(COMPOSE) up --detach <{ spec.image }>
docker.stop/<{ spec.image }>:
	$(COMPOSE) rm --stop --force <{ spec.image }>
docker.validate/<{ spec.image }>:
<% if spec.tests %>
	$(COMPOSE) run --rm <{ spec.image }>-tests
<% else %>
	@echo 'no tests'
<% endif %>
<% endfor %>
