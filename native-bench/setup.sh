#!/usr/bin/env bash
# Installs what the bench compares drover with, and the load clients. Debian or Ubuntu, as root.
# The packages start services of their own; the bench starts its own instances, so these are stopped again.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-upgrade --no-install-recommends apache2 nginx haproxy varnish wrk nghttp2-client openssl util-linux
for service in apache2 nginx haproxy varnish varnishncsa; do
  service "$service" stop >/dev/null 2>&1 || true
done
