// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("The spool's place", .timeLimit(.minutes(1)))
    struct SpoolPlaceTests {
        /// What a shell does to become a user whom files give only what they give everybody.
        private static let nobody =
            #"exec setpriv --reuid 65534 --regid 65534 --clear-groups "$0" run --config "$1""#

        /// Expects that a service has ended before it polled, with exit 73 and one line that says why and what to do.
        private static func expectRefusal(
            _ record: Child.Record, in directory: String, because reason: String, by hsm: HSMSimulator
        ) async {
            #expect(record.ending == .exited(73))
            #expect(
                record.errors.contains(
                    "ERROR cannot open the spool in \(directory): \(reason): nothing was polled; start hsmwatch with"
                        + " systemctl, or set STATE_DIRECTORY to a directory that this user may write"))
            #expect(record.errors.count { $0 == "\n" } == 1)
            #expect(await hsm.facts.accepted == 0)
        }

        @Test(
            "a start without permission for the directory ends with exit 73 and polls nothing",
            .enabled(if: Disk.isPossible, "only root can take another user's permission away"))
        func permission() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let state = stage.stateDirectory()
                try FileManager.default.createDirectory(at: state, withIntermediateDirectories: false)
                #expect(chmod(state.path(), 0o700) == 0)
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                let record = try await stage.service(configuration, after: Self.nobody).ended()
                let directory = state.path()
                await Self.expectRefusal(record, in: directory, because: "permission denied", by: hsm)
            }
        }

        @Test(
            "a start without permission for a file of the spool ends with exit 73 and leaves the spool as it is",
            .enabled(if: Disk.isPossible, "only root can take another user's permission away"))
        func filePermission() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                try await stage.leaveSpool(configuration, polling: hsm)
                let polls = await hsm.facts.accepted
                let state = stage.stateDirectory()
                #expect(chmod(state.path(), 0o777) == 0)
                let file = state.appending(path: "spool.sqlite")
                let left = try Data(contentsOf: file)
                let record = try await stage.service(configuration, after: Self.nobody).ended()
                #expect(record.ending == .exited(73))
                #expect(record.errors.contains("cannot open the spool in \(state.path()): \(file.path()): permission"))
                #expect(await hsm.facts.accepted == polls)
                #expect(try Data(contentsOf: file) == left)
            }
        }

        @Test(
            "a user without STATE_DIRECTORY who may not write the default directory gets exit 73 and polls nothing",
            .enabled(if: Disk.isPossible, "only root can take another user's permission away"))
        func byHand() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                let record = try await stage.service(
                    configuration, after: "unset STATE_DIRECTORY; " + Self.nobody
                ).ended()
                await Self.expectRefusal(record, in: "/var/lib/hsmwatch", because: "permission denied", by: hsm)
            }
        }

        @Test("a start whose directory cannot exist ends with exit 73 and polls nothing")
        func absent() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let record = try await stage.service(
                    ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm),
                    environment: ["STATE_DIRECTORY": "/dev/null/state"]
                ).ended()
                await Self.expectRefusal(record, in: "/dev/null/state", because: "not a directory", by: hsm)
            }
        }

        @Test("a start with a folder in the place of the database ends with exit 73 and polls nothing")
        func folder() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let state = stage.stateDirectory().path()
                try FileManager.default.createDirectory(
                    atPath: state + "/spool.sqlite", withIntermediateDirectories: true)
                let record = try await stage.service(
                    ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm)
                ).ended()
                await Self.expectRefusal(
                    record, in: state, because: "\(state)/spool.sqlite: is a directory", by: hsm)
            }
        }

        @Test("of several directories in STATE_DIRECTORY and RUNTIME_DIRECTORY the first is used")
        func lists() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let folders = ["a", "b", "c"].map { stage.folder.appending(path: $0).path() }
                try FileManager.default.createDirectory(atPath: folders[2], withIntermediateDirectories: false)
                let service = try stage.service(
                    ConfigurationText(to: try await stage.graylogThatIsDown(), watching: hsm),
                    environment: [
                        "STATE_DIRECTORY": "\(folders[0]):\(folders[1])",
                        "RUNTIME_DIRECTORY": "\(folders[2]):\(folders[1])",
                    ])
                _ = try await service.said { $0.errors.contains("started") }
                #expect(FileManager.default.fileExists(atPath: folders[0] + "/spool.sqlite"))
                #expect(FileManager.default.fileExists(atPath: folders[2] + "/status.sock"))
                #expect(!FileManager.default.fileExists(atPath: folders[1]))
                #expect(!FileManager.default.fileExists(atPath: folders[0] + ":"))
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}
