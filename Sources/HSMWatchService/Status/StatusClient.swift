// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// Asks a running service how it is.
@ServiceLoop
package final class StatusClient {
    /// Where a service under systemd listens (`RuntimeDirectory=`).
    package nonisolated static let defaultPath = "/run/hsmwatch/" + StatusSocket.name
    /// How long an answer may take, from the connection to its last byte.
    package nonisolated static let timeout = Duration.seconds(10)
    /// Bytes of an answer: many times that of the greatest configuration with one query an HSM.
    package nonisolated static let longestAnswer = 256 << 20

    private let path: String
    private let timeout: Duration
    private let limit: Int
    private var waiting: CheckedContinuation<Result<[UInt8], StatusUnavailable>, Never>?
    private var channel: (any Channel)?
    private var timer: DelayedWork?

    private init(path: String, timeout: Duration, limit: Int) {
        self.path = path
        self.timeout = timeout
        self.limit = limit
    }

    /// The snapshot as the service has written it: one JSON object and a line feed.
    ///
    /// - Parameter limit: bytes of an answer; a constant to all but a test.
    package static func json(
        path: String, within timeout: Duration = StatusClient.timeout, limit: Int = StatusClient.longestAnswer
    ) async throws(StatusUnavailable) -> [UInt8] {
        try await StatusClient(path: path, timeout: timeout, limit: limit).ask().get()
    }

    /// The snapshot.
    package static func snapshot(
        path: String, within timeout: Duration = StatusClient.timeout
    ) async throws(StatusUnavailable) -> Snapshot {
        let bytes = try await json(path: path, within: timeout)
        do {
            return try JSONDecoder().decode(Snapshot.self, from: Data(bytes))
        } catch {
            throw StatusUnavailable("\(path): the answer cannot be read: \(Reply.printable("\(error)".utf8))")
        }
    }

    private func ask() async -> Result<[UInt8], StatusUnavailable> {
        await withCheckedContinuation { continuation in
            precondition(waiting == nil, "a client asks once")
            waiting = continuation
            timer = ServiceLoop.after(timeout) {
                self.end(.failure("\(self.path): no answer within \(DurationText.format(self.timeout))"))
            }
            connect()
        }
    }

    private func connect() {
        let answer = StatusAnswer(limit: limit) { self.end($0) }
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        ClientBootstrap(group: ServiceLoop.shared.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(box.value)
                }
            }
            .connect(unixDomainSocketPath: path)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel)
                case .failure(let error): self.end(.failure(StatusUnavailable(error, path: self.path).description))
                }
            }
    }

    private func connected(_ channel: any Channel) {
        self.channel = channel
        if waiting == nil { channel.close(promise: nil) }
    }

    /// Whether the JSON can go to a terminal as it is: UTF-8 without control characters, those of ISO 6429 among them.
    /// A service writes each as an escape.
    private static func isPlain(_ json: ArraySlice<UInt8>) -> Bool {
        guard let text = String(validating: json, as: UTF8.self) else { return false }
        return !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    private func end(_ answer: StatusAnswer.Ending) {
        guard let waiting else { return }
        self.waiting = nil
        timer?.cancel()
        channel?.close(promise: nil)
        switch answer {
        case .complete(let bytes) where !Self.isPlain(bytes.dropLast()):
            waiting.resume(
                returning: .failure(StatusUnavailable("\(path): the answer is no text, or has control characters")))
        case .complete(let bytes): waiting.resume(returning: .success(bytes))
        case .incomplete: waiting.resume(returning: .failure(StatusUnavailable("\(path): the answer was cut short")))
        case .tooLong:
            waiting.resume(
                returning: .failure(StatusUnavailable("\(path): the answer is longer than \(SizeText.format(limit))")))
        case .failure(let reason): waiting.resume(returning: .failure(StatusUnavailable(reason)))
        }
    }
}

/// Collects one answer.
private final class StatusAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Ending {
        case complete([UInt8])
        case incomplete
        case tooLong
        case failure(String)
    }

    private let limit: Int
    private let ended: (Ending) -> Void
    private var bytes: [UInt8] = []

    init(limit: Int, ended: @escaping (Ending) -> Void) {
        self.limit = limit
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        // Closes the connection, too.
        if bytes.count > limit { ended(.tooLong) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(bytes.last == UInt8(ascii: "\n") ? .complete(bytes) : .incomplete)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Why there is no snapshot, and what to do about it.
package struct StatusUnavailable: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What a failed connection means.
    init(_ error: any Error, path: String) {
        switch (error as? IOError)?.errnoCode {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            self.init(
                "hsmwatch is not running: nobody listens on \(path);"
                    + " start it with 'systemctl start hsmwatch', or name its socket with --socket")
        case EACCES, EPERM:
            let group = Self.group(of: path).map { ", or as a member of the group '\($0)'" } ?? ""
            self.init("\(path): permission denied: ask with sudo\(group)")
        case EAGAIN:
            self.init("\(path): hsmwatch is busy with others who ask; try again")
        case let code?:
            self.init("\(path): \(ConnectFailure.words(code))")
        case nil:
            let isTooLong = (try? SocketAddress(unixDomainSocketPath: path)) == nil
            self.init("\(path): \(isTooLong ? "the path is longer than a socket's may be" : "\(error)")")
        }
    }

    /// The group that may ask; nil when the file cannot be looked at.
    private static func group(of path: String) -> String? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.groupOwnerAccountName] as? String
    }
}
