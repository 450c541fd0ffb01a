import Effects
import Synchronization

/// Devices in memory that lose their power in the midst of a write.
final class TornDisk: DeviceStore {
    struct PowerCut: Error {}

    private struct State {
        var devices: [String: [UInt8]]
        var open: Set<String> = []
        var writeCount = 0
        var cut: (write: Int, keeping: Double)?
        var isDown = false
    }

    private let state: Mutex<State>

    init(_ devices: [String: [UInt8]]) { state = Mutex(State(devices: devices)) }

    var writeCount: Int { state.withLock { $0.writeCount } }

    subscript(path: String) -> [UInt8] {
        get { state.withLock { $0.devices[path] ?? [] } }
        set { state.withLock { $0.devices[path] = newValue } }
    }

    /// Cuts the power in a write, counted from now, of which only a share of the first bytes reaches the medium.
    func cutPower(inWrite number: Int, keeping share: Double) {
        state.withLock { $0.cut = ($0.writeCount + number, share) }
    }

    /// Brings the machine up again: what is on the medium stays, and nothing is open.
    func restorePower() {
        state.withLock { state in
            state.cut = nil
            state.isDown = false
            state.open = []
        }
    }

    func open(_ path: String, for access: DeviceAccess) async throws -> any BlockDevice {
        try state.withLock { state in
            if state.isDown { throw PowerCut() }
            guard let bytes = state.devices[path] else { throw EffectError(.notFound, "there is no \(path)") }
            if access == .writing, !state.open.insert(path).inserted {
                throw EffectError(.busy, "\(path) is in use")
            }
            return Device(disk: self, path: path, byteCount: Int64(bytes.count), access: access)
        }
    }

    private struct Device: BlockDevice {
        let disk: TornDisk
        let path: String
        let byteCount: Int64
        let access: DeviceAccess

        func read(at offset: Int64, count: Int) async throws -> [UInt8] {
            try disk.state.withLock { state in
                if state.isDown { throw PowerCut() }
                return Array((state.devices[path] ?? [])[Int(offset)..<Int(offset) + count])
            }
        }

        func write(_ bytes: [UInt8], at offset: Int64) async throws {
            try disk.state.withLock { state in
                if state.isDown { throw PowerCut() }
                guard access == .writing else { throw EffectError(.permission, "\(path) is open for reading") }
                state.writeCount += 1
                let isCut = state.cut?.write == state.writeCount
                let kept = isCut ? Int(Double(bytes.count) * (state.cut?.keeping ?? 1)) : bytes.count
                state.devices[path]?.replaceSubrange(Int(offset)..<Int(offset) + kept, with: bytes[..<kept])
                if isCut {
                    state.isDown = true
                    throw PowerCut()
                }
            }
        }

        func forgetCache() async throws {}

        func close() async { if access == .writing { disk.state.withLock { _ = $0.open.remove(path) } } }
    }
}
