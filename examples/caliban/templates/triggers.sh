#!/bin/sh
# <{ header | comment }>
# Makes the triggers once: the images are built whenever what they are made of changes, their configuration too.
set -eu
gcloud builds triggers create github --project <{ with.project }> --name base-images \
  --repo-owner <{ with.owner }> --repo-name <{ with.repository }> --branch-pattern '^main$' \
  --build-config cloudbuild.json \
  --included-files <{ (specs | map(attribute="dockerfile") | unique | list + with.copied + ["cloudbuild.json"]) | join(",") }>
