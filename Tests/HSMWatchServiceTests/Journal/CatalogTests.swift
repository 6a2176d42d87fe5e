// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchService
import Testing

/// The catalog is what an administrator reads at night: every kind of entry is in it, and it says nothing of others.
@Suite("Journal catalog")
struct CatalogTests {
    private struct Entry {
        let id: String
        var header: [String: String] = [:]
        var text: [String] = []
    }

    private static let file = URL(filePath: #filePath).appending(path: "../../../../systemd/hsmwatch.catalog")

    private static func entries() throws -> [Entry] {
        var entries: [Entry] = []
        var isInHeader = false
        for line in try String(contentsOf: file.standardized, encoding: .utf8).components(separatedBy: "\n") {
            if line.hasPrefix("-- ") {
                entries.append(Entry(id: String(line.dropFirst(3))))
                isInHeader = true
            } else if line.isEmpty {
                isInHeader = false
            } else if isInHeader, let colon = line.firstIndex(of: ":") {
                entries[entries.count - 1].header[String(line[..<colon])] =
                    line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            } else if !entries.isEmpty {
                entries[entries.count - 1].text.append(line)
            }
        }
        return entries
    }

    @Test("has one entry for each MESSAGE_ID, and no other")
    func complete() throws {
        #expect(try Self.entries().map(\.id).sorted() == MessageID.allCases.map(\.rawValue).sorted())
    }

    @Test("every entry has a subject and says more than that")
    func texts() throws {
        for entry in try Self.entries() {
            #expect(entry.header["Subject"]?.isEmpty == false, "\(entry.id)")
            #expect(entry.header["Defined-By"] == "hsmwatch", "\(entry.id)")
            #expect(!entry.text.isEmpty, "\(entry.id)")
        }
    }

    @Test("names only fields that an entry can have")
    func fields() throws {
        let known: Set = [
            "HSM_NAME", "HSM_ADDRESS", "QUERY_PORT", "HSM_STATE", "HSM_PREVIOUS_STATE", "SOCKETS_AVAILABLE",
            "SOCKETS_TOTAL", "FAILURE", "OUTPUT", "ENDPOINT", "REASON", "CONFIGURATION_FILE", "SPOOL",
            "SPOOL_MOVED_TO", "PART", "SOCKET",
        ]
        for entry in try Self.entries() {
            let texts = entry.text + entry.header.values
            let named = texts.flatMap { $0.matches(of: /@([A-Z_]+)@/).map { String($0.1) } }
            #expect(known.isSuperset(of: named), "\(entry.id)")
        }
    }
}
