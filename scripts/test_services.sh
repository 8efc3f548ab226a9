#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the tests need beside Python: PostgreSQL's server programs and Chromium. Installed where apt is at hand and we may.
set -eu
wanted=""
if ! command -v pg_ctl >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1; then wanted="$wanted postgresql"; fi
if ! command -v chromium >/dev/null 2>&1 && ! command -v chromium-browser >/dev/null 2>&1; then wanted="$wanted chromium"; fi
if [ -z "$wanted" ]; then exit 0; fi
if [ "$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="none"; fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need:$wanted. Please install it and run make test again." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get install -y -qq --no-install-recommends $wanted >/dev/null
