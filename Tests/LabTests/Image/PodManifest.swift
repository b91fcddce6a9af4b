// deploy/kubernetes/faultd.yaml, read as far as a kubelet acts on it; what it has more than that is an error here.
import FaultModel
import Foundation
import Testing

@testable import faultd

/// The pod of the DaemonSet.
struct PodManifest {
    struct Mount {
        var path: String
        /// Of the node; nil is the ConfigMap.
        var source: String?
        var readOnly: Bool
    }

    var mounts: [Mount] = []
    /// `startupProbe` and so on: the command of each.
    var probes: [String: [String]] = [:]
    /// The downward API's `spec.nodeName` under this name.
    var nodeName = ""
    var grace = 0
    /// The text of the ConfigMap's faultd.yaml.
    var configuration = ""
    var image = ""

    init() throws {
        let text = try String(contentsOfFile: "\(try FaultdImage.repository)/deploy/kubernetes/faultd.yaml", encoding: .utf8)
        let documents = try text.split(separator: "\n---\n").map { try YAML.parse(String($0), name: "faultd.yaml") }
        func only(_ kind: String) throws -> JSONValue { try #require(documents.first { $0["kind"]?.stringValue == kind }, "no \(kind)") }
        #expect(documents.compactMap { $0["kind"]?.stringValue } == ["Namespace", "ServiceAccount", "ConfigMap", "DaemonSet"])
        configuration = try #require(try only("ConfigMap")["data"]?["faultd.yaml"]?.stringValue)
        try read(pod: try #require(try only("DaemonSet")["spec"]?["template"]?["spec"]))
    }

    private mutating func read(pod: JSONValue) throws {
        try Self.expect(
            pod,
            has: [
                "hostPID": "true", "hostNetwork": "true", "dnsPolicy": "Default", "priorityClassName": "system-node-critical",
                "serviceAccountName": "faultd", "automountServiceAccountToken": "false",
            ], and: ["nodeSelector", "tolerations", "terminationGracePeriodSeconds", "containers", "volumes"])
        grace = try #require(pod["terminationGracePeriodSeconds"]?.stringValue.flatMap { Int($0) })
        let containers = try #require(pod["containers"]?.arrayValue)
        try #require(containers.count == 1)
        try read(container: containers[0], volumes: try #require(pod["volumes"]?.arrayValue))
    }

    private mutating func read(container: JSONValue, volumes: [JSONValue]) throws {
        let probeNames = ["startupProbe", "livenessProbe", "readinessProbe"]
        try Self.expect(
            container, has: ["name": "faultd", "imagePullPolicy": "IfNotPresent"],
            and: ["image", "env", "securityContext", "resources", "volumeMounts"] + probeNames)
        try Self.expect(try #require(container["securityContext"]), has: ["privileged": "true", "readOnlyRootFilesystem": "true"])
        #expect(container["resources"]?["limits"] == nil)
        image = try #require(container["image"]?.stringValue)
        for name in probeNames {
            probes[name] = try #require(container[name]?["exec"]?["command"]?.arrayValue).compactMap(\.stringValue)
        }
        let variables = try #require(container["env"]?.arrayValue)
        try #require(variables.count == 1 && variables[0]["valueFrom"]?["fieldRef"]?["fieldPath"]?.stringValue == "spec.nodeName")
        nodeName = try #require(variables[0]["name"]?.stringValue)
        mounts = try #require(container["volumeMounts"]?.arrayValue).map { try Self.mount($0, volumes) }
    }

    private static func mount(_ mount: JSONValue, _ volumes: [JSONValue]) throws -> Mount {
        let volume = try #require(volumes.first { $0["name"] == mount["name"] }, "no volume \(mount)")
        let host = volume["hostPath"]
        if let host { try expect(host, has: ["type": "DirectoryOrCreate"], and: ["path"]) }
        try #require(host != nil || volume["configMap"]?["name"]?.stringValue == "faultd")
        return Mount(
            path: try #require(mount["mountPath"]?.stringValue), source: host?["path"]?.stringValue,
            readOnly: mount["readOnly"]?.stringValue == "true")
    }

    /// Nothing is in it that this test does not act on.
    private static func expect(_ object: JSONValue, has values: [String: String], and others: [String] = []) throws {
        let keys = try #require(object.members).map(\.key)
        #expect(Set(keys) == Set(values.keys).union(others))
        for (key, value) in values { #expect(object[key]?.stringValue == value, "\(key)") }
    }
}
