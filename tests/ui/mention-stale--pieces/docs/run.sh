docker run acme/app:v${MAJOR:-1}.${MINOR:-2}.${PATCH:-0}
docker run acme/app:v${MAJOR:-1}.0.0
