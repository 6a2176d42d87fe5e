// SPDX-License-Identifier: Apache-2.0

/// The parts of a certificate that decide whether a chain verifies (RFC 5280).
///
/// Signatures are not looked at: they are the TLS library's to verify.
package struct CertificateFacts: Equatable, Sendable {
    package let term: CertificateTerm
    /// Distinguished names in DER.
    package let subject: [UInt8]
    package let issuer: [UInt8]
    /// The common name, or what stands in its place, in printable ASCII.
    package let subjectName: String
    package let issuerName: String
    /// Whether it may stand between an authority and another certificate.
    let isAuthority: Bool
    /// Whether its key may sign certificates.
    let maySign: Bool
    /// Whether its key may be used by a TLS server.
    let mayKeyServe: Bool
    /// Whether its extended key usage, where there is one, allows TLS servers.
    let isForServers: Bool
    /// The first critical extension that the TLS library does not know, such as `1.2.3.4`.
    let unknownExtension: String?
    private let keyIdentifier: [UInt8]?
    private let issuerKeyIdentifier: [UInt8]?

    package var serialNumber: String { term.serialNumber }

    /// Whether it says of itself that it is its own issuer.
    var isSelfIssued: Bool { canHaveIssued(self) }

    /// Whether it carries the issuer's name of another certificate.
    func hasIssuerName(of certificate: CertificateFacts) -> Bool {
        subject == certificate.issuer
    }

    /// Whether it can have issued another certificate: by its name, its key's identifier and its key's usage.
    func canHaveIssued(_ certificate: CertificateFacts) -> Bool {
        guard hasIssuerName(of: certificate), maySign else { return false }
        guard let wanted = certificate.issuerKeyIdentifier, let keyIdentifier else { return true }
        return wanted == keyIdentifier
    }

    /// - Parameters:
    ///   - der: the whole certificate. Nil when it cannot be understood.
    ///   - term: of the same certificate.
    package init?(der: [UInt8], term: CertificateTerm) {
        var outer = DERReader(der[...])
        guard var certificate = outer.enter(.sequence), var body = certificate.enter(.sequence) else { return nil }
        let hasVersion = body.read(.version) != nil
        guard body.read(.integer) != nil, body.read(.sequence) != nil, let issuer = body.readAny()?.whole,
            body.read(.sequence) != nil, let subject = body.readAny()?.whole, body.read(.sequence) != nil
        else { return nil }
        var extensions = Extensions()
        // Two unique identifiers may come first.
        while !body.isAtEnd {
            if var list = body.read(.extensions).map(DERReader.init) {
                extensions.read(&list)
                break
            }
            guard body.readAny() != nil else { return nil }
        }
        self.term = term
        (self.subject, self.issuer) = (Array(subject), Array(issuer))
        subjectName = DistinguishedName.text(subject)
        issuerName = DistinguishedName.text(issuer)
        maySign = extensions.keyUsage.map { $0 & KeyUsage.certificateSigning != 0 } ?? true
        mayKeyServe = extensions.keyUsage.map { $0 & KeyUsage.tls != 0 } ?? true
        // One of version 1 has no extensions; only a root may be one.
        isAuthority = maySign && (extensions.isAuthority ?? (!hasVersion && subject.elementsEqual(issuer)))
        isForServers = extensions.purposes?.contains(Extensions.serverPurpose) ?? true
        unknownExtension = extensions.unknown
        keyIdentifier = extensions.keyIdentifier
        issuerKeyIdentifier = extensions.issuerKeyIdentifier
    }
}

/// Bits of the first byte of keyUsage.
private enum KeyUsage {
    static let certificateSigning: UInt8 = 0x04
    /// digitalSignature, keyEncipherment or keyAgreement.
    static let tls: UInt8 = 0xA8
}

/// The extensions that matter here.
private struct Extensions {
    /// 1.3.6.1.5.5.7.3.1, serverAuth.
    static let serverPurpose: [UInt8] = [0x2B, 6, 1, 5, 5, 7, 3, 1]
    /// The last number of 2.5.29.* that the TLS library handles when they are critical: keyUsage, subjectAltName,
    /// basicConstraints, nameConstraints, certificatePolicies, policyMappings, policyConstraints, extKeyUsage,
    /// inhibitAnyPolicy.
    private static let known: Set<UInt8> = [15, 17, 19, 30, 32, 33, 36, 37, 54]
    private static let arc: [UInt8] = [0x55, 0x1D]

