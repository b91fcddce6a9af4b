# shellcheck shell=bash
# What the proofs share: checks, times, and faultd's control socket. Sourced; only good in the virtual machine, whose clock and power they use.
grep -qw 'lab.bare=[01]' /proc/cmdline || { echo "$0: not in the lab's virtual machine" >&2 && exit 1; }

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
STATE=/var/lib/lab-proof # outlives a boot
BAD=0
SLACK=2500 # ms: under emulation every look takes one or two seconds

# By the clock that nobody sets.
elapsed() { cut -d. -f1 /proc/uptime; }

check() {
    local what=$1
    shift
    if "$@" >/tmp/check.out 2>&1; then
        printf '  ok    %4ds  %s\n' "$(elapsed)" "$what"
    else
        printf '  BAD   %4ds  %s\n' "$(elapsed)" "$what"
        sed 's/^/          /' /tmp/check.out | tail -n 15
        BAD=1
    fi
}

not() { ! "$@"; }

# By a process' status. CAP_SYS_TIME is bit 25: the seventh hex digit from the right has its second bit set.
sets_clock() { grep -qE '(CapEff|CapBnd):.*[2367abef][0-9a-f]{6}$' "$1"; }

# A proof that takes the machine down says before how far it is, and what was good so far; after the boot it is run again.
stage() { cat "$STATE/${0##*/}.stage" 2>/dev/null || echo 0; }
next_stage() {
    [ "$BAD" = 0 ] || touch "$STATE/${0##*/}.bad"
    echo "$1" >"$STATE/${0##*/}.stage"
    sync
}
finish() {
    [ ! -e "$STATE/${0##*/}.bad" ] || BAD=1
    exit "$BAD"
}

# Without starting a program: that takes long enough here to spoil what is measured.
boot_ms() {
    local up
    read -r up _ </proc/uptime
    echo "${up/./}0"
}
wall_ms() { echo "${EPOCHREALTIME:0:-7}${EPOCHREALTIME: -6:3}"; }
# How far the wall clock is ahead of the one that nobody sets; only a step changes it.
ahead_ms() {
    local up now
    read -r up _ </proc/uptime
    now=$EPOCHREALTIME
    echo $((${now:0:-7}${now: -6:3} - ${up/./}0))
}
set_clock() { date -s "@$(($(date +%s) + $1))" >/dev/null; }
ask() { curl -sf --unix-socket /run/faultd/faultd.sock "http://node$1" "${@:2}"; }
inject() { ask /v1/faults "$@" | jq -er .id; }
of_fault() { ask "/v1/faults/$1" | jq -er "$2"; }
stamp_ms() { date -d "$(of_fault "$1" "$2")" +%s%3N; }
# The fault's deadline on the clock that nobody sets, from what it says.
deadline_ms() { echo $(($(stamp_ms "$1" .lease.expires_at) - $(ahead_ms))); }
near() {
    local apart=$(($1 - $2))
    echo "$1 and $2 are $apart ms apart"
    [ "${apart#-}" -le "$SLACK" ]
}
active() { systemctl -q is-active "$1"; }
# Nobody listens there: without a rule that drops them, packets are refused.
is_cut() {
    curl -s -m 2 http://127.0.0.1:4443/
    [ $? = 28 ]
}

# On the machine itself, also after a boot, with a unit that faults may stop.
start_faultd() {
    printf '[Service]\nExecStart=/bin/sleep inf\n' >/run/systemd/system/calm.service
    systemctl daemon-reload
    if [ ! -x /usr/bin/faultd ]; then
        make -s -C "$PWD/../.." install
        systemd-sysusers
        systemd-tmpfiles --create --prefix=/run/faultd --prefix=/var/lib/faultd
        # What the proofs look at are the legacy tables, whose rules end by the clock that they set.
        sed -i 's/^#packet_backend:.*/packet_backend: iptables/' /etc/faultd/faultd.yaml
        systemctl -q enable faultd
    fi
    systemctl start calm faultd
}

remove_faultd() {
    systemctl -q disable faultd
    systemctl stop faultd calm
    make -s -C "$PWD/../.." uninstall
    rm -rf /etc/faultd /var/lib/faultd
    systemctl daemon-reload
}

# Runs what it is given while nobody is there: the daemon is killed, not started again by systemd, and started at the end.
with_dead_daemon() {
    mkdir -p /run/systemd/system/faultd.service.d
    printf '[Service]\nRestart=no\nExecStopPost=\n' >/run/systemd/system/faultd.service.d/dead.conf
    systemctl daemon-reload
    systemctl kill -s KILL faultd
    "$@"
    rm -r /run/systemd/system/faultd.service.d
    systemctl daemon-reload
    systemctl reset-failed faultd
    systemctl start faultd
    until ask /v1/node >/dev/null; do sleep 0.3; done
}

ended_in_time() { [ "$(of_fault "$1" .ended_by)" = lease ] && near "$(stamp_ms "$1" .reverted_at)" "$(stamp_ms "$1" .lease.expires_at)"; }
until_reverted() {
    local end=$(($(boot_ms) + $2 * 1000))
    until [ "$(of_fault "$1" .state)" = reverted ]; do
        [ "$(boot_ms)" -lt "$end" ] || { of_fault "$1" . && return 1; }
        sleep 0.3
    done
}

