// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("Links in README.md and docs")
struct LinkTests {
    @Test("lead to a file that is there, and to one of its headings", arguments: try Page.all)
    func links(path: String) throws {
        let page = try Page(path)
        let folder = Page.project.appending(path: path).deletingLastPathComponent()
        for link in page.links {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let target = parts[0].isEmpty ? path : Self.path(from: folder, to: parts[0])
            let isThere = FileManager.default.fileExists(atPath: Page.project.appending(path: target).path())
            #expect(isThere, "\(path): \(link)")
            guard isThere, parts.count == 2 else { continue }
            #expect(try Page(target).anchors().contains(parts[1]), "\(path): \(link)")
        }
    }

    /// Of a file that a link in a folder names, below the project.
    private static func path(from folder: URL, to link: String) -> String {
        let project = Page.project.standardized.path()
        let target = folder.appending(path: link).standardized.path()
        return target.hasPrefix(project) ? String(target.dropFirst(project.count)) : target
    }
}
