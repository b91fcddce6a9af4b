// Which documents hold free-form JSON whose order is worth keeping.
import FaultModel

/// A document whose free-form parts are taken again from JSON that kept its order.
protocol OrderedParts {
    func taking(_ json: JSONValue) -> Self
}

extension FaultDocument: OrderedParts {
    func taking(_ json: JSONValue) -> Self {
        var copy = self
        copy.spec = json["spec"] ?? spec
        return copy
    }
}

extension EndedDocument: OrderedParts {
    func taking(_ json: JSONValue) -> Self { EndedDocument(items: ListDocument(items).taking(json).items, refused: refused) }
}

extension PlanDocument: OrderedParts {
    func taking(_ json: JSONValue) -> Self {
        var copy = self
        copy.spec = json["spec"] ?? spec
        return copy
    }
}

extension KindDocument: OrderedParts {
    func taking(_ json: JSONValue) -> Self {
        var copy = self
        copy.schema = json["schema"] ?? schema
        for (index, example) in (json["examples"]?.arrayValue ?? []).enumerated() where copy.examples.indices.contains(index) {
            copy.examples[index].spec = example["spec"] ?? copy.examples[index].spec
        }
        return copy
    }
}

extension ListDocument: OrderedParts where Item: OrderedParts {
    func taking(_ json: JSONValue) -> Self {
        var copy = self
        for (index, item) in (json["items"]?.arrayValue ?? []).enumerated() where copy.items.indices.contains(index) {
            copy.items[index] = copy.items[index].taking(item)
        }
        return copy
    }
}
