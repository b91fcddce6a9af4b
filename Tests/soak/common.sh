# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # Settings are for those who source it; what is quoted expands in the node.
# What the sweep and the storm share: source it inside `Tests/lab/lab with`, do not run it.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$HERE/../.." && pwd)
CRASHPOINT=$REPO/.build/crashpoint
PATIENCE=${LAB_WAIT:-30} # s, for what takes one or two
LATE=2000                # ms after the lease's end by which a fault must be gone, whoever is dead

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

in_node() { "$FAULTD_LAB" exec "$FAULTD_LAB_NODE" "$@"; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Paths as they are until the node reboots.
look_around() {
    [ -n "${FAULTD_LAB:-}" ] || die "needs the lab: run it by Tests/lab/lab with"
    ROOT=$("$FAULTD_LAB" root "$FAULTD_LAB_NODE")
    SOCKET=$ROOT/run/faultd/faultd.sock
    POINTS=$ROOT/run/crashpoint
}

# curl PATH [ARG...] of the daemon; quiet, because it dies in the middle of answers.
api() { curl -s -m 10 --unix-socket "$SOCKET" "http://node$1" "${@:2}"; }
docker_api() { curl -s -m 10 --unix-socket "$ROOT/run/docker.sock" "http://docker$1" "${@:2}"; }
is_ready() { api /readyz -f -o /dev/null; }

# wait_for WHAT COMMAND...
wait_for() {
    local what=$1 end=$(($(now_ms) + PATIENCE * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$end" ] || die "waited $PATIENCE s in vain for $what"
        sleep 0.03
    done
}

# ---- the node ---------------------------------------------------------------------------------------------------

# Targets of our own: a unit, a file, a small filesystem, an interface, a container that nothing restarts, and several that Docker does, since it restarts one that dies
# again within ten seconds later and later.
SUPERVISED=6
cast() {
    in_node sh -c '
        printf "[Service]\nExecStart=/bin/sleep inf\n" >/run/systemd/system/soak.service
        systemctl daemon-reload && systemctl start soak
        mkdir -p /srv/soak/small && mount -t tmpfs -o size=1m soak /srv/soak/small
        seq 200 >/srv/soak/data && cp -p /srv/soak/data /srv/soak/same
        ip link add soak0 type veth peer name soak1 && ip address add 10.98.0.1/24 dev soak0 && ip link set soak0 up && ip link set soak1 up
        docker run -d --name soak-once lab/work:local
        for i in $(seq '$SUPERVISED'); do docker run -d --name soak-$i --restart=always lab/work:local; done' >/dev/null
}

# dress MODE: how the unit behaves when its daemon is killed. Everything else of it is as installed.
#   plain     as installed, only restarted sooner
#   usual     the same, by way of crashpoint, as are those below
#   restart   without ExecStopPost=: the restart alone takes faults back
#   dead      nobody restarts it and nobody cleans up: the kernel and systemd's timers are on their own
dress() {
    # crashpoint traces the daemon from within its unit, which lets nobody else do that.
    local lines="SystemCallFilter=@debug process_vm_readv\nExecStart=\nExecStart=/usr/local/bin/crashpoint /run/crashpoint /usr/bin/faultd serve\n"
    case $1 in
        plain) lines="RestartSec=50ms\n" ;;
        usual) lines+="RestartSec=50ms\n" ;;
        restart) lines+="RestartSec=50ms\nExecStopPost=\n" ;;
        dead) lines+="Restart=no\nExecStopPost=\n" ;;
    esac
    in_node sh -c "mkdir -p /run/crashpoint /run/systemd/system/faultd.service.d
        printf '[Service]\n$lines' >/run/systemd/system/faultd.service.d/soak.conf
        systemctl daemon-reload && systemctl restart faultd"
    wait_for "the daemon" is_ready
}

# The cgroup of a unit of the node.
find_group() { find /sys/fs/cgroup -path "*/$LAB_PREFIX/$FAULTD_LAB_NODE/*" -type d -name "$1.service" -print -quit 2>/dev/null; }

# Log lines at debug are the points of class `call`.
install_crashpoint() {
    [ -x "$CRASHPOINT" ] || die "no $CRASHPOINT: run make build"
    install -m 755 "$CRASHPOINT" "$ROOT/usr/local/bin/crashpoint"
    sed -i 's/^#log_level: .*/log_level: debug/' "$ROOT/etc/faultd/faultd.yaml"
}

undress() {
    in_node sh -c 'rm -rf /run/systemd/system/faultd.service.d /run/crashpoint /usr/local/bin/crashpoint
        sed -i "s/^log_level: debug/#log_level: info/" /etc/faultd/faultd.yaml
        systemctl daemon-reload; systemctl restart faultd
        umount /srv/soak/small; rm -rf /srv/soak; ip link del soak0
        systemctl stop soak; rm -f /run/systemd/system/soak.service; systemctl daemon-reload
        docker rm -f soak-once $(seq -f soak-%g '$SUPERVISED')' >/dev/null 2>&1
    wait_for "the daemon" is_ready
}

# ---- what is there ----------------------------------------------------------------------------------------------

# What our faults can change, in 50 ms; `lab snapshot` is the thorough one.
snapshot() {
    in_node sh -c '
        for save in iptables-legacy-save ip6tables-legacy-save; do $save -t filter | sed "/^#/d; s/ \[[0-9:]*\]$//"; done
        nft list table inet faultd 2>/dev/null
        tc qdisc show dev eth0 | sed "s/ refcnt.*//"
        ip -br -4 address show dev soak0
        systemctl is-active soak docker.service docker.socket
        systemctl show soak -p LoadState -p FreezerState
        find /run/systemd /etc/systemd -lname "/dev/null" -o -lname "*/faultd/*"
        ls /run/systemd/transient 2>/dev/null | grep faultd
        sed -n "s/^State:.\(T\).*/stopped/p" /proc/$(systemctl show soak -p MainPID --value)/status
        find /srv/soak -type f -exec cksum {} +
        true'
    docker_api /containers/json | jq -r '.[] | .Names[0] + " " + .State' | grep soak | sort
}

# Nothing is open and nothing of ours is left.
is_idle() { [ "$(api '/v1/faults?state=applying,active,reverting,stuck' | jq '.items | length' 2>/dev/null)" = 0 ]; }
has_orphans() { [ "$(api /v1/verify | jq '.orphans | length' 2>/dev/null)" != 0 ]; }

# same_as SNAPSHOT: waits until the node is as it was, or says how it is not.
same_as() {
    local end=$(($(now_ms) + ${2:-5000})) now
    while now=$(snapshot) && [ "$now" != "$1" ]; do
        if [ "$(now_ms)" -gt "$end" ]; then
            diff <(echo "$1") <(echo "$now") >&2
            return 1
        fi
        sleep 0.1
    done
}

TIMES='def ms: if . then (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber) else 0 end;'
