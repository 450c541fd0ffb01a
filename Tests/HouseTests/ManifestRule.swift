/// Holds `Package.swift` to the table: its dependency lists name what the table allows, and no source imports what
/// they leave out.
struct ManifestRule: HouseRule {
    let name = "manifest"
    var layering = Layering.corbel

    func violations(in house: House) -> [Violation] {
        guard let file = house.source("Package.swift") else {
            return [broken(0, "the manifest is missing", "Restore Package.swift")]
        }
        let manifest = Manifest(reading: file)
        let declared = Dictionary(manifest.targets.map { ($0.name, $0) }) { first, _ in first }
        let strays = house.modules.subtracting(declared.keys).sorted().map {
            broken(0, "Sources/\($0) is no target", "Declare it with module(\"\($0)\", […])")
        }
        return strays
            + manifest.unreadable.map { broken($0, "this dependency is no name", "Give it a constant or a string") }
            + manifest.targets.flatMap { arrows(of: $0, in: manifest) }
            + house.sources.flatMap { undeclared(in: $0, declared, manifest) }
    }

    private func arrows(of target: Manifest.Target, in manifest: Manifest) -> [Violation] {
        guard let module = layering.modules[target.name] else {
            return [
                broken(target.line, "target \(target.name) is not in the table", "Give it a level in Layering.swift")
            ]
        }
        return target.dependencies.compactMap { dependency in
            if let product = manifest.products[dependency] {
                return allows(product, module)
                    ? nil : broken(target.line, "\(target.name) must not depend on \(product)", help(product))
            }
            if module.imports.contains(dependency) { return nil }
            return broken(target.line, "\(target.name) must not depend on \(dependency)", "The table does not allow it")
        }
    }

    private func allows(_ product: String, _ module: Layering.Module) -> Bool {
        if layering.shared.contains(product) { return !module.isPure }
        return layering.owner(of: product) == module.name
            || layering.exceptions.contains { $0.library == product && $0.importer == module.name }
    }

    private func help(_ product: String) -> String {
        layering.owner(of: product).map { "Go through \($0), its owner" } ?? "Name its owner in Layering.swift"
    }

    /// Imports that compile only because another target happens to build the module first.
    private func undeclared(
        in file: SourceFile, _ declared: [String: Manifest.Target], _ manifest: Manifest
    ) -> [Violation] {
        guard let target = file.module.flatMap({ declared[$0] }) else { return [] }
        let own = Set(target.dependencies.map { manifest.products[$0] ?? $0 })
        return ImportRule.imports(of: file).filter { layering.modules[$0.module] != nil && !own.contains($0.module) }
            .map {
                Violation(
                    rule: name, path: file.path, line: $0.line,
                    message: "\(target.name) imports \($0.module) undeclared",
                    instead: "Add it to the target in Package.swift")
            }
    }

    private func broken(_ line: Int, _ message: String, _ instead: String) -> Violation {
        Violation(rule: name, path: "Package.swift", line: line, message: message, instead: instead)
    }
}

/// The targets of a manifest that declares them as `module("Name", ["Other", library])` and `program(…)`.
struct Manifest {
    struct Target: Equatable {
        var name: String
        var dependencies: [String]
        var line: Int
    }

    private(set) var targets: [Target] = []
    /// The products behind the constants: `let yams = Target.Dependency.product(name: "Yams", …)`.
    private(set) var products: [String: String] = [:]
    /// The lines of dependencies that are neither a string nor a constant.
    private(set) var unreadable: [Int] = []

    init(reading file: SourceFile) {
        for index in file.tokens.indices {
            readProduct(file.tokens[index...])
            readTarget(file.tokens[index...])
        }
    }

    private mutating func readProduct(_ tokens: ArraySlice<Token>) {
        let words = tokens.prefix(11).map(\.text)
        guard words.count == 11, words[0] == "let" else { return }
        if Array(words[2..<10]) == ["=", "Target", ".", "Dependency", ".", "product", "(", "name"] {
            products[words[1]] = tokens.dropFirst(11).first?.text
        }
    }

    private mutating func readTarget(_ tokens: ArraySlice<Token>) {
        let head = Array(tokens.prefix(3))
        guard head.count == 3, head[0].isWord("module") || head[0].isWord("program"), head[1].isSymbol("("),
            head[2].kind == .string
        else { return }
        var target = Target(name: head[2].text, dependencies: [], line: head[2].line)
        let rest = tokens.dropFirst(3)
        if let list = rest.dropFirst().first, list.isSymbol("[") {
            for token in rest.dropFirst(2).prefix(while: { !$0.isSymbol("]") }) where !token.isSymbol(",") {
                if token.kind == .symbol {
                    unreadable.append(token.line)
                } else {
                    target.dependencies.append(token.text)
                }
            }
        }
        targets.append(target)
    }
}
