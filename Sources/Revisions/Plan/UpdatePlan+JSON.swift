public import CorbelAPI

extension UpdatePlan {
    /// The plan as it stands in `ClusterUpdate.spec.plan` and as `corbel plan -o json` prints it: `{cluster,
    /// fromRevision?, toRevision, impact, layers: [{layer, profile, type, change, from?, to?, impact, changes:
    /// [{path, from?, to?, impact, rule: {id, text, source}, hosts: [name]}]}], variables, hosts: [{name, pool, role,
    /// impact, from?}], warnings: [{reason, message}], irreversible: [text], downtime?}`. Layers without a change are
    /// left out.
    public var json: JSONValue {
        var json: JSONValue = [
            "cluster": .string(clusterName), "toRevision": .string(toRevision), "impact": .string(impact.rawValue),
            "layers": .array(diff.layers.filter { $0.kind != .unchanged }.map(layerJSON)),
            "variables": .array(diff.variables.map(\.json)), "hosts": .array(hosts.map(\.json)),
            "warnings": .array(warnings.map { ["reason": .string($0.reason), "message": .string($0.message)] }),
            "irreversible": JSONValue(irreversible),
        ]
        json["fromRevision"] = fromRevision.map { .string($0) }
        json["downtime"] = downtime.map { .string($0) }
        return json
    }

    /// Reads a plan with its hosts and their impacts as they were decided when it was made; its warnings are left out.
    public init(json: JSONValue, from: ClusterRevision, to: ClusterRevision) {
        clusterName = json["cluster"]?.stringValue ?? to.clusterName
        fromRevision = json["fromRevision"]?.stringValue
        toRevision = to.name
        diff = RevisionDiff(from: from, to: to)
        hosts = (json["hosts"]?.arrayValue ?? []).compactMap(HostImpact.init(json:))
        warnings = []
        irreversible = json["irreversible"]?.stringList ?? []
        downtime = json["downtime"]?.stringValue
    }

    private func layerJSON(_ layer: LayerDiff) -> JSONValue {
        var json: JSONValue = [
            "layer": .string(layer.layer), "profile": .string(layer.profile), "type": .string(layer.type.rawValue),
            "change": .string(layer.kind.rawValue), "impact": .string(layer.impact.rawValue),
            "changes": .array(layer.changes.map(changeJSON)),
        ]
        json["from"] = layer.from.map { .string($0) }
        json["to"] = layer.to.map { .string($0) }
        return json
    }

    private func changeJSON(_ change: RevisionChange) -> JSONValue {
        var json: JSONValue = [
            "path": .string(change.path), "impact": .string(change.impact.rawValue),
            "rule": [
                "id": .string(change.rule.id), "text": .string(change.rule.text), "source": .string(change.rule.source),
            ],
            "hosts": JSONValue(hosts(touchedBy: change)),
        ]
        json["from"] = change.from
        json["to"] = change.to
        return json
    }
}

extension VariableChange {
    fileprivate var json: JSONValue {
        var json: JSONValue = ["profile": .string(profile), "name": .string(name)]
        json["from"] = from
        json["to"] = to
        return json
    }
}

extension UpdatePlan.HostImpact {
    var json: JSONValue {
        var json: JSONValue = [
            "name": .string(host.name), "pool": .string(host.pool), "role": .string(host.role.rawValue),
            "impact": .string(impact.rawValue),
        ]
        json["from"] = from.map { .string($0) }
        return json
    }

    /// Reads a host of a plan's JSON.
    public init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, let role = json["role"]?.stringValue.flatMap(HostPool.Role.init),
            let impact = json["impact"]?.stringValue.flatMap(Impact.init)
        else { return nil }
        host = RolloutHost(name: name, pool: json["pool"]?.stringValue ?? "", role: role)
        self.impact = impact
        from = json["from"]?.stringValue
    }
}

extension ClusterUpdate {
    /// The highest impact of the plan's changes.
    public var plannedImpact: Impact { plan["impact"]?.stringValue.flatMap(Impact.init) ?? .noOp }

    /// The plan's hosts in the order of the rollout.
    public var plannedHosts: [UpdatePlan.HostImpact] {
        (plan["hosts"]?.arrayValue ?? []).compactMap(UpdatePlan.HostImpact.init(json:))
    }
}
