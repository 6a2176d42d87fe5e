// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

extension EndToEnd {
    @Suite("The name of the machine", .timeLimit(.minutes(1)))
    struct MachineNameTests {
        /// Only root may give a process a host name of its own.
        static let isPossible = geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"

        private static let configuration = """
            hsms: [{name: khi-1, address: "10.10.5.6:9010"}]
            outputs: [{name: graylog, type: gelf-tcp, endpoints: ["10.10.5.7:12201"]}]

            """

        @Test(
            "a host name of every length is the source, the longest included", .enabled(if: isPossible),
            arguments: [1, 63, 64])
        func lengths(length: Int) async throws {
            try await Stage.play { stage in
                let name = String(repeating: "h", count: length)
                let file = try stage.write(Self.configuration, to: "valid.yaml")
                let script = #"printf %s "$0" >/proc/sys/kernel/hostname && exec "$1" check --show --config "$2""#
                let record = try await stage.outcome(
                    ofTool: "unshare", ["--uts", "/bin/sh", "-c", script, name, Stage.program.path(), file])
                #expect(record.ending == .exited(0), "\(record)")
                #expect(record.lines.first == "source: \(name)", "\(record)")
            }
        }
    }
}
