// SPDX-License-Identifier: Apache-2.0

/// The files of an open database: says whether their paths still lead to them.
///
/// SQLite goes on with a file that somebody has removed, as every program does; with its descriptors the file would go.
struct SpoolPlace: Sendable {
    private let files: [String: FileIdentity]

    /// Notes what the paths lead to now.
    init(of paths: [String]) {
        files = paths.reduce(into: [:]) { $0[$1] = FileIdentity(at: $1) }
    }

    var isUnchanged: Bool { files.allSatisfy { has($0.key) } }

    /// Whether a path leads to the same file as before.
    func has(_ path: String) -> Bool {
        files[path] == FileIdentity(at: path)
    }
}

/// The paths of the open database lead to other files, or to none: somebody removed or replaced them.
struct SpoolDisplaced: Error, CustomStringConvertible {
    /// Why they cannot be written anew; nil before the first attempt.
    var obstacle: String?

    var description: String {
        "its files were removed or replaced" + (obstacle.map { ", and cannot be written anew: \($0)" } ?? "")
    }
}
