import Foundation

/// The package as the rules see it: its files, read once.
struct House: Sendable {
    /// A text file that is no Swift source.
    struct TextFile: Sendable {
        let path: String
        let text: String
    }

    var sources: [SourceFile]
    var texts: [TextFile]
    /// The directories in `Sources`.
    var modules: Set<String>

    init(sources: [SourceFile], texts: [TextFile] = [], modules: Set<String>? = nil) {
        self.sources = sources
        self.texts = texts
        self.modules = modules ?? Set(sources.compactMap(\.module))
    }

    func text(_ path: String) -> String? { texts.first { $0.path == path }?.text }

    func source(_ path: String) -> SourceFile? { sources.first { $0.path == path } }
}

extension House {
    /// The package that this test belongs to.
    static func load(file: String = #filePath) throws -> House {
        let root = URL(fileURLWithPath: file).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var sources: [SourceFile] = []
        var texts: [TextFile] = []
        for path in try paths(under: root) {
            let url = root.appendingPathComponent(path)
            if path.hasSuffix(".swift") {
                sources.append(SourceFile(path: path, text: try String(contentsOf: url, encoding: .utf8)))
            } else if isText(path) {
                texts.append(TextFile(path: path, text: try String(contentsOf: url, encoding: .utf8)))
            }
        }
        return House(
            sources: sources, texts: texts, modules: Set(try directories(in: root.appendingPathComponent("Sources"))))
    }

    private static let textEndings = ["md", "yaml", "yml", "json", "sh", "txt", "html", "css", "js", "toml", "golden"]

    private static func isText(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return true }
        return textEndings.contains(String(name[name.index(after: dot)...]))
    }

    /// What no rule looks at: what is built, downloaded or kept by a tool.
    private static func isIgnored(_ name: String) -> Bool {
        (name.hasPrefix(".") && name != ".ci" && name != ".swift-format")
            || ["bin", "demo-data", "Package.resolved"].contains(name)
    }

    private static func paths(under root: URL) throws -> [String] {
        var found: [String] = []
        var open = [""]
        while let directory = open.popLast() {
            let url = root.appendingPathComponent(directory)
            let keys: [URLResourceKey] = [.isDirectoryKey]
            for entry in try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: keys) {
                let name = entry.lastPathComponent
                if isIgnored(name) { continue }
                let path = directory.isEmpty ? name : "\(directory)/\(name)"
                if isDirectory(entry) { open.append(path) } else { found.append(path) }
            }
        }
        return found.sorted()
    }

    private static func directories(in url: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: [.isDirectoryKey])
            .filter(isDirectory).map(\.lastPathComponent)
    }

    private static func isDirectory(_ url: URL) -> Bool {
        (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
    }
}
