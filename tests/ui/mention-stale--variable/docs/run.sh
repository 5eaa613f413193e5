TAG="${1:-v1.2.0}"
KEPT=v1.0.0 # basematrix: keep
NOW=v1.3.0
docker run "acme/app:$TAG" acme/app:${KEPT} acme/app:$NOW
for V in v1.2.0 v1.1.0; do docker run acme/app:$V; done
