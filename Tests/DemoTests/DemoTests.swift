import Testing

/// One after the other: each needs the machine for itself.
@Suite("corbel demo", .serialized)
enum DemoTests {}
