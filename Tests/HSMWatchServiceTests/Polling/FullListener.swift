// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

/// A listening socket that accepts nobody, with its queue filled: the kernel drops what else wants to connect.
struct FullListener {
    /// Connections that surely fill a queue of one.
    private static let fillers = 4

    let port: Int
    private let descriptors: [CInt]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes -> CInt in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            guard bind(listener, pointer, length) == 0, listen(listener, 0) == 0 else { return -1 }
            return getsockname(listener, pointer, &length)
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        descriptors = [listener] + (0..<Self.fillers).map { _ in Self.connect(to: address) }
    }

    func close() {
        descriptors.forEach { _ = Glibc.close($0) }
    }

    /// Begins to connect, and does not wait for it.
    private static func connect(to address: sockaddr_in) -> CInt {
        var address = address
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        _ = withUnsafeBytes(of: &address) { bytes in
            bytes.baseAddress.map {
                Glibc.connect(client, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            }
        }
        return client
    }
}
