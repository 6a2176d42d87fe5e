// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// Reads small files as a whole.
enum RegularFile {
    /// The bytes of the file at `path`, of which `limit` are allowed; the error says why it cannot be read.
    static func read(_ path: String, limit: Int) throws(InvalidText) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw InvalidText(lastError)
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw InvalidText("it is larger than \(SizeText.format(limit))")
            }
        }
    }

    /// Why this process cannot read the file at `path`; nil when it can.
    static func unreadability(_ path: String) -> String? {
        do {
            close(try open(path))
            return nil
        } catch {
            return error.description
        }
    }

    /// The permissions of the file at `path`; nil when it has none that can be told.
    static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// A descriptor of the file at `path`, which the caller closes.
    private static func open(_ path: String) throws(InvalidText) -> CInt {
        // Without O_NONBLOCK a named pipe would be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw InvalidText(lastError) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw InvalidText(status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is not a regular file")
        }
        return descriptor
    }

    private static var lastError: String {
        String(cString: strerror(errno))
    }
}
