// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import HSMWatchCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Answers everybody who connects to the status socket with one snapshot, and closes.
///
/// Whatever a client does, polling goes on: little of what a client sends is read, one that does not take its answer is
/// given up after a time, few are served at once, and they are accepted at a distance. The others wait in the kernel.
@ServiceLoop
package final class StatusServer: Service {
    /// Clients served at once. A slow one may hold its own snapshot in memory, 0.5 KB an HSM.
    package nonisolated static let clientsLimit = 8
    /// How long a client may take for its answer.
    package nonisolated static let clientTimeout = Duration.seconds(5)
    /// The distance at which clients are accepted.
    package nonisolated static let acceptInterval = Duration.milliseconds(5)
    /// How long the server waits after this machine could not accept a client.
    package nonisolated static let acceptPause = Duration.seconds(1)
    /// How long a snapshot is given to others as well.
    package nonisolated static let sharing = Duration.milliseconds(200)

    private let path: String
    private let snapshot: () -> Snapshot
    private let logger: Logger
    private let clientTimeout: Duration
    private let serving: (Int) -> Void
    private let faults: LocalFaultWatch?
    /// Where snapshots become JSON, which takes a while for thousands of HSMs.
    private let encoding = DispatchQueue(label: "hsmwatch.status")

    private var socket: StatusSocket?
    /// Nil before it is open, and when it is closed.
    private(set) var listener: (any Channel)?
    private var clients: [ObjectIdentifier: StatusConnection] = [:] {
        didSet { if clients.count != oldValue.count { serving(clients.count) } }
    }
    /// Whether the next client is let in as soon as it comes, or after the interval.
    private var isAccepting = true
    /// The clients that wait for the snapshot that is being encoded.
    private var waiting: [StatusConnection] = []
    private var isEncoding = false
    /// The last snapshot, as long as it is given to others.
    private var recent: ByteBuffer?

    /// - Parameters:
    ///   - path: of the socket; its directory is there.
    ///   - snapshot: takes one, at once.
    ///   - clientTimeout: a constant to all but a test.
    ///   - faults: hears when this machine prevents that a client is accepted.
    ///   - serving: called with the number of clients whenever it changes.
    package init(
        path: String, logger: Logger, clientTimeout: Duration = StatusServer.clientTimeout,
        faults: LocalFaultWatch? = nil, serving: @escaping (Int) -> Void = { _ in },
        snapshot: @escaping () -> Snapshot
    ) {
        self.faults = faults
        self.path = path
        self.logger = logger
        self.clientTimeout = clientTimeout
        self.serving = serving
        self.snapshot = snapshot
    }

    /// Has the kernel take clients from here on, and `run` answer them. A socket that cannot be opened is logged, and
    /// nothing else depends on it.
    package func listen() {
        do {
            socket = try StatusSocket(path)
        } catch {
            logger.note(.statusUnavailable(path: path, reason: "\(error)"))
        }
    }

    /// Answers until the end.
    package func run() async {
        await open()
        // Cancelled or not, this is the end.
        try? await gracefulShutdown()
        close()
    }

    private func open() async {
        guard let socket else { return }
        do {
            listener = try await bootstrap.withBoundSocket(socket.descriptor).get()
            accept()
        } catch {
            logger.note(.statusUnavailable(path: path, reason: "\(error)"))
        }
    }

    private var bootstrap: ServerBootstrap {
        let loop = ServiceLoop.shared.eventLoop
        let make = NIOLoopBound(
            (
                listener: {
                    StatusListener(
                        accepted: { [weak self] in self?.accepted() },
                        prevented: { [weak self] in self?.prevented($0) },
                        closed: { [weak self] in self?.closed($0) })
                },
                client: { [weak self] in StatusConnection { self?.take($0, from: $1) } }
            ), eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(make.value.listener())
                }
            }
            // A client that half-closes still gets a reply.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(make.value.client())
                }
            }
    }

    /// Lets the next client in, if there is room.
    private func accept() {
        isAccepting = clients.count < Self.clientsLimit
        if isAccepting { listener?.read() }
    }

    private func accepted() {
        faults?.succeeded(.statusSocket)
        acceptLater()
    }

    /// This machine could not accept a client, who waits in the kernel.
    private func prevented(_ cause: LocalCause?) {
        faults?.note(.statusSocket, cause)
        acceptLater(after: Self.acceptPause)
    }

    private func acceptLater(after pause: Duration = acceptInterval) {
        isAccepting = true
        ServiceLoop.after(pause) { [weak self] in self?.accept() }
    }

    /// The listening socket has ended; that is logged unless the server closed it.
    private func closed(_ reason: String) {
        guard listener != nil else { return }
        listener = nil
        logger.note(.statusUnavailable(path: path, reason: reason))
    }

    private func take(_ report: StatusConnection.Report, from client: StatusConnection) {
        switch report {
        case .opened:
            clients[ObjectIdentifier(client)] = client
            client.limit(to: clientTimeout)
            answer(client)
        case .closed:
            clients[ObjectIdentifier(client)] = nil
            if !isAccepting { acceptLater() }
        }
    }

    private func answer(_ client: StatusConnection) {
        if let recent { return client.answer(recent) }
        waiting.append(client)
        guard !isEncoding else { return }
        isEncoding = true
        let snapshot = snapshot()
        encoding.async {
            let bytes = ByteBuffer(bytes: snapshot.json)
            Task { @ServiceLoop in self.encoded(bytes) }
        }
    }

    private func encoded(_ bytes: ByteBuffer) {
        isEncoding = false
        recent = bytes
        ServiceLoop.after(Self.sharing) { [weak self] in self?.recent = nil }
        let waiting = waiting
        self.waiting = []
        waiting.forEach { $0.answer(bytes) }
    }

    private func close() {
        socket?.remove()
        socket = nil
        let listener = listener
        // First: its end is no news.
        self.listener = nil
        listener?.close(promise: nil)
        clients.values.forEach { $0.close() }
    }
}

