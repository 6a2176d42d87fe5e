// SPDX-License-Identifier: Apache-2.0

/// Why this machine cannot make a connection: no peer has a part in it.
package enum LocalCause: CaseIterable, Hashable, Sendable {
    /// hsmwatch has as many files open as it may (`RLIMIT_NOFILE`).
    case descriptors
    /// All processes of this machine together have as many files open as the kernel allows.
    case fileTable
    /// No local address or port is left for a connection to this peer.
    case ports
    /// The kernel has no memory left for a connection.
    case memory
    /// A firewall or a security policy of this machine forbids the connection.
    case forbidden
    /// This machine does not speak the address's version of IP.
    case family

    /// What is wrong, in a sentence without a full stop.
    package var sentence: String {
        switch self {
        case .descriptors: "hsmwatch has no file descriptor left"
        case .fileTable: "this machine has no file descriptor left"
        case .ports: "this machine has no local address or port left"
        case .memory: "this machine has no memory left for a connection"
        case .forbidden: "this machine forbids the connection"
        case .family: "this machine does not support the address family"
        }
    }

    /// What to do, in a sentence without a full stop.
    package var advice: String {
        switch self {
        case .descriptors: "raise LimitNOFILE= with systemctl edit hsmwatch, then restart hsmwatch"
        case .fileTable: "raise fs.file-max, or find the process that opens so many files"
        case .ports: "look at net.ipv4.ip_local_port_range, and for connections in TIME_WAIT with ss -s"
        case .memory: "look at free memory and at net.ipv4.tcp_mem"
        case .forbidden: "look at the local firewall, SELinux or AppArmor, and IPAddressDeny= of the unit"
        case .family: "enable IPv6 here, or configure an IPv4 address"
        }
    }
}
