import CorbelAPI

extension StageStep {
    private static let userKeys: Set<String> = [
        "name", "passwd", "hashed_passwd", "ssh_authorized_keys", "groups", "primary_group", "shell", "homedir",
        "gecos", "uid",
        "system", "no_create_home", "lock_passwd",
    ]

    /// yip's form: an object whose keys are the users' names.
    static func usersByName(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        guard let users = item.child("users") else { return [] }
        return users.fields(&errors).flatMap { user($0.value, name: $0.key, &errors) }
    }

    /// yip's `authorized_keys`: for users that exist.
    static func keysByUser(_ item: FieldReader, _ errors: inout [FieldError]) -> [HostStep] {
        guard let users = item.child("authorized_keys") else { return [] }
        return users.fields(&errors).map { name, list in
            let keys = list.items(&errors).compactMap { $0.text(&errors) }
            return HostStep("keys of \(name)", .authorizeKeys(user: name, keys: keys))
        }
    }

    static func user(_ item: FieldReader, name: String?, _ errors: inout [FieldError]) -> [HostStep] {
        item.refuseUnknown(userKeys, &errors)
        guard let name else {
            errors.append(.required("\(item.path).name", "the user's name"))
            return []
        }
        guard name.utf8.count <= 32, name.wholeMatch(of: /[a-z_][a-z0-9_-]*/) != nil else {
            errors.append(.invalid("\(item.path).name", .string(name), "must be a user name of a-z, 0-9, `_` and `-`"))
            return []
        }
        return [HostStep("user \(name)", .ensureUser(account(name, item, &errors)))]
    }

    private static func account(_ name: String, _ item: FieldReader, _ errors: inout [FieldError]) -> UserAccount {
        var account = UserAccount(name: name)
        account.passwordHash = passwordHash(item, &errors)
        account.authorizedKeys = item.texts("ssh_authorized_keys", &errors)
        account.groups = groups(item, &errors)
        account.primaryGroup = item.text("primary_group", &errors)
        account.shell = item.text("shell", &errors)
        account.homeDirectory = item.text("homedir", &errors)
        account.gecos = item.text("gecos", &errors)
        account.uid = item.integer("uid", 0...0xFFFF_FFFE, &errors)
        account.isSystem = item.flag("system", &errors) ?? false
        account.createsHome = !(item.flag("no_create_home", &errors) ?? false)
        account.locksPassword = item.flag("lock_passwd", &errors) ?? true
        return account
    }

    /// A password in the clear would be kept in a resource, so only what crypt(5) makes of it is taken. The error does
    /// not repeat the value.
    private static func passwordHash(_ item: FieldReader, _ errors: inout [FieldError]) -> String? {
        for key in ["hashed_passwd", "passwd"] {
            guard let hash = item.text(key, &errors) else { continue }
            if hash.wholeMatch(of: /\$[0-9a-z]+\$[^:\s]+/) != nil { return hash }
            let problem = "must be a hash such as `$6$…`, not a password"
            errors.append(FieldError(.invalid, "\(item.path).\(key)", problem))
        }
        return nil
    }

    /// A list, or cloud-init's text with commas.
    private static func groups(_ item: FieldReader, _ errors: inout [FieldError]) -> [String] {
        guard let text = item.json["groups"]?.stringValue else { return item.texts("groups", &errors) }
        return text.split(separator: ",").map { String($0.filter { $0 != " " }) }
    }
}
