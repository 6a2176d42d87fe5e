// SPDX-License-Identifier: Apache-2.0

/// The blocks of a PEM file (RFC 7468), found as openssl(1) finds them: a byte order mark, text around the blocks, CR
/// LF and spaces at the end of a line do not matter.
package struct PEMFile: Sendable {
    /// What stands between a BEGIN line and its END line.
    package struct Block: Equatable, Sendable {
        package let place: Place
        /// Lines before the contents, such as `Proc-Type: 4,ENCRYPTED` (RFC 1421).
        package let headers: [String]
        /// The bytes that the Base64 stands for.
        package let contents: [UInt8]

        package var isCertificate: Bool { PEMFile.certificateLabels.contains(place.label) }

        package var isPrivateKey: Bool { place.label.hasSuffix("PRIVATE KEY") }

        /// Whether a password is needed for a private key.
        package var isEncrypted: Bool {
            place.label == "ENCRYPTED PRIVATE KEY" || headers.contains { $0.contains("ENCRYPTED") }
        }
    }

    /// Which block it is.
    package struct Place: Equatable, Sendable, CustomStringConvertible {
        /// The first block is 1.
        package let number: Int
        /// Such as `CERTIFICATE`, in printable ASCII.
        package let label: String
        /// The BEGIN line; the file's first line is 1.
        package let line: Int

        package var description: String { "block \(number) (\(label), line \(line))" }
    }

    /// A block that cannot be read, and why.
    package struct BrokenBlock: Error, Equatable, Sendable, CustomStringConvertible {
        package let place: Place
        package let reason: String

        package init(_ place: Place, _ reason: String) {
            self.place = place
            self.reason = reason
        }

        package var description: String { "\(place): \(reason)" }
    }

    private static let certificateLabels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]
    /// Characters of a label that are shown.
    private static let labelLimit = 40
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let dashes = Array("-----".utf8)

    package let blocks: [Block]

    /// Reads a whole file.
    ///
    /// - Throws: the first block that is broken.
    package init(_ bytes: [UInt8]) throws(BrokenBlock) {
        let text = bytes.dropFirst(bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0)
        var blocks: [Block] = []
        var open: OpenBlock?
        var number = 0
        for (index, bytes) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = Self.trimmed(bytes)
            if let label = Self.label(of: line, after: "BEGIN ") {
                if let open { throw open.broken("it has no END line") }
                number += 1
                open = OpenBlock(place: Place(number: number, label: label, line: index + 1))
            } else if let end = Self.label(of: line, after: "END ") {
                if let block = try open?.closed(by: end) { blocks.append(block) }
                open = nil
            } else {
                try open?.add(line, number: index + 1)
            }
        }
        if let open { throw open.broken("it has no END line") }
        self.blocks = blocks
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, last <= 0x20 { line.removeLast() }
        return line
    }

    /// The label of a BEGIN or END line; nil for any other line.
    private static func label(of line: ArraySlice<UInt8>, after word: String) -> String? {
        let start = dashes + Array(word.utf8)
        guard line.starts(with: start), line.count >= start.count + dashes.count,
            line.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        return EscapedBytes.text(line.dropFirst(start.count).dropLast(dashes.count), limit: labelLimit)
    }
}

/// A block whose END line was not read yet.
private struct OpenBlock {
    let place: PEMFile.Place
    private var headers: [String] = []
    private var isInHeaders = true
    private var digits: [UInt8] = []
    /// How many `=` stand at the end.
    private var paddingCount = 0
    /// The last line with contents.
    private var lastLine: Int

    init(place: PEMFile.Place) {
        self.place = place
        lastLine = place.line
    }

    func broken(_ reason: String) -> PEMFile.BrokenBlock {
        PEMFile.BrokenBlock(place, reason)
    }

    mutating func add(_ line: ArraySlice<UInt8>, number: Int) throws(PEMFile.BrokenBlock) {
        if isInHeaders {
            if line.contains(UInt8(ascii: ":")) {
                headers.append(String(decoding: line, as: UTF8.self))
                return
            }
            // A header that goes on begins with a space. An empty line ends the headers.
            if !headers.isEmpty, line.first == UInt8(ascii: " ") { return }
            isInHeaders = false
        }
        guard !line.isEmpty else { return }
        lastLine = number
        for byte in line where byte != UInt8(ascii: " ") {
            if byte == UInt8(ascii: "=") {
                digits.append(0)
                paddingCount += 1
            } else if let digit = Self.digit(byte), paddingCount == 0 {
                digits.append(digit)
            } else {
                throw broken("line \(number) is not Base64")
            }
        }
    }

    func closed(by label: String) throws(PEMFile.BrokenBlock) -> PEMFile.Block {
        guard label == place.label else { throw broken("its END line says \(label)") }
        guard digits.count % 4 == 0, paddingCount <= 2, digits.count > paddingCount else {
            throw broken("its Base64 is not whole (up to line \(lastLine))")
        }
        var contents: [UInt8] = []
        contents.reserveCapacity(digits.count / 4 * 3)
        for index in stride(from: 0, to: digits.count, by: 4) {
            let group = digits[index..<index + 4].reduce(UInt32(0)) { $0 << 6 | UInt32($1) }
            contents += [UInt8(group >> 16 & 0xFF), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)]
        }
        return PEMFile.Block(place: place, headers: headers, contents: Array(contents.dropLast(paddingCount)))
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch Unicode.Scalar(byte) {
        case "A"..."Z": byte - UInt8(ascii: "A")
        case "a"..."z": byte - UInt8(ascii: "a") + 26
        case "0"..."9": byte - UInt8(ascii: "0") + 52
        case "+": 62
        case "/": 63
        default: nil
        }
    }
}

