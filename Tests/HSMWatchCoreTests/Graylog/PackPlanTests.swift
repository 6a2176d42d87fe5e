// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("The plan for the content pack")
struct PackPlanTests {
    private static let wanted = "00000000000000aa"
    private static let other = "00000000000000bb"

    private static func revision(_ number: Int, _ fingerprint: String?) -> PackPresence.Revision {
        PackPresence.Revision(number: number, fingerprint: fingerprint)
    }

    private static func installation(
        _ id: String, of revision: Int, isPaused: Bool = false, hasStream: Bool = true
    ) throws -> PackPresence.Installation {
        let stream = try GraylogID(parsing: "\(id)-stream")
        return PackPresence.Installation(
            id: try GraylogID(parsing: id), revision: revision,
            entities: [
                .init(kind: "input", id: try GraylogID(parsing: "\(id)-input"), title: "GELF TCP"),
                .init(kind: "stream", id: stream, title: "hsmwatch"),
                .init(kind: "event_definition", id: try GraylogID(parsing: "\(id)-a"), title: "a"),
                .init(kind: "event_definition", id: try GraylogID(parsing: "\(id)-b"), title: "b"),
            ],
            stream: hasStream ? PackPresence.Stream(id: stream, isPaused: isPaused) : nil)
    }

    private static func presence(
        _ revisions: [PackPresence.Revision] = [], _ installations: [PackPresence.Installation] = [],
        inputs: [PackPresence.Input] = [], major: Int = 7
    ) -> PackPresence {
        PackPresence(
            version: GraylogRelease(major: major, minor: 2), revisions: revisions, installations: installations,
            inputs: inputs)
    }

    private static func plan(_ presence: PackPresence) throws(GraylogProblem) -> PackPlan {
        try PackPlan.installing(fingerprint: wanted, inputPort: 12_201, in: presence)
    }

    // MARK: Installing

    @Test(
        "on a Graylog without the pack is to upload the first revision and to install it"
    )
    func first() throws {
        let plan = try Self.plan(Self.presence())
        #expect(plan.steps == [.upload(revision: 1), .install(revision: 1), .start])
        #expect(plan.notes == [])
        #expect(plan.fallback == nil)
        #expect(plan.aftermath(in: []) == .nothing)
    }

    @Test("is empty when the pack is installed and its stream runs")
    func unchanged() throws {
        let presence = Self.presence([Self.revision(3, Self.wanted)], [try Self.installation("i", of: 3)])
        #expect(try Self.plan(presence).steps == [])
        #expect(try Self.plan(presence).notes == [])
    }

