/// Holds every `import` to the table.
struct ImportRule: FileRule {
    let name = "layering"
    var layering = Layering.corbel

    /// Modules that are part of the language.
    private static let language: Set<String> = ["Swift", "_StringProcessing", "_Concurrency"]

    /// Modules that come with the toolchain.
    private static let toolchain: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationInternationalization", "FoundationNetworking", "FoundationXML",
        "Dispatch", "Glibc", "Musl", "Synchronization", "Observation", "RegexBuilder", "Testing", "XCTest",
        "Distributed",
    ]

    func violations(in file: SourceFile) -> [Violation] {
        guard let name = file.module else { return [] }
        guard let module = layering.modules[name] else {
            return [broken(file, 1, "module \(name) is not in the table", "Give it a level in Layering.swift")]
        }
        return Self.imports(of: file).compactMap { imported, line in
            verdict(on: imported, by: module).map { broken(file, line, $0, $1) }
        }
    }

    /// The modules that a file imports, `import struct Module.Name` included.
    static func imports(of file: SourceFile) -> [(module: String, line: Int)] {
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
        return file.tokens.indices.compactMap { index in
            guard file.tokens[index].isWord("import"), index + 1 < file.tokens.count else { return nil }
            var next = index + 1
            if kinds.contains(file.tokens[next].text) && next + 1 < file.tokens.count { next += 1 }
            guard file.tokens[next].kind == .identifier else { return nil }
            return (file.tokens[next].text, file.tokens[index].line)
        }
    }

    /// What is wrong with an import, and what to do instead; `nil` where nothing is.
    private func verdict(on imported: String, by module: Layering.Module) -> (String, String)? {
        if Self.language.contains(imported) { return nil }
        if layering.modules[imported] != nil { return project(imported, by: module) }
        if Self.toolchain.contains(imported) { return standard(imported, by: module) }
        return library(imported, by: module)
    }

    private func project(_ imported: String, by module: Layering.Module) -> (String, String)? {
        if module.imports.contains(imported) { return nil }
        let allowed = module.imports.sorted().joined(separator: ", ")
        return (
            "\(module.name) must not import \(imported)",
            "It may import \(allowed.isEmpty ? "nothing of the project" : allowed)"
        )
    }

    private func standard(_ imported: String, by module: Layering.Module) -> (String, String)? {
        if module.standard.contains(imported) { return nil }
        if module.isPure {
            return ("\(module.name) is pure and must not import \(imported)", "Take a value or write it in Swift")
        }
        if imported == "Foundation" {
            return ("\(module.name) must not import Foundation", "Import FoundationEssentials")
        }
        return ("\(module.name) must not import \(imported)", "Reach it through a protocol of Effects")
    }

    private func library(_ imported: String, by module: Layering.Module) -> (String, String)? {
        if layering.shared.contains(imported) && !module.isPure { return nil }
        if layering.exceptions.contains(where: { $0.library == imported && $0.importer == module.name }) { return nil }
        guard let owner = layering.owner(of: imported) else {
            let instead = module.isPure ? "A pure module has no libraries" : "Name its owner in Layering.swift"
            return ("\(module.name) imports \(imported), which has no owner here", instead)
        }
        return owner == module.name ? nil : ("\(imported) belongs to \(owner)", "Go through \(owner)")
    }

    private func broken(_ file: SourceFile, _ line: Int, _ message: String, _ instead: String) -> Violation {
        Violation(rule: name, path: file.path, line: line, message: message, instead: instead)
    }
}
