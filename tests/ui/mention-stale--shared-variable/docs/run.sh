VER=v1.4.0
docker run acme/gpu:$VER-cu128
docker run other/tools:$VER
BASE=v1.4.0
TAG=3.12-$BASE
docker run acme/server:$TAG
docker build -t tools:${BASE} .
FREE=v1.4.0
docker run acme/gpu:$FREE-cu128 acme/server:3.12-$FREE
pip install acme==$FREE; curl https://acme.example:$FREE