    @Test("keeps the stream in its index set, when the pack is replaced and when it goes back")
    func storage() throws {
        let storage = PackPresence.StreamStorage(indexSet: try GraylogID(parsing: "set"), leavesDefaultStream: true)
        let stream = PackPresence.Stream(id: try GraylogID(parsing: "s"), isPaused: false, storage: storage)
        let old = PackPresence.Installation(
            id: try GraylogID(parsing: "i"), revision: 4,
            entities: try Self.installation("i", of: 4).entities, stream: stream)
        let plan = try Self.plan(Self.presence([Self.revision(4, Self.other)], [old]))
        #expect(
            plan.steps == [.upload(revision: 5), .uninstall(old), .install(revision: 5), .store(storage), .start])
        #expect(plan.notes.last?.contains("found no more unless another stream has them") == true)
        #expect(plan.aftermath(in: []) == .restoration([.install(revision: 4), .store(storage), .start]))
    }

    @Test("resumes the stream of a pack that is installed, and does no more")
    func paused() throws {
        let installation = try Self.installation("i", of: 3, isPaused: true)
        let stream = try #require(installation.stream)
        let presence = Self.presence([Self.revision(3, Self.wanted)], [installation])
        #expect(try Self.plan(presence).steps == [.resume(stream)])
    }

    @Test("replaces an older revision by the next number, and says before what that costs")
    func upgrade() throws {
        let old = try Self.installation("i", of: 4)
        let plan = try Self.plan(Self.presence([Self.revision(4, Self.other)], [old]))
        #expect(plan.steps == [.upload(revision: 5), .uninstall(old), .install(revision: 5), .start])
        #expect(plan.fallback == 4)
        #expect(plan.notes.count == 4)
        #expect(plan.notes[0].contains("deletes 1 input, 1 stream, 2 event definitions, with all that was changed"))
        #expect(plan.notes[1].contains("waits in its spool"))
        #expect(plan.notes[2].contains("another id"))
        #expect(plan.notes[3].contains("by sharing"))
    }

    @Test("counts on from a revision that somebody else has made of the pack, and leaves it there")
    func foreign() throws {
        let plan = try Self.plan(Self.presence([Self.revision(9, nil)]))
        #expect(plan.steps == [.upload(revision: 10), .install(revision: 10), .start])
    }

    @Test("installs what was uploaded before and is not installed, without another upload")
    func uploaded() throws {
        let old = try Self.installation("i", of: 1)
        let revisions = [Self.revision(2, Self.wanted), Self.revision(1, Self.other), Self.revision(3, Self.wanted)]
        let plan = try Self.plan(Self.presence(revisions, [old]))
        #expect(plan.steps == [.uninstall(old), .install(revision: 3), .start])
        #expect(plan.fallback == 1)
    }

    @Test("makes anew what has lost its stream, and has no other revision to go back to")
    func withoutStream() throws {
        let old = try Self.installation("i", of: 3, hasStream: false)
        let plan = try Self.plan(Self.presence([Self.revision(3, Self.wanted)], [old]))
        #expect(plan.steps == [.uninstall(old), .install(revision: 3), .start])
        #expect(plan.fallback == nil)
    }

    @Test("leaves one of several installations, the right one if there is one")
    func several() throws {
        let (old, new) = (try Self.installation("i", of: 1), try Self.installation("j", of: 2))
        let revisions = [Self.revision(1, Self.other), Self.revision(2, Self.wanted)]
        let plan = try Self.plan(Self.presence(revisions, [new, old]))
        #expect(plan.steps == [.uninstall(old)])
        #expect(plan.kept == new)
        #expect(plan.notes.last?.contains("more than once") == true)
        let twice = try Self.plan(
            Self.presence([Self.revision(1, Self.other)], [old, try Self.installation("k", of: 1)]))
        #expect(twice.steps.count == 5)
    }

    @Test("deletes revisions that hsmwatch has uploaded, except five with the new one")
    func old() throws {
        let revisions = (1...8).map { Self.revision($0, $0 == 2 ? nil : Self.other) }
        let plan = try Self.plan(Self.presence(revisions, [try Self.installation("i", of: 8)]))
        #expect(plan.steps.suffix(4) == [.start, .delete(revision: 1), .delete(revision: 3), .delete(revision: 4)])
    }

    @Test("goes back to the revision before when Graylog does not install the new one, but only if nothing is there")
    func aftermath() throws {
        let old = try Self.installation("i", of: 4)
        let plan = try Self.plan(Self.presence([Self.revision(4, Self.other)], [old]))
        #expect(plan.aftermath(in: []) == .restoration([.install(revision: 4), .start]))
        let new = try Self.installation("j", of: 5)
        #expect(plan.aftermath(in: [old, new]) == .installed(new))
        #expect(plan.aftermath(in: [old]) == .nothing)
    }

    @Test(
        "is refused while another input has the port",
        arguments: [
            ("org.graylog2.inputs.gelf.tcp.GELFTCPInput", 12_201, true),
            ("org.graylog2.inputs.beats.Beats2Input", 12_201, true),
            ("org.graylog2.inputs.gelf.udp.GELFUDPInput", 12_201, false),
            ("org.graylog2.inputs.gelf.tcp.GELFTCPInput", 12_202, false),
        ] as [(String, Int, Bool)])
    func port(type: String, port: Int, isRefused: Bool) throws {
        let input = PackPresence.Input(id: try GraylogID(parsing: "x"), title: "GELF", type: type, port: port)
        let presence = Self.presence(inputs: [input])
        guard isRefused else {
            #expect(try Self.plan(presence).steps.count == 3)
            return
        }
        let problem = #expect(throws: GraylogProblem.self) { try Self.plan(presence) }
        #expect(problem?.description.contains("Graylog's input 'GELF' has port 12201 already") == true)
    }

    @Test("does not mind its own input, nor any when the pack has none")
    func ownPort() throws {
        let old = try Self.installation("i", of: 4)
        let input = PackPresence.Input(
            id: try #require(old.input).id, title: "GELF", type: "GELFTCPInput", port: 12_201)
        let presence = Self.presence([Self.revision(4, Self.other)], [old], inputs: [input])
        #expect(try Self.plan(presence).steps.count == 4)
        let free = PackPresence.Input(id: try GraylogID(parsing: "x"), title: "Kafka", type: "Kafka", port: nil)
        #expect(
            try PackPlan.installing(fingerprint: Self.wanted, inputPort: nil, in: Self.presence(inputs: [free])).steps
                .count
                == 3)
    }

    @Test("is refused by a Graylog that is too old, and by one that has the last revision")
    func refused() throws {
        let old = #expect(throws: GraylogProblem.self) { try Self.plan(Self.presence(major: 4)) }
        #expect(old?.description == "Graylog 4.2.0 is too old for the content pack; needed: 5.2.0 or later")
        let last = Self.presence([Self.revision(ContentPack.revisions.upperBound, Self.other)])
        let full = #expect(throws: GraylogProblem.self) { try Self.plan(last) }
        #expect(full?.description.contains("2147483647") == true)
    }

    // MARK: Uninstalling

    @Test("to remove the pack is to uninstall it and to delete its revisions, whoever made them")
    func removal() throws {
        let installation = try Self.installation("i", of: 4)
        let plan = PackPlan.uninstalling(from: Self.presence([Self.revision(4, nil)], [installation]))
        #expect(plan.steps == [.uninstall(installation), .deleteAll])
        #expect(plan.notes.count == 3)
        #expect(PackPlan.uninstalling(from: Self.presence([Self.revision(4, nil)])).steps == [.deleteAll])
        #expect(PackPlan.uninstalling(from: Self.presence()).steps == [])
    }
}
