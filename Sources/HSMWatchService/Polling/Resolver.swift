// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import NIOCore

/// Looks host names up, off the event loop, one lookup at a time for each name.
///
/// `getaddrinfo` blocks for as long as the resolver's own time-outs say, and cannot be stopped: the waiting probe gives
/// up at a deadline, and the next one who asks joins the lookup that still runs. Each lookup has its own thread, and
/// `LookupPlan` says which names get one, so that a name server that does not answer delays no other name.
@ServiceLoop
package final class Resolver {
    /// Waiting requests for one name at most: every HSM, and more than one each while a lookup hangs.
    package nonisolated static let waitersLimit = 20_000

    /// Asks for a host's addresses; the answer may come at once, late or never.
    package typealias Resolve = (String, UInt16, @escaping (Resolution) -> Void) -> Void

    /// Looks a name up, and blocks until it has an answer. The addresses have no port.
    package typealias LookUp = @Sendable (String) -> Resolution

    package enum Resolution: Sendable {
        /// At least one address, in the order of RFC 6724.
        case addresses([SocketAddress])
        case failed(String)
        /// This machine could not look the name up.
        case prevented(String, LocalCause)
    }

    private struct Waiter {
        let port: UInt16
        let answer: (Resolution) -> Void
    }

    private let lookUp: LookUp
    private var plan = LookupPlan()
    /// By name.
    private var waiting: [String: [Waiter]] = [:]

    /// - Parameter lookUp: the system's to all but a test.
    package init(lookUp: @escaping LookUp = Resolver.lookUpBySystem) {
        self.lookUp = lookUp
    }

    /// Calls back with the host's addresses, at once when it is an address itself.
    package func resolve(host: String, port: UInt16, then answer: @escaping (Resolution) -> Void) {
        if let literal = try? SocketAddress(ipAddress: host, port: Int(port)) {
            answer(.addresses([literal]))
            return
        }
        guard (waiting[host]?.count ?? 0) < Self.waitersLimit else {
            answer(.failed("cannot resolve \(host): the resolver does not answer"))
            return
        }
        waiting[host, default: []].append(Waiter(port: port, answer: answer))
        plan.ask(host)
        startLookups()
    }

    private func startLookups() {
        while let host = plan.next(at: .now) {
            let lookUp = lookUp
            let status = LookupThread.start {
                let resolution = lookUp(host)
                Task { @ServiceLoop in self.ended(host, resolution) }
            }
            guard status != 0 else { continue }
            finish(host, .failed("cannot resolve \(host): no thread for it: \(ConnectFailure.words(status))"))
        }
    }

    private func ended(_ host: String, _ resolution: Resolution) {
        finish(host, resolution)
        startLookups()
    }

    private func finish(_ host: String, _ resolution: Resolution) {
        plan.ended(host, at: .now)
        for waiter in waiting.removeValue(forKey: host) ?? [] {
            waiter.answer(resolution.with(port: waiter.port))
        }
    }

    /// getaddrinfo(3), which asks what nsswitch.conf(5) says.
    package nonisolated static func lookUpBySystem(host: String) -> Resolution {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
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

    /// Why this machine could not look a name up; nil when it could. The resolver says only that it failed when it
    /// cannot open its files or a socket, so this tries to open one.
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

extension Resolver.Resolution {
    /// The same, with a port in each address.
    fileprivate func with(port: UInt16) -> Self {
        guard case .addresses(var addresses) = self else { return self }
        for index in addresses.indices { addresses[index].port = Int(port) }
        return .addresses(addresses)
    }
}

/// A thread for one call that may block for long.
///
/// Its own thread, since Dispatch's and Swift's are few and shared: a call that hangs there would hold up all that
/// runs on them, the handling of signals among it.
enum LookupThread {
    private final class Work: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Begins to do something on a thread that ends with it. Answers 0, or the errno of pthread_create(3).
    static func start(_ run: @escaping @Sendable () -> Void) -> CInt {
        let work = Unmanaged.passRetained(Work(run))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            return status
        }
        pthread_detach(thread)
        return 0
    }
}

extension SocketAddress {
    /// The address that the kernel or the resolver has put there; nil when it is neither IPv4 nor IPv6.
    init?(at address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case AF_INET6:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default:
            return nil
        }
    }
}
