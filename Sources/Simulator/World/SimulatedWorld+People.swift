import CorbelAPI

/// People at a site, who go past the centre and have what they ask for of the site's own API server.
extension SimulatedWorld {
    /// The namespace of what people run by themselves.
    static let ownNamespace = "default"

    mutating func perform(_ act: Act, at site: Int) {
        guard isUp(site: site) else {
            return plan(.act(act, cluster: sites[site].cluster), in: .seconds(30))
        }
        switch act {
        case .run(let name, let pods):
            tell("somebody at \(sites[site].cluster) runs \(pods) pods of \(name)")
            run(name, pods: pods, at: site)
        case .spare(let name, let pods):
            tell("somebody at \(sites[site].cluster) says that \(pods) pods of \(name) may be down")
            var budget = PodDisruptionBudget(namespace: Self.ownNamespace, name: name)
            budget.spec = ["maxUnavailable": JSONValue(pods), "selector": ["matchLabels": ["app": .string(name)]]]
            budget.json["status"] = present(budget, at: site)?.json["status"]
            sites[site].plane.put(budget, now: now)
            acknowledge(budget.key, on: .site(site))
        case .meddle(let name, let pods):
            tell("somebody at \(sites[site].cluster) makes \(name) \(pods) pods")
            sites[site].plane.change(Deployment.self, namespace: name, name: name, now: now) {
                $0.json["spec", "replicas"] = JSONValue(pods)
            }
        case .scale(let pool, let count): scale(pool, to: count, at: site)
        case .cordon(let host): cordon(host, true, at: site)
        case .uncordon(let host): cordon(host, false, at: site)
        default: break
        }
    }

    private func present<Kind: TypedResource>(_ object: Kind, at site: Int) -> Kind? {
        sites[site].plane.get(Kind.self, namespace: object.namespace, name: object.name)
    }

    private mutating func run(_ name: String, pods: Int, at site: Int) {
        var deployment = Deployment(namespace: Self.ownNamespace, name: name)
        deployment.spec = [
            "replicas": JSONValue(pods), "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]],
                "spec": ["containers": [["name": "main", "image": .string(name)]]],
            ],
        ]
        deployment.json["status"] = present(deployment, at: site)?.json["status"]
        sites[site].plane.put(deployment, now: now)
        acknowledge(deployment.key, on: .site(site))
    }

    private mutating func cordon(_ host: String, _ isCordoned: Bool, at site: Int) {
        guard let node = sites[site].plane.get(Node.self, name: host), node.isUnschedulable != isCordoned else {
            return
        }
        tell("somebody at \(sites[site].cluster) \(isCordoned ? "cordons" : "uncordons") \(host)")
        sites[site].plane.change(Node.self, name: host, now: now) { $0.isUnschedulable = isCordoned }
        acknowledge(node.key, on: .site(site))
    }
}
