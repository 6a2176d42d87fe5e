// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore

/// The connections to HSMs that outlive this process: systemd's file descriptor store (FDSTORE=1 in sd_notify(3)) has a
/// duplicate of each, and hands it to the next process.
///
/// A duplicate keeps its connection standing whatever happens here. So ending a connection means to shut its socket
/// down (`TCPSocket`) before it is closed; systemd drops by itself what is shut down, and is told to forget it as well.
///
/// systemd gets one connection at a time, not on the event loop, and the next one only after it has taken the
/// one before. It compares each new descriptor with all it has, which takes it milliseconds when there are thousands;
/// its queue is every service's, and a full one blocks.
@ServiceLoop
package final class ConnectionStore {
    /// Tells systemd something, with a descriptor of which it gets a duplicate; returns when it has taken that.
    package typealias Tell = (_ assignments: String, _ descriptor: CInt?) async -> Void

    /// One HSM's part of the store.
    struct Place {
        /// Answers the connection that another process has used, if there is one that this HSM may be asked on.
        let takeUp: () -> CInt?
        /// Puts a connection in. One that was taken up is there already.
        let keep: (_ channel: any Channel, _ isTakenUp: Bool) -> Void
        /// Takes the connection out, after it was ended.
        let forget: () -> Void
    }

    private let tell: Tell
    /// Inherited connections that are not in use yet, by name.
    private var inherited: [String: [CInt]]
    private var takenUp = 0
    /// The connections that systemd should keep, by name.
    private var standing: [String: any Channel] = [:]
    /// Names under which systemd may have something.
    private var held: Set<String>
    /// Names that systemd still has to hear of, each once.
    private var due = CircularBuffer<String>()
    private var isDue: Set<String> = []
    private var isTelling = false

    package init(inherited: [InheritedDescriptor], tell: @escaping Tell) {
        self.inherited = Dictionary(grouping: inherited, by: \.name).mapValues { $0.map(\.number) }
        self.tell = tell
        held = Set(inherited.map(\.name))
    }

    /// The HSM's part; nil for one whose connections are not kept.
    func place(of hsm: HSMConfiguration) -> Place? {
        guard hsm.connection == .persistent else { return nil }
        let name = ConnectionName(hsm: hsm).text
        return Place(
            takeUp: { self.takeUp(name, for: hsm) },
            keep: { self.keep($0, as: name, isTakenUp: $1) },
            forget: { self.forget(name) })
    }

    /// Ends what no HSM has taken up: an HSM that is gone or has another address, a dead connection, a second one.
    ///
    /// - Returns: how many connections were taken up, and how many descriptors were not.
    package func endRest() -> (takenUp: Int, ended: Int) {
        var ended = 0
        for (name, descriptors) in inherited {
            for descriptor in descriptors {
                // A socket without a peer is not from here; it may be in use elsewhere.
                if let socket = TCPSocket(descriptor), socket.peer != nil {
                    socket.isOwedReply ? socket.reset() : socket.shutDown()
                }
                close(descriptor)
            }
            settle(name)
            ended += descriptors.count
        }
        inherited = [:]
        return (takenUp, ended)
    }

    private func takeUp(_ name: String, for hsm: HSMConfiguration) -> CInt? {
        var descriptors = inherited.removeValue(forKey: name) ?? []
        let index = descriptors.firstIndex { Self.mayBeAsked($0, hsm) }
        let descriptor = index.map { descriptors.remove(at: $0) }
        inherited[name] = descriptors.isEmpty ? nil : descriptors
        takenUp += descriptor == nil ? 0 : 1
        return descriptor
    }

    /// Whether a descriptor is a connection to this HSM that nobody has ended and on which, as far as can be known, no
    /// question is open: its reply would be taken for that of the next one.
    ///
    /// A host name may have changed its address since; the connection leads where it always led.
    private static func mayBeAsked(_ descriptor: CInt, _ hsm: HSMConfiguration) -> Bool {
        guard let socket = TCPSocket(descriptor), socket.isEstablished, !socket.isOwedReply, let peer = socket.peer,
            peer.port == Int(hsm.address.port)
        else { return false }
        let literal = try? SocketAddress(ipAddress: hsm.address.host, port: Int(hsm.address.port))
        return literal.map { $0 == peer } ?? true
    }

    private func keep(_ channel: any Channel, as name: String, isTakenUp: Bool) {
        standing[name] = channel
        if !isTakenUp { settle(name) }
    }

    private func forget(_ name: String) {
        standing[name] = nil
        settle(name)
    }

    /// Sees to it that systemd has what stands, in its turn.
    private func settle(_ name: String) {
        guard isDue.insert(name).inserted else { return }
        due.append(name)
        guard !isTelling else { return }
        isTelling = true
        Task { @ServiceLoop in await self.tellAll() }
    }

    private func tellAll() async {
        while let name = due.popFirst() {
            isDue.remove(name)
            await tell(about: name)
        }
        isTelling = false
    }

    /// A second descriptor of the same name would be one more, so the old one goes first.
    private func tell(about name: String) async {
        if held.remove(name) != nil {
            await tell("FDSTOREREMOVE=1\nFDNAME=\(name)", nil)
        }
        // While systemd is notified, the channel may close and its number be another's.
        guard let channel = standing[name],
            let duplicate = channel.withDescriptor({ fcntl($0, F_DUPFD_CLOEXEC, 0) }), duplicate >= 0
        else { return }
        held.insert(name)
        await tell("FDSTORE=1\nFDNAME=\(name)", duplicate)
        close(duplicate)
    }
}
