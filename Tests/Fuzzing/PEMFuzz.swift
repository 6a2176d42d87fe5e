// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// A PEM file, whatever its bytes, and the certificates in it: what is said of it can be shown, and no block holds more than
/// the file.
enum PEMFuzz {
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// Characters of what names a block and of why it is broken.
    private static let longestText = 400
    private static let term = CertificateTerm(
        serialNumber: "01", notBefore: Timestamp(milliseconds: 0), notAfter: Timestamp(milliseconds: 1))

    static func check(_ input: [UInt8]) throws(Violation) {
        let file: PEMFile
        do {
            file = try PEMFile(input)
        } catch {
            return try checkText(error.description, "the broken block")
        }
        var (size, line) = (0, 0)
        for (index, block) in file.blocks.enumerated() {
            try checkText(block.place.description, "the block")
            try require(block.place.number == index + 1 && block.place.line > line, "\(block.place) after line \(line)")
            try require(!block.contents.isEmpty, "\(block.place) is empty")
            (size, line) = (size + block.contents.count, block.place.line)
            try checkContents(block.contents)
        }
        try require(size <= input.count, "\(size) bytes in a file of \(input.count)")
        guard !input.starts(with: byteOrderMark) else { return }
        let marked = try? PEMFile(byteOrderMark + input)
        try require(marked?.blocks == file.blocks, "a byte order mark changes the blocks")
    }

    private static func checkContents(_ contents: [UInt8]) throws(Violation) {
        _ = BinaryForm(contents)
        let bits = RSAKeySize.bits(inCertificate: contents) ?? 0
        try require((0...8 * contents.count).contains(bits), "a key of \(bits) bits in \(contents.count) bytes")
        guard let facts = CertificateFacts(der: contents, term: term) else { return }
        for name in [facts.subjectName, facts.issuerName, facts.unknownExtension ?? ""] {
            try checkText(name, "a name of the certificate")
        }
    }

    private static func checkText(_ text: String, _ name: String) throws(Violation) {
        try require(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(name): \(text.debugDescription)")
        try require(text.utf8.count <= longestText, "\(name) has \(text.utf8.count) characters")
    }
}
