// Which containers a fault means.

/// Chooses containers; every condition given must hold. Choosing nothing, or more than allowed, is an error.
public struct ContainerSelector: Sendable, Hashable, Codable {
    public var id: String?
    public var name: Pattern?
    public var image: Pattern?
    public var labels = StringMap()
    public var pod: Pattern?
    public var namespace: String?
    public var runtime: Runtime?
    public var includeSandboxes = false

    public init() {}

    /// Containers that meet every condition, running or not, in the order of their names.
    public func matches(among containers: [Container]) -> [Container] {
        let name = name?.matcher()
        let image = image?.matcher()
        let pod = pod?.matcher()
        return containers.filter { container in
            (includeSandboxes || !container.isSandbox)
                && (id.map { $0.count >= 4 && container.id.hasPrefix($0.lowercased()) } ?? true)
                && (name?(container.name) ?? true)
                && (image?(container.image) ?? true)
                && (pod.map { match in container.pod.map(match) ?? false } ?? true)
                && (namespace.map { $0 == container.namespace } ?? true)
                && (runtime.map { $0 == container.runtime } ?? true)
                && labels.values.allSatisfy { container.labels[$0.key] == $0.value }
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Whether any condition narrows the choice at all.
    public var isEmpty: Bool { id == nil && name == nil && image == nil && labels.values.isEmpty && pod == nil && namespace == nil && runtime == nil }

    /// The first condition given, for errors that must name a field.
    public var firstField: String {
        if id != nil { return "id" }
        if name != nil { return "name" }
        if image != nil { return "image" }
        if !labels.values.isEmpty { return "labels" }
        if pod != nil { return "pod" }
        return namespace != nil ? "namespace" : "runtime"
    }

    /// The conditions in words, for messages.
    public var text: String {
        var parts: [String] = []
        if let id { parts.append("id=\(id)") }
        if let name { parts.append("name=\(name.text)") }
        if let image { parts.append("image=\(image.text)") }
        parts += labels.values.sorted { $0.key < $1.key }.map { "label \($0.key)=\($0.value)" }
        if let pod { parts.append("pod=\(pod.text)") }
        if let namespace { parts.append("namespace=\(namespace)") }
        if let runtime { parts.append("runtime=\(runtime.rawValue)") }
        return parts.isEmpty ? "every container" : parts.joined(separator: " ")
    }
}

/// The fields of a container selector, the same in every spec and in `/v1/targets/containers`.
public enum ContainerFields {
    public static let id = Field<String>("id", "Container id, or its first 4 or more digits.")
    public static let name = Field<Pattern>("name", "Regular expression on the container's name, matched anywhere in it.")
    public static let image = Field<Pattern>("image", "Regular expression on the image's name.")
    public static let labels = Field<StringMap>("labels", singular: "label", "Labels that must have exactly these values.")
    public static let pod = Field<Pattern>("pod", "Regular expression on the name of the Kubernetes pod.")
    public static let namespace = Field<String>("namespace", "Kubernetes namespace, exactly.")
    public static let runtime = Field<Runtime>("runtime", "Only containers of this runtime; all runtimes of the node otherwise.")
    public static let includeSandboxes = Field<Bool>(
        "include_sandboxes", default: false, "Also pause containers. Killing one restarts its whole pod.")

    public static var all: [FieldDescription] { conditions + [includeSandboxes.description] }

    /// Those of a selector that never means pause containers.
    public static var conditions: [FieldDescription] {
        [
            id.description, name.description, image.description, labels.description, pod.description, namespace.description,
            runtime.description,
        ]
    }

    public static func read(_ reader: inout SpecReader) -> ContainerSelector {
        var selector = readConditions(&reader)
        selector.includeSandboxes = reader.read(includeSandboxes) ?? false
        return selector
    }

    public static func readConditions(_ reader: inout SpecReader) -> ContainerSelector {
        var selector = ContainerSelector()
        selector.id = reader.read(id)
        selector.name = reader.read(name)
        selector.image = reader.read(image)
        selector.labels = reader.read(labels) ?? StringMap()
        selector.pod = reader.read(pod)
        selector.namespace = reader.read(namespace)
        selector.runtime = reader.read(runtime)
        return selector
    }
}
