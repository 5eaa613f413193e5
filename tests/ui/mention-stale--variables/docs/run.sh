PY=3.13
FULL=$PY-v1.4.0
docker pull "acme/server:$FULL" python:$PY
for p in 3.12 3.13; do docker pull acme/server:$p-v1.4.0; docker pull acme/server:${p}-v1.5.0; done
docker pull acme/gpu:v1.4.0$SUFFIX
if [ -n "$OLD" ]; then
    TWICE=v1.3.0
else
    TWICE=v1.4.0
fi
docker pull acme/server:$PY-$TWICE
ONE=v1.4.0
ONE=v1.5.0
docker pull acme/server:$PY-$ONE acme/server:$PY-$UNSTATED acme/server:$UNSTATED
docker pull acme/server:$PY-v1.3.0 # basematrix: keep
