#!/bin/sh
# Fault: a variable that splits into words.
set -eu
echo $PLAN
