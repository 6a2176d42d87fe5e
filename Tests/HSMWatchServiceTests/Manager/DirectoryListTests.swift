// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchService

@Suite("Directories that systemd names")
struct DirectoryListTests {
    @Test(
        "the first of a list counts; an empty list is none",
        arguments: [
            (nil, nil), ("", nil), (":", nil), ("/a", "/a"), ("/a:/b", "/a"), (":/b", "/b"), ("/a b:/c", "/a b"),
        ] as [(String?, String?)])
    func first(variable: String?, directory: String?) {
        #expect(DirectoryList.first(of: variable) == directory)
    }
}
