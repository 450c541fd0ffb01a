/// What must be true of the table itself.
extension Layering {
    func soundness() -> [Violation] {
        modules.values.sorted { $0.name < $1.name }.flatMap { arrows(of: $0) + cycle(at: $0.name) } + agent()
    }

    private func arrows(of module: Module) -> [Violation] {
        module.imports.sorted().flatMap { name -> [Violation] in
            guard let target = modules[name] else {
                return [
                    broken(
                        "\(module.name) may import \(name), which the table does not know", "Add it or drop the arrow")
                ]
            }
            var found: [Violation] = []
            if target.level > module.level {
                found.append(broken("\(module.name) reaches up to \(name)", "Move what both need down a level"))
            }
            if module.isPure && !target.isPure {
                found.append(broken("\(module.name) is pure and may import \(name), which is not", "Pass a value in"))
            }
            return found
        }
    }

    private func cycle(at name: String) -> [Violation] {
        let behind = modules[name]?.imports ?? []
        guard behind.contains(where: { reachable(from: $0).contains(name) }) else { return [] }
        return [broken("\(name) reaches itself", "Move what both need into a module below")]
    }

    private func agent() -> [Violation] {
        reachable(from: "corbel-agent").sorted().filter { modules[$0]?.bringsFoundation == true }.map {
            broken("corbel-agent links \($0), which brings all of Foundation", "Keep it behind the centre's modules")
        }
    }

    private func broken(_ message: String, _ instead: String) -> Violation {
        Violation(
            rule: "layering", path: "Tests/HouseTests/Layering.swift", line: 0, message: message, instead: instead)
    }
}
