import CorbelAPI

/// What the parser says of a document that it refuses; `nil` where it accepts it.
func refusal(of bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws -> String? {
    do {
        _ = try JSONValue(parsing: bytes, limits: limits)
        return nil
    } catch let error as JSONError {
        return error.description
    }
}

func refusal(of text: String, limits: JSONLimits = JSONLimits()) throws -> String? {
    try refusal(of: Array(text.utf8), limits: limits)
}