    /// Nil without basicConstraints.
    var isAuthority: Bool?
    var keyUsage: UInt8?
    var purposes: [[UInt8]]?
    var keyIdentifier: [UInt8]?
    var issuerKeyIdentifier: [UInt8]?
    var unknown: String?

    mutating func read(_ outer: inout DERReader) {
        guard var list = outer.enter(.sequence) else { return }
        while var one = list.enter(.sequence) {
            guard let identifier = one.read(.objectIdentifier) else { continue }
            let isCritical = one.read(.boolean).map { $0.first ?? 0 != 0 } ?? false
            guard let value = one.read(.octetString) else { continue }
            let number = identifier.starts(with: Self.arc) && identifier.count == 3 ? identifier.last : nil
            if isCritical, unknown == nil, !(number.map(Self.known.contains) ?? false) {
                unknown = ObjectIdentifier.text(identifier)
            }
            if let number { note(number, DERReader(value)) }
        }
    }

    private mutating func note(_ number: UInt8, _ value: DERReader) {
        var value = value
        switch number {
        case 14:
            keyIdentifier = value.read(.octetString).map(Array.init)
        case 15:
            // The first byte counts unused bits.
            keyUsage = value.read(.bitString)?.dropFirst().first ?? 0
        case 19:
            var constraints = value.enter(.sequence)
            isAuthority = constraints?.read(.boolean).map { $0.first ?? 0 != 0 } ?? false
        case 35:
            var identifier = value.enter(.sequence)
            issuerKeyIdentifier = identifier?.read(.keyIdentifier).map(Array.init)
        case 37:
            var found: [[UInt8]] = []
            var list = value.enter(.sequence)
            while let purpose = list?.read(.objectIdentifier) { found.append(Array(purpose)) }
            purposes = found
        default:
            break
        }
    }
}

/// A name of an X.501 directory.
private enum DistinguishedName {
    /// Characters that are shown.
    private static let limit = 64
    /// commonName, organizationalUnitName and organizationName: what names it best comes first.
    private static let attributes: [[UInt8]] = [[0x55, 4, 3], [0x55, 4, 11], [0x55, 4, 10]]

    static func text(_ der: ArraySlice<UInt8>) -> String {
        var found: [[UInt8]: ArraySlice<UInt8>] = [:]
        var outer = DERReader(der)
        var sets = outer.enter(.sequence)
        while let set = sets?.readAny()?.contents {
            var members = DERReader(set)
            while var pair = members.enter(.sequence) {
                guard let attribute = pair.read(.objectIdentifier), let value = pair.readAny()?.contents else { break }
                found[Array(attribute)] = value
            }
        }
        let best = attributes.lazy.compactMap { found[$0] }.first { !$0.isEmpty }
        return best.map { EscapedBytes.text($0, limit: limit) } ?? "without a name"
    }
}

private enum ObjectIdentifier {
    /// Numbers that are shown.
    private static let limit = 20

    /// Such as `2.5.29.15` (X.690 section 8.19).
    static func text(_ der: ArraySlice<UInt8>) -> String {
        var numbers: [UInt64] = []
        var number: UInt64 = 0
        for byte in der {
            number = number << 7 | UInt64(byte & 0x7F)
            guard byte < 0x80 else { continue }
            if numbers.isEmpty {
                let first = min(number / 40, 2)
                numbers = [first, number - first * 40]
            } else {
                numbers.append(number)
            }
            number = 0
        }
        return numbers.prefix(limit).map(String.init).joined(separator: ".")
    }
}

