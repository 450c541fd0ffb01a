import CorbelAPI

extension ApplySchema {
    /// `live` with the fields of `applied` in it.
    func merge(_ applied: JSONValue, into live: JSONValue) -> JSONValue {
        switch (granularity(of: live), granularity(of: applied)) {
        case (.fields(let old), .fields(let new)):
            var result = old
            for (name, value) in new {
                result[name] = old[name].map { child(.field(name)).merge(value, into: $0) } ?? value
            }
            return .object(result)
        case (.elements(let old), .elements(let new)):
            return .array(mergeLists(new, into: old))
        default: return applied
        }
    }

    private typealias Parts = [(element: PathElement, value: JSONValue)]

    /// Both lists in one: shared elements take the order of `applied`, and the others of `live` stay between those
    /// that they stood between.
    private func mergeLists(_ applied: Parts, into live: Parts) -> [JSONValue] {
        let present = Dictionary(live.map { ($0.element, $0.value) }, uniquingKeysWith: { first, _ in first })
        let wanted = Set(applied.map(\.element))
        var result: [JSONValue] = []
        var next = applied.startIndex
        func takeApplied() {
            let (element, value) = applied[next]
            result.append(present[element].map { child(element).merge(value, into: $0) } ?? value)
            next += 1
        }
        for (element, value) in live {
            if !wanted.contains(element) {
                result.append(value)
            } else if next < applied.endIndex, applied[next].element == element {
                takeApplied()
            }
        }
        while next < applied.endIndex { takeApplied() }
        return result
    }

    /// `value` without the fields of `former` that `kept` holds neither themselves nor by something below them.
    ///
    /// An object or list that this empties goes too, unless it is owned itself. The keys of a list's element stay as
    /// long as the element does.
    func remove(_ former: FieldSet, keeping kept: FieldSet, from value: JSONValue) -> JSONValue? {
        if kept.isEmpty && former.isMember { return nil }
        switch granularity(of: value) {
        case .leaf: return value
        case .fields(var fields):
            guard !fields.isEmpty else { return value }
            for (name, field) in fields {
                guard let part = former.children[.field(name)] else { continue }
                fields[name] = child(.field(name)).remove(part, keeping: kept[.field(name)], from: field)
            }
            return fields.isEmpty && !kept.isMember ? nil : .object(fields)
        case .elements(let elements):
            guard !elements.isEmpty else { return value }
            let rest = elements.compactMap { element, value -> JSONValue? in
                guard let part = former.children[element] else { return value }
                return child(element).remove(part.withoutKeys(of: element), keeping: kept[element], from: value)
            }
            return rest.isEmpty && !kept.isMember ? nil : .array(rest)
        }
    }
}

extension FieldSet {
    fileprivate func withoutKeys(of element: PathElement) -> FieldSet {
        guard case .key(let key) = element else { return self }
        var result = self
        for name in key.keys { result[.field(name)] = FieldSet() }
        return result
    }
}
