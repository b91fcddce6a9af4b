// What the platform will probably do about a container that was hit, for people.

public enum Expectation {
    public static func note(_ pin: ContainerPin, _ action: ContainerChange.Action) -> String {
        if action == .pause { return paused(pin) }
        if pin.isSandbox { return "a pod's sandbox: the kubelet makes a new one, and all the pod's containers anew" }
        if pin.isSupervised { return "supervised by Kubernetes: the kubelet replaces it" }
        if action == .remove { return "nothing brings it back: a removed container is gone for good, with its restart policy" }
        if pin.autoRemove { return "started with --rm: it is gone for good" }
        if !pin.canBeStarted { return "\(pin.runtime.rawValue) does not start it again" }
        switch action {
        case .apiKill, .stop, .remove: return byHand(pin)
        case .restart: return "\(pin.runtime.rawValue) starts it again at once; whatever ends it later is left to its restart policy"
        case .signal, .keepRunning, .pause: return byPolicy(pin)
        }
    }

    private static func paused(_ pin: ContainerPin) -> String {
        pin.isSupervised
            ? "frozen until the lease ends: its probes fail meanwhile, and the kubelet may replace it for that"
            : "frozen until the lease ends: its connections stay open and answer nothing, and no restart policy acts"
    }

    private static func byHand(_ pin: ContainerPin) -> String {
        let end = "faultd starts it again when the lease ends"
        guard pin.hasRestartPolicy else { return "restart policy no: stays dead until the lease ends, then faultd starts it again" }
        return "\(pin.runtime.rawValue) counts it as stopped by hand: the restart policy does not act; \(end)"
    }

    private static func byPolicy(_ pin: ContainerPin) -> String {
        switch pin.restartPolicy {
        case "always", "unless-stopped": "restart policy \(pin.restartPolicy ?? ""): \(pin.runtime.rawValue) starts it again"
        case "on-failure": "restart policy on-failure: \(pin.runtime.rawValue) starts it again unless it ended with exit code 0"
        default: "restart policy no: stays dead until the lease ends, then faultd starts it again"
        }
    }
}
