#!/bin/sh
# Fault: a loop that never ends its body.
set -eu
while read -r line; do
  echo "$line"