/// How long the RSA key of a certificate is, read from the certificate's DER form (RFC 5280 section 4.1, RFC 8017).
///
/// It reads no further than it must, and answers nil for what it does not understand: whether the certificate is well
/// formed is the TLS library's to judge.
package enum RSAKeySize {
    /// Bits that an RSA key must have: what is shorter has not been allowed since 2014 (NIST SP 800-131A).
    package static let leastBits = 2048

    /// Object identifiers of RSA and of RSASSA-PSS keys, as DER has them.
    private static let algorithms: [[UInt8]] = [1, 10].map { [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, $0] }

    /// Bits of the certificate's RSA key; nil when its key is of another kind.
    package static func bits(inCertificate der: [UInt8]) -> Int? {
        var outer = DERReader(der[...])
        guard var certificate = outer.read(.sequence).map(DERReader.init),
            var body = certificate.read(.sequence).map(DERReader.init)
        else { return nil }
        // The version may be absent; serial number, signature, issuer, validity and subject come before the key.
        _ = body.read(.version)
        guard body.read(.integer) != nil else { return nil }
        for _ in 0..<4 where body.read(.sequence) == nil { return nil }
        guard var information = body.read(.sequence).map(DERReader.init),
            var algorithm = information.read(.sequence).map(DERReader.init),
            let identifier = algorithm.read(.objectIdentifier), algorithms.contains(Array(identifier)),
            // The first byte counts unused bits.
            let key = information.read(.bitString)?.dropFirst()
        else { return nil }
        return bits(inKey: key)
    }

    private static func bits(inKey der: ArraySlice<UInt8>) -> Int? {
        var outer = DERReader(der)
        guard var key = outer.read(.sequence).map(DERReader.init),
            let modulus = key.read(.integer)?.drop(while: { $0 == 0 }), let first = modulus.first
        else { return nil }
        return modulus.count * 8 - first.leadingZeroBitCount
    }
}

/// Reads one element of DER after the other (X.690).
struct DERReader {
    /// The tags that are asked for.
    enum Tag: UInt8 {
        case boolean = 0x01
        case integer = 0x02
        case bitString = 0x03
        case octetString = 0x04
        case objectIdentifier = 0x06
        case sequence = 0x30
        /// `[0]` of a certificate.
        case version = 0xA0
        /// `[3]` of a certificate.
        case extensions = 0xA3
        /// `[0]` of an authority key identifier.
        case keyIdentifier = 0x80
    }

    /// Bytes that a length in more than one byte may have.
    private static let lengthBytes = 4

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// Whether everything was read.
    var isAtEnd: Bool { rest.isEmpty }

    /// The contents of the next element; nil, and nothing is read, when that has another tag or is not whole.
    mutating func read(_ tag: Tag) -> ArraySlice<UInt8>? {
        guard rest.first == tag.rawValue else { return nil }
        return readAny()?.contents
    }

    /// A reader of the next element's contents; nil as with `read`.
    mutating func enter(_ tag: Tag) -> DERReader? {
        read(tag).map(DERReader.init)
    }

    /// The next element with any tag, its contents and all of its bytes; nil, and nothing is read, when it is not
    /// whole.
    mutating func readAny() -> (contents: ArraySlice<UInt8>, whole: ArraySlice<UInt8>)? {
        var bytes = rest
        guard bytes.popFirst() != nil, let length = Self.length(&bytes), length <= bytes.count else { return nil }
        let contents = bytes.prefix(length)
        let whole = rest.prefix(upTo: contents.endIndex)
        rest = bytes.dropFirst(length)
        return (contents, whole)
    }

    private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.popFirst() else { return nil }
        guard first >= 0x80 else { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...lengthBytes).contains(count), bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
    }
}

/// What a file of bytes holds where PEM was wanted, by its outermost DER elements. The rest is not looked at.
package enum BinaryForm: Equatable, Sendable {
    case certificate
    /// PKCS#8, PKCS#1 or EC, encrypted or not.
    case privateKey
    case pkcs12

    /// `version` of a PKCS#12 archive (RFC 7292 section 4).
    private static let pkcs12Version: [UInt8] = [3]

    /// Nil when `bytes` are none of these.
    package init?(_ bytes: [UInt8]) {
        var outer = DERReader(bytes[...])
        guard var body = outer.enter(.sequence) else { return nil }
        if let version = body.read(.integer) {
            let isArchive = Array(version) == Self.pkcs12Version && body.read(.sequence) != nil
            self = isArchive ? .pkcs12 : .privateKey
        } else if var first = body.enter(.sequence) {
            // An encrypted key begins with its algorithm, a certificate with its version or serial number.
            let isKey = first.read(.objectIdentifier) != nil && body.read(.octetString) != nil
            self = isKey ? .privateKey : .certificate
        } else {
            return nil
        }
    }
}
