import APIMachinery
import CorbelAPI

extension ResourceService {
    /// The replica count of an object (autoscaling/v1 Scale).
    func scale(of target: Target) async throws -> JSONValue {
        try scale(of: try await get(target), target)
    }

    private func scale(of object: Unstructured, _ target: Target) throws -> JSONValue {
        guard let scale = ScaleSubresource.scale(of: object, definition: target.definition) else {
            throw APIServer.noSuchPath
        }
        return scale
    }

    func setScale(_ scale: JSONValue, of target: Target, _ context: WriteContext) async throws -> JSONValue {
        try await changeScale(of: target, context, insistsOn: scale) { _ in scale }
    }

    func patchScale(
        _ patch: JSONValue, _ type: PatchType, of target: Target, _ context: WriteContext
    ) async throws -> JSONValue {
        try await changeScale(of: target, context, insistsOn: patch) { current in
            type == .json ? try JSONPatch.apply(patch, to: current) : MergePatch.apply(patch, to: current)
        }
    }

    /// Changes the replica count of the object as it stands, and nothing else of it.
    private func changeScale(
        of target: Target, _ context: WriteContext, insistsOn body: JSONValue, _ wanted: (JSONValue) throws -> JSONValue
    ) async throws -> JSONValue {
        let insists = body["metadata", "resourceVersion"]?.stringValue != nil
        let result = try await change(target, context, insistsOnRevision: insists) { old in
            let scale = try wanted(try self.scale(of: old, target))
            return Change(object: try ScaleSubresource.setting(scale, in: old, definition: target.definition))
        }
        return try scale(of: result.object, target)
    }
}
