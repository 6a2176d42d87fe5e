// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
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
        major: Int = 7
    ) -> PackPresence {
        PackPresence(
            version: GraylogRelease(major: major, minor: 2), revisions: revisions, installations: installations,
            inputs: [])
    }

    private static func plan(_ presence: PackPresence) throws(GraylogProblem) -> PackPlan {
        try PackPlan.installing(fingerprint: wanted, in: presence)
    }

    // MARK: Installing

    @Test(
        "on a Graylog without the pack is to upload the first revision and to install it"
    )
    func first() throws {
        let plan = try Self.plan(Self.presence())
        #expect(plan.steps == [.upload(revision: 1), .install(revision: 1), .start])
        #expect(plan.notes == [])
    }

    @Test("is empty when the pack is installed and its stream runs")
    func unchanged() throws {
        let presence = Self.presence([Self.revision(3, Self.wanted)], [try Self.installation("i", of: 3)])
        #expect(try Self.plan(presence).steps == [])
        #expect(try Self.plan(presence).notes == [])
    }

    @Test("keeps the stream in its index set, when the pack is replaced and when that was interrupted")
    func storage() throws {
        let storage = PackPresence.StreamStorage(indexSet: try GraylogID(parsing: "set"), leavesDefaultStream: true)
        let stream = PackPresence.Stream(id: try GraylogID(parsing: "s"), isPaused: false, storage: storage)
        let old = PackPresence.Installation(
            id: try GraylogID(parsing: "i"), revision: 4,
            entities: try Self.installation("i", of: 4).entities, stream: stream)
        let plan = try Self.plan(Self.presence([Self.revision(4, Self.other)], [old]))
        #expect(
            plan.steps == [
                .upload(revision: 5), .install(revision: 5), .store(storage), .start, .overlap(with: [4]),
                .uninstall(old),
            ])
        #expect(plan.notes.last?.contains("found no more unless another stream has them") == true)
        let new = try Self.installation("j", of: 5, isPaused: true)
        let paused = try #require(new.stream)
        let both = Self.presence([Self.revision(4, Self.other), Self.revision(5, Self.wanted)], [old, new])
        #expect(try Self.plan(both).steps == [.store(storage), .resume(paused), .overlap(with: [4]), .uninstall(old)])
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
        #expect(
            plan.steps == [
                .upload(revision: 5), .install(revision: 5), .start, .overlap(with: [4]), .uninstall(old),
            ])
        #expect(plan.notes.count == 5)
        #expect(plan.notes[0].contains("deletes 1 input, 1 stream, 2 event definitions, with all that was changed"))
        #expect(plan.notes[1].contains("may come twice"))
        #expect(plan.notes[2].contains("waits in its spool"))
        #expect(plan.notes[3].contains("another id"))
        #expect(plan.notes[4].contains("by sharing"))
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
        #expect(plan.steps == [.install(revision: 3), .start, .overlap(with: [1]), .uninstall(old)])
    }

    @Test("makes anew what has lost its stream")
    func withoutStream() throws {
        let old = try Self.installation("i", of: 3, hasStream: false)
        let plan = try Self.plan(Self.presence([Self.revision(3, Self.wanted)], [old]))
        #expect(plan.steps == [.install(revision: 3), .start, .uninstall(old)])
    }

    @Test("makes anew what has lost an alert, a notification or a dashboard, and says it")
    func damaged() throws {
        var old = try Self.installation("i", of: 3)
        old.lost = [old.entities[2]]
        let plan = try Self.plan(Self.presence([Self.revision(3, Self.wanted)], [old]))
        #expect(plan.steps == [.install(revision: 3), .start, .overlap(with: [3]), .uninstall(old)])
        #expect(plan.notes.first == "Graylog no longer has the event definition 'a': the pack is installed anew")
    }

    @Test("leaves an alert off that somebody has switched off, and says it")
    func off() throws {
        var installation = try Self.installation("i", of: 3)
        installation.off = [installation.entities[3]]
        let plan = try Self.plan(Self.presence([Self.revision(3, Self.wanted)], [installation]))
        #expect(plan.steps == [])
        #expect(plan.notes == ["the alert 'b' is switched off in Graylog, and stays so: switch it on in Alerts"])
    }

    @Test("leaves one of several installations, the right one if there is one")
    func several() throws {
        let (old, new) = (try Self.installation("i", of: 1), try Self.installation("j", of: 2))
        let revisions = [Self.revision(1, Self.other), Self.revision(2, Self.wanted)]
        let plan = try Self.plan(Self.presence(revisions, [new, old]))
        #expect(plan.steps == [.overlap(with: [1]), .uninstall(old)])
        #expect(plan.kept == new)
        #expect(plan.notes.last?.contains("more than once") == true)
        let twice = try Self.plan(
            Self.presence([Self.revision(1, Self.other)], [old, try Self.installation("k", of: 1)]))
        #expect(twice.steps.count == 6)
    }

    @Test("deletes revisions that hsmwatch has uploaded, except five with the new one")
    func old() throws {
        let revisions = (1...8).map { Self.revision($0, $0 == 2 ? nil : Self.other) }
        let plan = try Self.plan(Self.presence(revisions, [try Self.installation("i", of: 8)]))
        #expect(plan.steps.suffix(3) == [.delete(revision: 1), .delete(revision: 3), .delete(revision: 4)])
    }

    @Test("says what Graylog has when the way was left in the middle")
    func standing() throws {
        let (old, new) = (try Self.installation("i", of: 4), try Self.installation("j", of: 5, isPaused: true))
        #expect(PackPlan.standing([]).contains("Graylog has no alerts of hsmwatch"))
        #expect(PackPlan.standing([old]) == "revision 4 is installed, with its alerts")
        #expect(PackPlan.standing([new]).contains("its stream is paused, so that no alert comes"))
        #expect(PackPlan.standing([old, new]) == "revision 4 is installed, with its alerts")
        let other = try Self.installation("k", of: 6)
        #expect(PackPlan.standing([old, new, other]).hasPrefix("revisions 4 and 6 are installed, so that an alert"))
        let bare = try Self.installation("l", of: 7, hasStream: false)
        #expect(PackPlan.standing([bare]) == "revision 7 is installed, without a stream, so that no alert comes")
        #expect(PackPlan.standing([bare, old]) == "revision 4 is installed, with its alerts")
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
