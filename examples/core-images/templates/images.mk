# <{ header | comment }>
# dev or ci: which Compose file, and so which stage and tags.
ENVIRONMENT ?= dev
COMPOSE = docker compose --file docker/docker-compose.$(ENVIRONMENT).yaml
ALL_DOCKER_IMGS :=<% for spec in specs %> <{ spec.image }><% endfor %>


.PHONY: docker.help docker.login docker.build-all
docker.help:
	@echo 'docker.{lock,build,deploy,start,stop,validate}/<image>, docker.login, docker.build-all; ENVIRONMENT=dev|ci'
	@echo 'images: $(ALL_DOCKER_IMGS)'

docker.login:
<% for registry in registries %>
	aws ecr get-login-password --region <{ (registry.host | split("."))[3] }> | docker login --username AWS --password-stdin <{ registry.host }>
<% endfor %>

docker.build-all: $(addprefix docker.build/,$(ALL_DOCKER_IMGS))
<% for spec in specs %>

.PHONY:<% for verb in ["lock", "build", "deploy", "start", "stop", "validate"] %> docker.<{ verb }>/<{ spec.image }><% endfor %>

docker.lock/<{ spec.image }>:
<% if spec.parent %>
	uv pip compile --upgrade --output-file <{ spec.context ~ "/requirements.txt" }> <{ spec.context ~ "/requirements.in" }>
<% else %>
	@echo 'nothing to lock'
<% endif %>
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
