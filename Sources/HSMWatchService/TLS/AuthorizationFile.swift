// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// The file with the value of a header that authorizes, read off the event loop.
@ServiceLoop
final class AuthorizationFile {
    /// Bytes of the file; Graylog takes 8192 of all headers.
    nonisolated static let limit = 4096

    private nonisolated static let queue = DispatchQueue(label: "hsmwatch.authorization")

    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Answers on the event loop, never at once, the file's first line; or why that cannot be used.
    func load(then answer: @escaping (Result<String, InvalidText>) -> Void) {
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        let path = path
        Self.queue.async {
            let value = Result { () throws(InvalidText) in try Self.value(path) }
            Task { @ServiceLoop in box.value(value) }
        }
    }

    private nonisolated static func value(_ path: String) throws(InvalidText) -> String {
        let bytes: [UInt8]
        do {
            bytes = Array(try RegularFile.read(try CredentialPath.resolve(path), limit: limit))
        } catch {
            throw InvalidText("authorization \(path) cannot be read: \(error)")
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let text = String(decoding: line, as: UTF8.self)
        guard HTTPText.isHeaderValue(text) else {
            throw InvalidText("authorization \(path): its first line cannot be the value of a header")
        }
        return text
    }
}
