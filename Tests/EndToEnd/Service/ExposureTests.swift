// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("What others get at", .timeLimit(.minutes(1)))
    struct ExposureTests {
        @Test("whatever the umask, no file that the service makes is readable or writable for everybody")
        func fileModes() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylogThatIsDown()
                let hsm = try await stage.hsm()
                _ = try stage.service(ConfigurationText(to: graylog, watching: hsm), after: "umask 0")
                // The status socket is the last that it makes before it polls.
                _ = try await hsm.facts(within: patience) { $0.requests >= 2 }
                let spool = stage.stateDirectory().appending(path: "spool.sqlite").path()
                let modes = try [spool, spool + "-wal", stage.statusSocket()].map(Self.mode)
                #expect(modes == [0o600, 0o600, 0o660])
                let made = try FileManager.default.contentsOfDirectory(atPath: stage.stateDirectory().path())
                for file in made {
                    #expect(try Self.mode(stage.stateDirectory().appending(path: file).path()) & 0o077 == 0, "\(file)")
                }
            }
        }

        @Test("with stdin, stdout and stderr closed, no connection and no file gets the number of one of them")
        func closedDescriptors() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm()
                let service = try stage.service(
                    ConfigurationText(to: graylog, watching: hsm), after: "exec 0<&- 1>&- 2>&-")
                var mail = Mail()
                try await mail.collect(readings: 2, from: graylog)
                let opened = try (0...2).map { number in
                    try FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/\(service.processIdentifier)/fd/\(number)")
                }
                #expect(opened == ["/dev/null", "/dev/null", "/dev/null"])
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        private static func mode(_ path: String) throws -> mode_t {
            var status = stat()
            try #require(stat(path, &status) == 0, "\(path)")
            return status.st_mode & 0o7777
        }
    }
}
