// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What stands between a service and the C library: sets the clock and the disk of that one process, at any time.
struct Interposer {
    struct Failed: Error {
        let compiler: Child.Record
    }

    /// What a service needs to be started with.
    let environment: [String: String]
    private let orders: URL

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Interposer")

    /// Compiles a library for `LD_PRELOAD`, with the compiler that comes with Swift's. Answers its path.
    static func library(_ name: String, on stage: Stage) async throws -> String {
        let library = stage.folder.appending(path: "\(name).so").path()
        let source = sources.appending(path: "\(name).c").path()
        let compiled = try await stage.outcome(
            ofTool: "clang", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        guard compiled.ending == .exited(0) else { throw Failed(compiler: compiled) }
        return library
    }

    init(on stage: Stage) async throws {
        let library = try await Self.library("interposer", on: stage)
        orders = stage.folder.appending(path: "orders")
        environment = ["LD_PRELOAD": library, "HSMWATCH_TEST_ORDERS": orders.path()]
        try Data(count: 4 * MemoryLayout<Int64>.size).write(to: orders)
    }

    /// Sets the civil clock ahead, or back.
    func setClock(ahead: Duration) throws {
        try order(Int64(ahead / .seconds(1)), at: 0)
    }

    /// Makes the disk read-only although files on it are open, or lets it be written again.
    func setDisk(readOnly: Bool) throws {
        try order(readOnly ? 1 : 0, at: 1)
    }

    /// Has so many reads of the disk fail in each service, counted from its start.
    func setDisk(failingReads count: Int) throws {
        try order(Int64(count), at: 2)
    }

    /// Has what is asked of the disk take for ever, or end again.
    func setDisk(hangs: Bool) throws {
        try order(hangs ? 1 : 0, at: 3)
    }

    /// In place: the service has the file mapped.
    private func order(_ number: Int64, at index: Int) throws {
        let file = try FileHandle(forWritingTo: orders)
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(index * MemoryLayout<Int64>.size))
        try file.write(contentsOf: withUnsafeBytes(of: number) { Data($0) })
    }
}
