#!/bin/sh
# Installs Chromium, PostgreSQL and npm for the tests, on Debian and as root; elsewhere says what is missing.
missing=""
command -v chromium >/dev/null || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$missing postgresql"
# Chromium without a Chinese font draws boxes in the screenshots.
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
# axe-core, which looks for barriers in the pages, comes from npm's registry.
command -v npm >/dev/null || missing="$missing npm"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing for the tests …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Not here and not installable without root on Debian:$missing (their tests are skipped)"
fi
