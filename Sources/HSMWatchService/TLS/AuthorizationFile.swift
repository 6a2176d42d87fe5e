// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// The file with the value of a header that authorizes, read off the event loop.
///
/// What was read once stays in use as long as a changed file cannot be used.
@ServiceLoop
final class AuthorizationFile {
    /// Where the files are read: those of another output may hang.
    private let queue = DispatchQueue(label: "hsmwatch.authorization")

    private let path: String
    private let rejected: (String) -> Void
    private var known: String?
    /// Why the file cannot be used now, though it could before.
    private var rejection: InvalidText?

    /// - Parameter rejected: called once for each reason why a changed file cannot be used. The old value stays in use.
    init(_ path: String, rejected: @escaping (String) -> Void = { _ in }) {
        self.path = path
        self.rejected = rejected
    }

    /// Answers on the event loop, never at once, the file's first line, or what it was before if that cannot be used; or
    /// why nothing can.
    func load(then answer: @escaping (Result<String, InvalidText>) -> Void) {
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        let path = path
        queue.async {
            let value = Result { () throws(InvalidText) in try Self.value(path) }
            Task { @ServiceLoop in box.value(self.take(value)) }
        }
    }

    private func take(_ read: Result<String, InvalidText>) -> Result<String, InvalidText> {
        switch read {
        case .success(let value):
            known = value
            rejection = nil
            return read
        case .failure(let problem):
            guard let known else { return .failure(InvalidText("authorization \(path) \(problem)")) }
            if problem != rejection { rejected("authorization \(path) \(problem)") }
            rejection = problem
            return .success(known)
        }
    }

    /// Why the file's first line cannot be sent, in words that follow its path; nil when it can.
    nonisolated static func problem(_ path: String) -> String? {
        do {
            _ = try value(path)
            return nil
        } catch {
            return error.description
        }
    }

    /// - Throws: in words that follow the file's path.
    private nonisolated static func value(_ path: String) throws(InvalidText) -> String {
        try CredentialPath.secret(in: path).headerValue()
    }
}
