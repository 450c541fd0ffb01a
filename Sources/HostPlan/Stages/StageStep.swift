import CorbelAPI

/// Turns one step of a stage into host steps.
enum StageStep {
    static let commandTimeout: Duration = .seconds(600)

    private static let keys: Set<String> = [
        "name", "if", "only_os", "files", "directories", "commands", "hostname", "users", "authorized_keys",
        "timesyncd",
    ]

    static func steps(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        item.refuseUnknown(keys, &errors)
        let conditions = conditions(item, &errors)
        let label = item.text("name", &errors) ?? item.path
        var steps = directories(item, &errors) + files("files", item, &errors)
        steps += commands("commands", item, &errors) + hostname(item, &errors)
        steps += usersByName(item, &errors) + keysByUser(item, &errors) + timeServers(item, &errors)
        return steps.map { step in
            var named = relaxed(step, onlyIf: conditions)
            named.name = "\(label): \(step.name)"
            return named
        }
    }

    /// cloud-init's order of modules: files, users and their keys, then commands.
    static func cloudInitBoot(_ document: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        var steps = files("write_files", document, &errors)
        let users = document.items("users", &errors)
        // cloud-init's word for the distribution's own user; this host has none.
        for item in users where item.json.stringValue != "default" {
            steps += user(item, name: item.text("name", &errors), &errors)
        }
        let keys = document.texts("ssh_authorized_keys", &errors)
        if !keys.isEmpty { steps.append(HostStep("keys of root", .authorizeKeys(user: "root", keys: keys))) }
        return steps + commands("runcmd", document, &errors)
    }

    static func hostname(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        guard let child = item.child("hostname"), let name = child.text(&errors) else { return [] }
        let isValid = name.utf8.count <= 253 && name.wholeMatch(of: /[a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?/) != nil
        if !isValid {
            errors.append(.invalid(child.path, child.json, "must be a host name of letters, digits, `-` and `.`"))
        }
        return isValid ? [HostStep("hostname \(name)", .setHostname(name))] : []
    }

    /// The section `[Time]` of timesyncd.conf(5), and a restart of the service that reads it.
    private static func timeServers(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        guard let child = item.child("timesyncd") else { return [] }
        let settings = child.fields(&errors).compactMap { field in
            field.value.text(&errors).map { "\(field.key)=\($0)" }
        }
        let text = "[Time]\n" + settings.map { $0 + "\n" }.joined()
        let file = HostFile(path: "/etc/systemd/timesyncd.conf", content: Array(text.utf8), mode: 0o644)
        return [
            HostStep("time servers", .writeFile(file)),
            HostStep("restart timesyncd", .restartService("systemd-timesyncd")),
        ]
    }

    static func relaxed(_ step: HostStep, onlyIf conditions: [HostCondition]) -> HostStep {
        var relaxed = step
        relaxed.onlyIf = conditions
        relaxed.mayFail = true
        return relaxed
    }

    private static func conditions(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostCondition] {
        let shell = item.text("if", &errors).map(HostCondition.shell)
        let os = item.text("only_os", &errors).map { HostCondition.osName(matches: $0) }
        return [shell, os].compactMap { $0 }
    }

    private static func commands(_ key: String, _ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        item.items(key, &errors).compactMap { command in
            // cloud-init also takes a list, which is a program and its arguments.
            if command.json.arrayValue != nil {
                let words = command.items(&errors).compactMap { $0.text(&errors) }
                return words.isEmpty ? nil : HostStep("run \(words[0])", .run(words, timeout: commandTimeout))
            }
            return command.text(&errors).map { HostStep("command", .shell($0, timeout: commandTimeout)) }
        }
    }

    private static func directories(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        item.items("directories", &errors).compactMap { directory in
            directory.refuseUnknown(["path", "permissions"], &errors)
            let mode = mode(directory, &errors) ?? 0o755
            return path(directory, &errors).map { HostStep("directory \($0)", .makeDirectory(path: $0, mode: mode)) }
        }
    }

    private static func files(_ key: String, _ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        item.items(key, &errors).compactMap { file in
            file.refuseUnknown(["path", "permissions", "owner", "content", "encoding"], &errors)
            guard let path = path(file, &errors), let content = content(file, &errors) else { return nil }
            let mode = mode(file, &errors) ?? 0o644
            let owner = file.text("owner", &errors)
            return HostStep(
                "file \(path)", .writeFile(HostFile(path: path, content: content, mode: mode, owner: owner)))
        }
    }

    private static func path(_ item: FieldReader, _ errors: inout [FieldError]) -> String? {
        guard let child = item.child("path") else {
            errors.append(.required("\(item.path).path", "an absolute path"))
            return nil
        }
        guard let path = child.text(&errors) else { return nil }
        if path.hasPrefix("/"), !path.split(separator: "/").contains("..") { return path }
        errors.append(.invalid(child.path, child.json, "must be an absolute path without `..`"))
        return nil
    }

    /// The contents of a file may be secret, so no error repeats them.
    private static func content(_ file: FieldReader, _ errors: inout [FieldError]) -> [UInt8]? {
        let text = file.text("content", &errors) ?? ""
        switch file.text("encoding", &errors) {
        case nil, "", "text/plain": return Array(text.utf8)
        case "b64", "base64":
            if let bytes = Base64.decode(text.filter { $0 != " " && $0 != "\t" }) { return bytes }
            errors.append(FieldError(.invalid, "\(file.path).content", "must be base64, as `encoding` says"))
        case let encoding?:
            errors.append(
                FieldError(.notSupported, "\(file.path).encoding", value: .string(encoding), "supported: b64, base64"))
        }
        return nil
    }

    /// `permissions` as a number is what YAML 1.1 made of `0644`, and as a text it is octal.
    private static func mode(_ item: FieldReader, _ errors: inout [FieldError]) -> Int? {
        guard let child = item.child("permissions") else { return nil }
        let mode =
            child.json.intValue ?? child.json.stringValue.flatMap { Int($0.drop(while: { $0 == "o" }), radix: 8) }
        if let mode, (0...0o7777).contains(mode) { return mode }
        errors.append(.invalid(child.path, child.json, "must be octal permission bits, such as \"0644\""))
        return nil
    }
}
