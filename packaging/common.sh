# shellcheck shell=bash
# What the scripts that make releases share: source it, do not run it.

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What a release comes to: stripped programs, their symbols, packages. Everything in it is from one build.
# shellcheck disable=SC2034
DIST=$REPO/.build/dist

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# When this state of the sources was made, in seconds: what is packed bears this date, so that packing it again gives the same.
source_date() { echo "${SOURCE_DATE_EPOCH:-$(git -C "$REPO" log -1 --format=%ct 2>/dev/null || echo 0)}"; }
