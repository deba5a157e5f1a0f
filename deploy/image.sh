#!/bin/sh
# Builds the relay's image with buildah: deploy/image.sh [NAME], as root; NAME is nullabona-relay unless it is given.
#
# The base is made first if it is not there (deploy/base.sh). SSL_CERT_FILE names the certificates of a network whose
# proxy signs with its own; what is fetched is compared with its hash either way.
set -eu
cd "$(dirname "$0")/.."
command -v buildah >/dev/null || { echo "missing: buildah
   hint: on Debian: apt install buildah mmdebstrap" >&2 && exit 1; }
# chroot and vfs: a build needs no rights of a container engine, no kernel module and no network of its own.
export BUILDAH_ISOLATION="${BUILDAH_ISOLATION:-chroot}" STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}"
buildah images --quiet localhost/nullabona-base >/dev/null 2>&1 || deploy/base.sh
set -- "${1:-nullabona-relay}" ${SSL_CERT_FILE:+--volume "$SSL_CERT_FILE:/etc/ssl/certs/ca-certificates.crt:ro"}
name=$1
shift
buildah build --quiet --format docker --network host --ignorefile deploy/Dockerfile.dockerignore -f deploy/Dockerfile "$@" -t "$name" .
