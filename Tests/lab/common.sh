# shellcheck shell=bash
# Settings and helpers that the lab's scripts share: source it, do not run it.

# Variables a caller may set; README.md lists them.
#   LAB         folder of the nodes' disks; needs ext4 or xfs (Docker's overlay2 cannot sit on an overlay)
#   LAB_PREFIX  name of this lab: prefix of its namespaces and mounts, name of its cgroup
#   LAB_CACHE   folder of the cached base roots, shared by every checkout on the machine
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX:-fd}
LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-/var/cache}/faultd-lab}
PATH=$PATH:/usr/sbin:/sbin

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

say() { echo "lab: $*" >&2; }

need_root() {
    [ "$(id -u)" = 0 ] || die "needs root (the lab makes namespaces, mounts and cgroups): sudo $0"
}

# Docker's overlay2 and our own overlay both need a plain file system below them.
can_hold_overlay() {
    case $(stat -f -c %T "$1") in ext2/ext3 | ext4 | xfs | btrfs) ;; *) return 1 ;; esac
}

# The checkout's own .lab, or a folder in /var/tmp when the checkout's file system cannot carry overlays.
default_lab() {
    if can_hold_overlay "$REPO"; then
        echo "$REPO/.lab/$LAB_PREFIX"
    else
        echo "/var/tmp/faultd-lab-$LAB_PREFIX"
    fi
}

LAB=${LAB:-$(default_lab)}
