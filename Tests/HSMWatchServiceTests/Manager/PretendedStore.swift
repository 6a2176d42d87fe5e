// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchService

/// Does with descriptors what systemd does: keeps a duplicate of each, and hands duplicates to the next process.
@ServiceLoop
final class PretendedStore {
    /// What it was told, in order, without the descriptor's name.
    private(set) var orders: [String] = []

    private var descriptors: [(name: String, number: CInt)] = []
    private let isDeaf: Bool
    private let changed = WakeUp()

    /// - Parameter isDeaf: whether it removes nothing, as a systemd that has not come to it yet.
    init(isDeaf: Bool = false) {
        self.isDeaf = isDeaf
    }

    var count: Int { descriptors.count }

    /// How many of its connections could still be written to from here: nobody has closed this end of them.
    var writable: Int {
        descriptors.count { descriptor in
            var info = tcp_info()
            var length = socklen_t(MemoryLayout<tcp_info>.size)
            getsockopt(descriptor.number, CInt(IPPROTO_TCP), TCP_INFO, &info, &length)
            return [UInt8(TCP_ESTABLISHED), UInt8(TCP_CLOSE_WAIT)].contains(info.tcpi_state)
        }
    }

    func hand(_ assignments: String, _ descriptor: CInt?) async {
        let lines = assignments.split(separator: "\n").map(String.init)
        let name = lines.last.map { String($0.dropFirst("FDNAME=".count)) } ?? ""
        orders.append(lines.first ?? "")
        switch (lines.first, descriptor) {
        case ("FDSTORE=1", let descriptor?): put(descriptor, as: name)
        case ("FDSTOREREMOVE=1", nil) where !isDeaf: remove(name)
        default: break
        }
        changed.raise()
    }

    /// Puts a duplicate in.
    func put(_ descriptor: CInt, as name: String) {
        descriptors.append((name, dup(descriptor)))
    }

    /// Returns when so many orders have come.
    func heard(_ count: Int) async {
        while orders.count < count { await changed.wait() }
    }

    /// What the next process gets.
    func handedOver() -> [InheritedDescriptor] {
        descriptors.map { InheritedDescriptor(name: $0.name, number: dup($0.number)) }
    }

    func close() {
        descriptors.forEach { _ = Glibc.close($0.number) }
        descriptors = []
    }

    private func remove(_ name: String) {
        for descriptor in descriptors where descriptor.name == name { _ = Glibc.close(descriptor.number) }
        descriptors.removeAll { $0.name == name }
    }
}