/// The Unix socket that a running service is asked on, and its file (unix(7)).
struct StatusSocket {
    /// The file's name in the runtime directory.
    static let name = "status.sock"
    /// Only the service's own user and group, and root, may ask.
    static let mode: mode_t = 0o660
    /// Clients that the kernel lets wait until they are accepted.
    private static let backlog: CInt = 64

    /// What stands in the way of a socket.
    enum Problem: Error, CustomStringConvertible {
        /// A living process listens on it.
        case inUse
        /// Something else has the name; it is not ours to remove.
        case notASocket
        case pathTooLong
        case refused(call: String, errno: CInt)

        var description: String {
            switch self {
            case .inUse: "another process listens on it"
            case .notASocket: "it is there, and no socket"
            case .pathTooLong: "the path is longer than a socket's may be"
            case .refused(let call, let code): "\(call): \(ConnectFailure.words(code))"
            }
        }
    }

    let path: String
    /// Bound and listening.
    let descriptor: CInt
    /// The file that was made.
    private let file: FileIdentity

    /// Listens on `path`; replaces a socket file without a listener.
    ///
    /// The file never has more rights than `mode`, whatever the umask: on Linux bind(2) makes it with those of the
    /// socket itself, less the umask, and what the umask took is given back afterwards.
    init(_ path: String) throws(Problem) {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else { throw .pathTooLong }
        try Self.removeStale(path, address)
        let descriptor = try Self.makeSocket()
        do throws(Problem) {
            try Self.check("fchmod", fchmod(descriptor, Self.mode))
            try Self.check("bind", address.withSockAddr { Foundation.bind(descriptor, $0, socklen_t($1)) })
            guard let file = FileIdentity(at: path) else { throw Problem.refused(call: "stat", errno: errno) }
            self.file = file
            try Self.check("chmod", chmod(path, Self.mode))
            try Self.check("listen", listen(descriptor, Self.backlog))
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Removes the file, if it is still this socket's. The caller owns the descriptor.
    func remove() {
        if FileIdentity(at: path) == file { unlink(path) }
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws(Problem) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket }
        let probe = try makeSocket()
        defer { close(probe) }
        let result = address.withSockAddr { connect(probe, $0, socklen_t($1)) }
        // A full backlog (EAGAIN) is somebody's, too.
        guard result < 0, errno == ECONNREFUSED else { throw .inUse }
        try check("unlink", unlink(path))
    }

    private static func makeSocket() throws(Problem) -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        try check("socket", descriptor)
        return descriptor
    }

    private static func check(_ call: String, _ result: CInt) throws(Problem) {
        guard result >= 0 else { throw .refused(call: call, errno: errno) }
    }
}

/// Gathers how the whole service is.
@ServiceLoop
final class StatusSource {
    private let fleet: Fleet
    private let outputs: Outputs
    private let spool: Spool
    private let clock: ClockWatch
    private let startedAt = Moment.now
    private let configuration: String?

    /// - Parameter configuration: the file that the configuration came from; nil: from none.
    init(fleet: Fleet, outputs: Outputs, spool: Spool, clock: ClockWatch, configuration: String?) {
        self.fleet = fleet
        self.outputs = outputs
        self.spool = spool
        self.clock = clock
        self.configuration = configuration
    }

    /// How it is now. Copies what the parts know already: microseconds an HSM.
    var snapshot: Snapshot {
        Snapshot(
            takenAt: .now,
            process: Snapshot.Process(
                version: Version.number, identifier: Int(getpid()), startedAt: startedAt.timestamp,
                configuration: configuration),
            counts: Heartbeat(fleet, spool, startedAt: startedAt.instant),
            storage: spool.isOnDisk ? .disk : .memory, clockUnsynchronised: clock.unsynchronised,
            hsms: fleet.snapshots, outputs: outputs.snapshots)
    }
}
