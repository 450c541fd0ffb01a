import Effects

extension RandomSource {
    /// Five characters to make a `generateName` unique: without vowels and look-alikes, as in Kubernetes.
    func nameSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String(bytes(5).map { alphabet[Int($0) % alphabet.count] })
    }
}
