// Services beside the server: the engine's orderly end, and the watchdog.
import FaultEngine
import FaultHost
import Logging
import ServiceLifecycle

/// Takes every fault back when the daemon is told to stop.
struct EngineService: Service {
    let controller: Controller

    func run() async throws {
        try? await gracefulShutdown()
        Systemd.notify("STOPPING=1\nSTATUS=Taking every fault back")
        await controller.shutdown()
    }
}

/// Tells the engine when the wall clock is set.
struct ClockService: Service {
    let controller: Controller
    let watch: ClockWatch

    func run() async throws {
        for await step in watch.steps().cancelOnGracefulShutdown() { await controller.clockStepped(by: step) }
    }
}

/// Tells systemd that the engine still answers: a daemon that hangs is killed and started again, which takes its faults back.
struct Watchdog: Service {
    let controller: Controller

    func run() async throws {
        guard let interval = Systemd.watchdogInterval else {
            try? await gracefulShutdown()
            return
        }
        try? await cancelWhenGracefulShutdown {
            while true {
                _ = await controller.ready()
                Systemd.notify("WATCHDOG=1")
                try await Task.sleep(for: interval / 2)
            }
        }
    }
}

/// Keeps `systemctl status faultd` honest: its status line names faults that could not be undone yet.
struct StatusLine: Service {
    let controller: Controller

    static func text(stuck: Int) -> String {
        stuck == 0 ? "Ready: no fault outlives its lease" : "\(stuck) \(stuck == 1 ? "fault" : "faults") STUCK: could not be undone yet"
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            let events = try await controller.events(after: nil, follow: true)
            var told = 0
            for await _ in events {
                let stuck = controller.stuckCount
                if stuck != told { Systemd.notify("STATUS=\(Self.text(stuck: stuck))") }
                told = stuck
            }
        }
        // A service that ends by itself would end the daemon.
        try? await gracefulShutdown()
    }
}
