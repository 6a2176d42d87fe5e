// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A small disk for one service's spool; it goes with the test.
final class Disk {
    enum Kind {
        /// 1 MiB of memory, which is soon full.
        case memory
        /// 8 MiB of ext4, in a file.
        case ext4
    }

    struct Failed: Error {
        let record: Child.Record
    }

    private let path: String
    private let image: String
    private let kind: Kind
    private let stage: Stage

    /// Whether this process may mount anything. Where nothing may be skipped, the tests shall fail without it.
    static let isPossible = geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"

    /// Mounts it where a service keeps its spool.
    init(_ kind: Kind, for service: String = "service", on stage: Stage) async throws {
        self.kind = kind
        self.stage = stage
        path = stage.stateDirectory(of: service).path()
        image = stage.folder.appending(path: "\(service).image").path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if kind == .ext4 {
            try await run("truncate", "--size", "8M", image)
            try await run("mkfs.ext4", "-q", "-F", image)
        }
        try await mount()
    }

    deinit {
        umount2(path, CInt(MNT_DETACH))
    }

    /// Lets it be written, or not; nothing on it may be open for writing.
    func set(readOnly: Bool) async throws {
        try await run("mount", "-o", readOnly ? "remount,ro" : "remount,rw", path)
    }

    /// Makes an ext4 disk read-only at once, as an error on it does, whatever is open.
    func fail() async throws {
        try await run("mount", "-o", "remount,abort", path)
    }

    /// Repairs an ext4 disk that has failed, and mounts it anew; nothing on it may be open.
    func repair() async throws {
        try await run("umount", path)
        // 1: it has found something, and corrected it.
        try await run("e2fsck", "-f", "-p", image, expecting: [0, 1])
        try await mount()
    }

    /// Takes all the space that is left; removed, it is there again.
    func fill() throws -> URL {
        let ballast = URL(filePath: path).appending(path: "ballast")
        try Data().write(to: ballast)
        let file = try FileHandle(forWritingTo: ballast)
        defer { try? file.close() }
        while (try? file.write(contentsOf: Data(count: 4096))) != nil {}
        return ballast
    }

    private func mount() async throws {
        switch kind {
        case .memory: try await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path)
        case .ext4: try await run("mount", "-t", "ext4", "-o", "loop", image, path)
        }
    }

    private func run(_ tool: String, _ arguments: String..., expecting codes: [Int32] = [0]) async throws {
        let record = try await stage.outcome(ofTool: tool, arguments)
        guard codes.contains(where: { record.ending == .exited($0) }) else { throw Failed(record: record) }
    }
}
