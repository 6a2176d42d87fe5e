// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("Why Graylog has not done something")
struct GraylogProblemTests {
    private static func problem(
        _ status: UInt, to request: RESTRequest = .upload([1, 2, 3]), _ message: String? = nil, location: String? = nil
    ) -> GraylogProblem {
        GraylogProblem(to: request, status: status, message: message, location: location)
    }

    @Test(
        "says what to do about it",
        arguments: [
            (301, "a redirection to https://other/api, and none is followed: name its place with --url"),
            (401, "the token is not known: create one"),
            (403, "the token's user lacks a permission: contentpack:create"),
            (405, "nothing there is Graylog's REST API"), (413, "a proxy takes no request of 3 bytes: raise its limit"),
            (429, "try again later"), (500, "its server log says why"), (502, "try again later"),
            (503, "try again later"),
            (504, "try again later"),
        ] as [(UInt, String)])
    func advice(status: UInt, advice: String) {
        let sentence = Self.problem(status, location: "https://other/api").description
        #expect(sentence.hasPrefix("Graylog did not take the content pack: HTTP \(status); "))
        #expect(sentence.contains(advice))
    }

    @Test("says what Graylog itself says, on one line and not without end")
    func message() {
        let sentence = Self.problem(400, "No property x.\nKnown  properties\u{1B}[31m: a").description
        #expect(
            sentence
                == "Graylog did not take the content pack: HTTP 400; Graylog says: No property x. Known properties [31m: a"
        )
        #expect(Self.problem(400, String(repeating: "x", count: 5000)).description.count < 600)
        #expect(Self.problem(418).description == "Graylog did not take the content pack: HTTP 418")
        #expect(Self.problem(418, " \n").description == "Graylog did not take the content pack: HTTP 418")
    }

    @Test("at the first question is perhaps only the wrong path, later it is something that is missing")
    func missing() {
        #expect(Self.problem(404, to: .overview).description.contains("such as /api"))
        #expect(Self.problem(404, to: .revisions, "Content pack x not found!").isMissing)
        #expect(!Self.problem(404, to: .revisions).description.contains("/api"))
    }

    @Test("is uncertain when a change was asked for and nobody has answered")
    func uncertain() {
        #expect(Self.problem(504).isUncertain)
        #expect(!Self.problem(500).isUncertain)
        #expect(!Self.problem(504, to: .revisions).isUncertain)
        #expect(GraylogProblem(to: .upload([]), "no answer within 30s").isUncertain)
        #expect(
            GraylogProblem(to: .upload([]), "no answer within 30s").description
                == "Graylog did not take the content pack: no answer within 30s; whether it has nevertheless is not "
                + "known: run the same command again")
        #expect(
            GraylogProblem(to: .overview, "no answer within 30s").description
                == "Graylog did not say its version: no answer within 30s")
    }
}
