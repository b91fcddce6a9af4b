/* libsystemd: sd-bus (its non-variadic calls), readiness, watchdog and socket activation. */
#pragma once
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