/// The first line of a file that holds a secret: the password of a key, the value of a header, or an access token.
package struct SecretLine: Equatable, Sendable {
    /// Bytes of a password: the TLS library has a buffer of 1024 with a NUL at the end, and drops what is longer.
    package static let passwordLimit = 1023
    /// U+FEFF in UTF-8, which some editors put at the start of a text.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let bytes: [UInt8]

    /// - Parameter file: its contents. A byte order mark at its start is no part of the line.
    package init(ofFile file: [UInt8]) {
        let text = file.dropFirst(file.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0)
        bytes = Array(text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    }

    /// The password of an encrypted key.
    ///
    /// At a byte over 0x7F the TLS library ends the process (`CChar` of a `UInt8` in its password callback), so such a
    /// password must never reach it.
    ///
    /// - Throws: in words that follow the file's path.
    package func password(of keyPath: String) throws(InvalidText) -> [UInt8] {
        guard !bytes.isEmpty else {
            throw InvalidText("has an empty first line; needed: the password of \(keyPath)")
        }
        if let index = bytes.firstIndex(where: { $0 > 0x7F }) {
            throw InvalidText(
                "is not ASCII in its first line: byte \(index + 1) is \(hexadecimal(index)); "
                    + "needed: a password of ASCII characters, for example by 'openssl pkey -aes256'")
        }
        guard bytes.count <= Self.passwordLimit else {
            throw InvalidText("has \(bytes.count) bytes in its first line; needed: at most \(Self.passwordLimit)")
        }
        return bytes
    }

    /// The value of an HTTP header (RFC 9110 section 5.5).
    ///
    /// - Throws: in words that follow the file's path.
    package func headerValue() throws(InvalidText) -> String {
        guard bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else {
            throw InvalidText("cannot be sent as a header: its first line is empty")
        }
        if let index = bytes.firstIndex(where: { !HTTPText.isInHeaderValue($0) }) {
            throw InvalidText(
                "cannot be sent as a header: byte \(index + 1) of its first line is \(hexadecimal(index)); "
                    + "needed: visible ASCII and spaces")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// An access token of a Graylog user. Graylog's own are letters and digits; a colon would end it (RFC 7617).
    ///
    /// - Throws: in words that follow the file's path.
    package func token() throws(InvalidText) -> String {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
            throw InvalidText("is none; allowed: visible ASCII without spaces and colons, in the first line")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func hexadecimal(_ index: Int) -> String {
        (bytes[index] < 16 ? "0x0" : "0x") + String(bytes[index], radix: 16, uppercase: true)
    }
}

/// What is wrong with a file that a `tls` section names.
package struct TLSFileProblem: Equatable, Sendable {
    /// The key of `tls` that names the file.
    package enum Key: String, CaseIterable, Sendable {
        case ca, certificate, key
        case keyPassword = "key_password"
    }

    package let key: Key
    package let severity: ConfigurationProblem.Severity
    /// In words that follow the file's path.
    package let text: String

    package init(_ key: Key, _ text: String, severity: ConfigurationProblem.Severity = .error) {
        self.key = key
        self.severity = severity
        self.text = text
    }
}

extension TLSConfiguration {
    /// The file that a key names.
    package subscript(key: TLSFileProblem.Key) -> String? {
        get {
            switch key {
            case .ca: ca
            case .certificate: certificate
            case .key: self.key
            case .keyPassword: keyPassword
            }
        }
        set {
            switch key {
            case .ca: ca = newValue
            case .certificate: certificate = newValue
            case .key: self.key = newValue
            case .keyPassword: keyPassword = newValue
            }
        }
    }
}

/// How the files that a configuration names are looked at. Core opens none itself.
package struct FileInspection: Sendable {
    /// Why the file at a path cannot be read; nil when it can.
    let unreadability: @Sendable (String) -> String?
    /// Why the file at a path is no secret, and what to do; nil when it is one.
    let exposure: @Sendable (String) -> String?
    /// What is wrong with the contents of the files for TLS, loaded as a connection loads them.
    let tlsProblems: @Sendable (TLSConfiguration) -> [TLSFileProblem]
    /// Why the first line of the file at a path cannot be the value of a header; nil when it can.
    let headerProblem: @Sendable (String) -> String?

    package init(
        unreadability: @escaping @Sendable (String) -> String?, exposure: @escaping @Sendable (String) -> String?,
        tlsProblems: @escaping @Sendable (TLSConfiguration) -> [TLSFileProblem] = { _ in [] },
        headerProblem: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.unreadability = unreadability
        self.exposure = exposure
        self.tlsProblems = tlsProblems
        self.headerProblem = headerProblem
    }

    /// Looks at no file.
    package static let none = FileInspection(unreadability: { _ in nil }, exposure: { _ in nil })
}
