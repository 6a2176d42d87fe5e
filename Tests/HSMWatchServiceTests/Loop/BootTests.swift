// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HSMWatchService

@Suite("The boot of the machine")
struct BootTests {
    private static let plain = "0f3c9a52d1e84b67a1b2c3d4e5f60718"
    private static let hyphenated = "0F3C9A52-d1e8-4b67-a1b2-c3d4e5f60718\n"

    private let folder: TemporaryFolder
    private var file: String { folder.path + "/boot_id" }

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("this machine names its boot, and the same one every time")
    func kernel() throws {
        let id = try #require(Boot.id)
        #expect(id == Boot.id(in: "/proc/sys/kernel/random/boot_id", else: nil))
    }

    @Test("the kernel and systemd write the same boot in two ways; the kernel's file comes first")
    func forms() throws {
        try Array(Self.hyphenated.utf8).write(to: file)
        #expect(Boot.id(in: file, else: String(repeating: "a", count: 32)) == Self.plain)
        #expect(Boot.id(in: folder.path + "/missing", else: Self.plain) == Self.plain)
    }

    @Test("what is no name of a boot makes it unknown", arguments: ["", "boot", "%b", plain + "0"])
    func unknown(text: String) throws {
        #expect(Boot.id(in: folder.path + "/missing", else: text) == nil)
        try Array(text.utf8).write(to: file)
        #expect(Boot.id(in: file, else: nil) == nil)
    }
}
