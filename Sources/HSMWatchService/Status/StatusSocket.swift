// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// The Unix socket that a running service is asked on, and its file (unix(7)).
struct StatusSocket {
    /// The file's name in the runtime directory.
    static let name = "status.sock"
    /// Who may ask: the service's own user and group, and root.
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

    /// Listens on `path`; takes the place of a socket that nobody listens on any more.
    ///
    /// The file never has more rights than `mode`, whatever the umask: on Linux bind(2) makes it with those of the socket
    /// itself, less the umask, and what the umask took is given back afterwards.
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

    /// Removes the file, if it is still this socket's. The descriptor belongs to whoever took it.
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
