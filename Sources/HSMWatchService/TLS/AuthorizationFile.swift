// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// The file with the value of a header that authorizes, read off the event loop.
@ServiceLoop
final class AuthorizationFile {
    /// Where the files are read: those of another output may hang.
    private let queue = DispatchQueue(label: "hsmwatch.authorization")

    private let path: String

    init(_ path: String) {
        self.path = path
    }

    /// Answers on the event loop, never at once, the file's first line; or why that cannot be used.
    func load(then answer: @escaping (Result<String, InvalidText>) -> Void) {
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        let path = path
        queue.async {
            let value = Result { () throws(InvalidText) in try Self.value(path) }
            Task { @ServiceLoop in box.value(value) }
        }
    }

    private nonisolated static func value(_ path: String) throws(InvalidText) -> String {
        let text = String(decoding: try CredentialPath.firstLine(of: path, key: "authorization"), as: UTF8.self)
        guard HTTPText.isHeaderValue(text) else {
            throw InvalidText("authorization \(path): its first line cannot be the value of a header")
        }
        return text
    }
}
