// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import HSMWatchCore
import NIOCore

/// Looks host names up, off the event loop, one lookup at a time for each name and port.
///
/// `getaddrinfo` blocks for as long as the resolver's own time-outs say, and cannot be stopped: whoever waits gives up
/// at a deadline, and the next one who asks joins the lookup that still runs. Dispatch gives each lookup that blocks a
/// thread, up to 64, so that a slow name server delays only the names it serves.
@ServiceLoop
package final class Resolver {
    /// Who may wait for one name at the most: every HSM, and more than once while a lookup hangs.
    package nonisolated static let waitersLimit = 20_000

    /// Asks for a host's addresses; the answer may come at once, late or never.
    package typealias Resolve = (String, UInt16, @escaping (Resolution) -> Void) -> Void

    package enum Resolution: Sendable {
        /// At least one address, in the order of RFC 6724.
        case addresses([SocketAddress])
        case failed(String)
        /// This machine could not look the name up.
        case prevented(String, LocalCause)
    }

    private struct Question: Hashable {
        let host: String
        let port: UInt16
    }

    private let threads = DispatchQueue(label: "hsmwatch.resolver", attributes: .concurrent)
    private var waiting: [Question: [(Resolution) -> Void]] = [:]

    package init() {}

    /// Calls back with the host's addresses, at once when it is an address itself.
    package func resolve(host: String, port: UInt16, then answer: @escaping (Resolution) -> Void) {
        if let literal = try? SocketAddress(ipAddress: host, port: Int(port)) {
            answer(.addresses([literal]))
            return
        }
        let question = Question(host: host, port: port)
        let ahead = waiting[question]?.count ?? 0
        guard ahead < Self.waitersLimit else {
            answer(.failed("cannot resolve \(host): the resolver does not answer"))
            return
        }
        waiting[question, default: []].append(answer)
        guard ahead == 0 else { return }
        threads.async {
            let resolution = Self.lookUp(host: host, port: port)
            Task { @ServiceLoop in self.finish(question, resolution) }
        }
    }

    private func finish(_ question: Question, _ resolution: Resolution) {
        for answer in waiting.removeValue(forKey: question) ?? [] {
            answer(resolution)
        }
    }

    private nonisolated static func lookUp(host: String, port: UInt16) -> Resolution {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        defer {
            if let list { freeaddrinfo(list) }
        }
        guard status == 0 else {
            if let cause = localCause(of: status) {
                return .prevented("cannot resolve \(host): \(cause.sentence)", cause)
            }
            return .failed("cannot resolve \(host): " + String(cString: gai_strerror(status)))
        }
        let addresses = sequence(first: list) { $0?.pointee.ai_next }
            .compactMap { $0?.pointee.ai_addr }
            .compactMap { SocketAddress(at: $0) }
        return addresses.isEmpty ? .failed("cannot resolve \(host): no address") : .addresses(addresses)
    }

    /// Why this machine could not look a name up; nil when it could. The resolver says only that it failed when it cannot
    /// open its files or a socket, so this tries to open one.
    private nonisolated static func localCause(of status: CInt) -> LocalCause? {
        if status == EAI_MEMORY { return .memory }
        if status == EAI_SYSTEM, let cause = LocalCause(errno: errno, isIPv6: false) { return cause }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor < 0 else {
            close(descriptor)
            return nil
        }
        return LocalCause(errno: errno, isIPv6: false)
    }
}
