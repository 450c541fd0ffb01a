import APIMachinery
import CorbelAPI

extension APIRequest {
    /// The body as JSON, whatever it was sent as.
    ///
    /// - Throws: `unsupportedMediaType` for a form that is not understood, `badRequest` for a body that is not of it.
    func document() throws -> JSONValue {
        let name = MediaType(contentType)?.name ?? "application/json"
        if name == ProtobufBody.mediaType { return try ProtobufBody.decode(body) }
        let isJSON = name.hasSuffix("json") || name == PatchType.apply.rawValue
        guard isJSON else {
            throw StatusError(
                .unsupportedMediaType,
                "the body of the request was in an unknown format (\(name)) - accepted media types include: "
                    + "application/json"
            )
        }
        do {
            return try JSONValue(parsing: body)
        } catch let error as JSONError {
            throw StatusError(.badRequest, "the body is no JSON document: \(error)")
        }
    }
}
