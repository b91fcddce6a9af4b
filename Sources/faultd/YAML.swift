// YAML text to a JSONValue by libyaml. Scalars stay strings: what they mean is the reader's to say.
import CYAML
import FaultModel

enum YAML {
    /// - Parameter name: of the file, for messages.
    static func parse(_ text: String, name: String) throws(Problem) -> JSONValue {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw Problem(.internalError, "libyaml could not start") }
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        let bytes = Array(text.utf8)
        let loaded = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return yaml_parser_load(&parser, &document)
        }
        guard loaded == 1 else { throw complaint(parser, name) }
        defer { yaml_document_delete(&document) }
        guard let root = yaml_document_get_root_node(&document) else { return .object([]) }
        return try value(root, in: &document, name: name, depth: 0)
    }

    private static let deepest = 16

    private static func value(_ node: UnsafeMutablePointer<yaml_node_t>, in document: inout yaml_document_t, name: String, depth: Int) throws(Problem)
        -> JSONValue
    {
        guard depth < deepest else { throw Problem(.badRequest, "\(name): nested more than \(deepest) deep") }
        switch node.pointee.type {
        case YAML_SCALAR_NODE: return scalar(node.pointee)
        case YAML_SEQUENCE_NODE:
            var items: [JSONValue] = []
            for item in pointers(node.pointee.data.sequence.items.start, node.pointee.data.sequence.items.top) {
                items.append(try child(item, in: &document, name: name, depth: depth))
            }
            return .array(items)
        case YAML_MAPPING_NODE:
            var members: [JSONValue.Member] = []
            for pair in pointers(node.pointee.data.mapping.pairs.start, node.pointee.data.mapping.pairs.top) {
                let key = try child(pair.key, in: &document, name: name, depth: depth)
                guard case .string(let text) = key else { throw Problem(.badRequest, "\(name): a key must be text, not \(key.typeName)") }
                guard !members.contains(where: { $0.key == text }) else { throw Problem(.badRequest, "\(name): the key \(text) is there twice") }
                members.append(.init(text, try child(pair.value, in: &document, name: name, depth: depth)))
            }
            return .object(members)
        default: return .null
        }
    }

    private static func child(_ index: Int32, in document: inout yaml_document_t, name: String, depth: Int) throws(Problem) -> JSONValue {
        guard let node = yaml_document_get_node(&document, index) else { return .null }
        return try value(node, in: &document, name: name, depth: depth + 1)
    }

    private static func scalar(_ node: yaml_node_t) -> JSONValue {
        let text = node.data.scalar
        let string = String(decoding: UnsafeBufferPointer(start: text.value, count: text.length), as: UTF8.self)
        let isPlain = text.style == YAML_PLAIN_SCALAR_STYLE
        return isPlain && ["", "~", "null"].contains(string) ? .null : .string(string)
    }

    private static func pointers<T>(_ start: UnsafeMutablePointer<T>?, _ top: UnsafeMutablePointer<T>?) -> [T] {
        guard let start, let top else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: top - start))
    }

    private static func complaint(_ parser: yaml_parser_t, _ name: String) -> Problem {
        let what = parser.problem.map { String(cString: $0) } ?? "not YAML"
        return Problem(.badRequest, "\(name): line \(parser.problem_mark.line + 1), column \(parser.problem_mark.column + 1): \(what)")
    }
}
