// Objects inside a spec: read like the spec itself, with errors that name the whole way.
import FaultModel
import Testing

@Suite struct FieldGroupTests {
    private static let size = Field<Int>("size", "How big.", check: { $0 > 0 ? nil : "must be at least 1" })
    private static let names = Field<[String]>("names", singular: "name", default: [], "Who.")
    private static let group = FieldGroup("box", "A box of things.", example: "size=1", [size.description, names.description])

    private func read(_ spec: JSONValue, lenient: Bool = false) throws -> (size: Int?, normalised: JSONValue) {
        var reader = SpecReader(spec, path: "spec", lenient: lenient)
        let size = reader.read(Self.group) { reader in
            _ = reader.read(Self.names)
            return reader.read(Self.size)
        }
        return (size ?? nil, try reader.finish("a.kind"))
    }

    @Test func membersAreReadAndNormalised() throws {
        let found = try read(["box": ["size": 3]])
        #expect(found.size == 3)
        #expect(found.normalised == ["box": ["names": [], "size": 3]])
        #expect(try read([:]).normalised == [:])
    }

    @Test func formsWriteThemWithDots() throws {
        let found = try read(FormBody.object([("box.size", "3"), ("box.name", "a"), ("box.name", "b")]), lenient: true)
        #expect(found.normalised == ["box": ["names": ["a", "b"], "size": 3]])
    }

    @Test func errorsNameTheWholeWay() throws {
        let wrong = try #require(#expect(throws: Problem.self) { try read(["box": ["size": 0]]) })
        #expect(wrong.type == .invalidField && wrong.errors?.map(\.field) == ["spec.box.size"])
        let unknown = try #require(#expect(throws: Problem.self) { try read(["box": ["sise": 1]]) })
        #expect(unknown.type == .unknownField && unknown.errors?.map(\.field) == ["spec.box.sise"])
        #expect(unknown.errors?.first?.message == "is not a field of box; did you mean size?")
        let text = try #require(#expect(throws: Problem.self) { try read(["box": "3"], lenient: true) })
        #expect(text.errors?.map(\.field) == ["spec.box"] && text.detail.contains("box.size=1"))
    }

    @Test func theSchemaHasThemInside() {
        let schema = [Self.group.description].objectSchema["properties"]?["box"]
        #expect(schema?["additionalProperties"] == false && schema?["properties"]?["size"]?["type"] == "integer")
        #expect(schema?["description"] == "A box of things.")
    }
}
