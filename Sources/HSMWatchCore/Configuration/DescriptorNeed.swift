// SPDX-License-Identifier: Apache-2.0

/// How many file descriptors a configuration needs, and how many HSM connections leave free for everything else.
package struct DescriptorNeed: Equatable, Sendable {
    /// A command without a configuration: standard streams, event loop, timers, signals, a few sockets.
    package static let command = 16
    /// The service without HSMs and outputs, as it stands after its start: streams, event loop, timers, signals, spool,
    /// journal. Seen: 19.
    static let process = 24
    /// The status socket's clients, notifications of systemd, a reload, and SQLite's temporary files.
    static let passing = 16
    /// A TCP output whose rotations overlap: three connections, a duplicate of the one that ends, and one of TLS's files.
    static let output = 5
    /// A lookup of a name: a file and a socket.
    static let lookup = 2
    /// Lookups that run at once at the most.
    static let lookups = 64

    /// HSM connections: one each.
    package let hsms: Int
    /// Everything that comes and goes beside them. HSM connections leave as many free, so that messages are delivered and
    /// systemd is notified whatever the HSMs take.
    package let reserve: Int

    package init(_ configuration: Configuration) {
        let peers = configuration.hsms.map(\.address) + configuration.outputs.flatMap(\.endpoints)
        let names = Set(peers.map(\.host).filter { IPAddress(host: $0) == nil })
        hsms = configuration.hsms.count
        reserve =
            Self.passing + configuration.outputs.count * Self.output + min(names.count, Self.lookups) * Self.lookup
    }

    /// With so many every HSM can be polled, whatever else is open.
    package var enough: Int { Self.process + reserve * 2 + hsms }

    /// With fewer the service does not start: it could poll nothing, or deliver nothing.
    package var least: Int { Self.process + reserve + 1 }

    /// The number of the first descriptor that no HSM connection may have.
    ///
    /// - Parameter limit: how many files the process may have open.
    package func firstReserved(of limit: Int) -> Int {
        limit - min(reserve, max(0, limit - Self.process) / 2)
    }

    /// The warning when the limit is too low for the configuration.
    ///
    /// - Parameter limit: how many files the process can have open at the most.
    package func problem(limit: Int) -> ConfigurationProblem? {
        guard limit < enough else { return nil }
        let what =
            "\(counted(hsms, "HSM")) and the outputs need \(enough) open files, and the hard limit here is \(limit)"
        let advice =
            "with systemd: systemctl edit hsmwatch, [Service], LimitNOFILE=\(rounded); in a shell: ulimit -n \(enough)"
        return ConfigurationProblem(
            Mark(line: 1, column: 1), .warning, "\(what): connections beyond it fail as 'local'; \(advice)")
    }

    /// A limit with room for more HSMs: the next power of two.
    private var rounded: Int {
        var limit = 1024
        while limit < enough { limit *= 2 }
        return limit
    }
}
