// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch check", .timeLimit(.minutes(1)))
    struct CheckTests {
        private static let valid = """
            hsms:
              - {name: khi-1, address: "10.10.5.6:9010"}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: ["10.10.5.7:12201"]}

            """

        @Test("a valid configuration ends it with exit 0, and says so on stderr")
        func valid() async throws {
            try await Stage.play { stage in
                let file = try stage.write(Self.valid, to: "valid.yaml")
                let record = try await stage.outcome(of: ["check", "--config", file])
                #expect(record.ending == .exited(0))
                #expect(record.output == "")
                #expect(record.errors == "\(file): 1 HSM, 1 output: valid\n")
            }
        }

        @Test("every problem is reported with file, line and column, and their number at the end: exit 78")
        func invalid() async throws {
            try await Stage.play { stage in
                let file = try stage.write(
                    """
                    hsms:
                      - name: khi-1
                        address: 10.10.5.6:9010
                        intervall: 5s
                      - name: khi-1
                        address: 10.10.5.7:9010
                        timeout: 10s
                    outputs:
                      - {name: graylog, type: gelf-tpc, endpoints: ["10.10.5.7:12201"]}

                    """, to: "invalid.yaml")
                let record = try await stage.outcome(of: ["check", "--config", file])
                #expect(record.ending == .exited(78))
                #expect(record.output == "")
                let problems = record.errors.split(separator: "\n")
                let places = ["4:5", "5:11", "7:14", "9:27"].map { "\(file):\($0): error: " }
                #expect(zip(problems, places).allSatisfy { $0.hasPrefix($1) }, "\(record.errors)")
                #expect(problems.count == places.count + 1)
                #expect(problems.last == "\(file): 4 errors: not valid")
                #expect(problems.first?.contains("interval") == true)
            }
        }

        @Test("the example is refused in the words of run, and half of it is warned of")
        func example() async throws {
            try await Stage.play { stage in
                func text(_ hsm: String) -> String {
                    Self.valid.replacing("10.10.5.6:9010", with: hsm).replacing(
                        "10.10.5.7:12201", with: "127.0.0.1:12201")
                }
                let file = try stage.write(text("192.0.2.11:9010"), to: "example.yaml")
                let checked = try await stage.outcome(of: ["check", "--config", file])
                #expect(checked.ending == .exited(78))
                let problem = "\(file):2:28: error: hsms[0].address: 192.0.2.11:9010 is only an example; "
                #expect(checked.errors.hasPrefix(problem), "\(checked)")
                let run = try await stage.outcome(of: ["run", "--config", file])
                #expect(run.ending == .exited(78))
                #expect(run.errors.contains(problem), "\(run)")
                let half = try stage.write(text("192.0.2.13:9010"), to: "half.yaml")
                let warned = try await stage.outcome(of: ["check", "--config", half])
                #expect(warned.ending == .exited(0))
                #expect(warned.errors.contains("warning: outputs[0].endpoints[0]: 127.0.0.1:12201 is the example's"))
            }
        }

        @Test("a file that cannot be read ends it with exit 78")
        func missing() async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: ["check", "--config", "/dev/null/missing.yaml"])
                #expect(record.ending == .exited(78))
                #expect(record.errors.contains("/dev/null/missing.yaml"))
            }
        }

        @Test("--show prints on stdout what is in force, and that is a configuration that shows the same")
        func show() async throws {
            try await Stage.play { stage in
                let file = try stage.write(Self.valid, to: "valid.yaml")
                let shown = try await stage.outcome(of: ["check", "--config", file, "--show"])
                #expect(shown.ending == .exited(0))
                #expect(shown.errors == "")
                for value in ["heartbeat: 1m", "interval: 5s", "timeout: 2s", "connection: persistent", "confirm: 10s"]
                {
                    #expect(shown.output.contains(value))
                }
                let copy = try stage.write(shown.output, to: "shown.yaml")
                let again = try await stage.outcome(of: ["check", "--config", copy, "--show"])
                #expect(again.ending == .exited(0))
                #expect(again.output == shown.output)
            }
        }
    }
}
