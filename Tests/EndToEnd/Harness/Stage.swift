// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

/// Everything that one test starts: a folder, processes, HSMs and Graylogs. All of it ends with the test.
final class Stage {
    /// A folder of the test's own, which is also where its processes put temporary files.
    let folder: URL

    private var children: [Child] = []
    private var terminalProcesses: [TerminalProcess] = []
    private var hsms: [HSMSimulator] = []
    private var receivers: [Receiver] = []
    private var notifySockets: [NotifySocket] = []

    /// The program under test, which was built beside this one.
    static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "hsmwatch")

    /// The program as it is installed, for tests that push many messages; where it was not built, the one under test.
    static let releaseProgram =
        ProcessInfo.processInfo.environment["RELEASE_PROGRAM"].map { URL(filePath: $0) } ?? program

    /// What a process must not inherit: it would change what hsmwatch does.
    private static let meaningful: Set = [
        "JOURNAL_STREAM", "NO_COLOR", "NOTIFY_SOCKET", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "WATCHDOG_PID",
        "WATCHDOG_USEC",
    ]

    /// What describes a terminal that obeys sequences and shows every glyph.
    private static let usualTerminal = ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"]

    /// Plays a test, and ends what it has started. When the test throws, what its processes said is shown too.
    static func play<Outcome>(_ test: (Stage) async throws -> Outcome) async throws -> Outcome {
        let stage = try Stage()
        let outcome: Result<Outcome, any Error>
        do {
            outcome = .success(try await test(stage))
        } catch {
            outcome = .failure(error)
            await stage.showProcesses()
        }
        try await stage.clear()
        return try outcome.get()
    }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hsmwatch-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Where the service keeps its spool.
    func stateDirectory(of service: String = "service") -> URL { folder.appending(path: service) }

    /// Where the service is asked.
    func statusSocket(of service: String = "service") -> String {
        folder.appending(path: "\(service).run/status.sock").path()
    }

    // MARK: Processes

    /// Starts hsmwatch with these arguments.
    func hsmwatch(
        _ arguments: [String], takesInput: Bool = false, takeOutput: (@Sendable (Data) async -> Void)? = nil
    ) throws -> Child {
        try start(Self.program, arguments, takesInput: takesInput, takeOutput: takeOutput)
    }

    /// Runs hsmwatch to its end.
    func outcome(of arguments: [String]) async throws -> Child.Record {
        try await hsmwatch(arguments).ended()
    }

    /// Runs a program of the system to its end.
    func outcome(ofTool name: String, _ arguments: [String]) async throws -> Child.Record {
        try await tool(name, arguments).ended()
    }

    /// Starts a program of the system.
    func tool(
        _ name: String, _ arguments: [String], takesInput: Bool = false,
        takeOutput: (@Sendable (Data) async -> Void)? = nil
    ) throws -> Child {
        try start(
            URL(filePath: "/usr/bin/env"), [name] + arguments, takesInput: takesInput, takeOutput: takeOutput)
    }

    /// Leaves the spool of a service that could deliver nothing and has ended in good order.
    ///
    /// - Parameter times: how often it has polled this HSM at least.
    func leaveSpool(_ configuration: ConfigurationText, polling hsm: HSMSimulator, times: Int = 3) async throws {
        let service = try service(configuration)
        _ = try await hsm.facts(within: patience) { $0.requests >= times }
        #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
    }

    /// Starts the service, with its spool in a folder that its name stands for.
    ///
    /// - Parameter preparation: what a shell does before it becomes the service: limits, masks.
    func service(
        _ configuration: ConfigurationText, named name: String = "service", program: URL = Stage.program,
        environment: [String: String] = [:], after preparation: String = ":"
    ) throws -> Child {
        let file = try change(configuration, of: name)
        let runtimeDirectory = folder.appending(path: "\(name).run")
        try FileManager.default.createDirectory(at: runtimeDirectory, withIntermediateDirectories: true)
        let directories = [
            "STATE_DIRECTORY": stateDirectory(of: name).path(), "RUNTIME_DIRECTORY": runtimeDirectory.path(),
        ]
        return try start(
            URL(filePath: "/bin/sh"),
            ["-c", preparation + #"; exec "$0" run --config "$1""#, program.path(), file],
            directories.merging(environment) { $1 })
    }

    /// Starts hsmwatch on a terminal of its own, of a usual kind and in UTF-8 unless `environment` says otherwise.
    func hsmwatch(
        _ arguments: [String], on terminal: Pseudoterminal, environment: [String: String] = [:]
    ) throws -> TerminalProcess {
        let process = try TerminalProcess(
            Self.program, arguments,
            environment: self.environment(with: Self.usualTerminal.merging(environment) { $1 }), on: terminal)
        terminalProcesses.append(process)
        return process
    }

    /// What a process inherits, and what it gets besides.
    private func environment(with more: [String: String]) -> [String: String] {
        ProcessInfo.processInfo.environment.filter { !Self.meaningful.contains($0.key) }
            .merging(["TMPDIR": folder.path()]) { $1 }.merging(more) { $1 }
    }

    /// Writes a service's configuration, for its start or a reload. Answers the file's path.
    @discardableResult
    func change(_ configuration: ConfigurationText, of service: String = "service") throws -> String {
        try write(configuration.text, to: "\(service).yaml")
    }

    private func start(
        _ program: URL, _ arguments: [String], _ environment: [String: String] = [:], takesInput: Bool = false,
        takeOutput: (@Sendable (Data) async -> Void)? = nil
    ) throws -> Child {
        let child = try Child(
            program, arguments, environment: self.environment(with: environment), takesInput: takesInput,
            takeOutput: takeOutput)
        children.append(child)
        return child
    }

    // MARK: HSMs and Graylogs

    /// An HSM of this process, on a free port.
    func hsm(_ behaviour: HSMBehaviour = HSMBehaviour()) async throws -> HSMSimulator {
        let hsm = try await HSMSimulator.start(on: .free, behaviour: behaviour)
        hsms.append(hsm)
        return hsm
    }

    /// A Graylog of this process, on a free port.
    func graylog(_ type: OutputKind = .gelfTCP) async throws -> Receiver {
        let receiver = try await Receiver.start(on: .free, type: type)
        receivers.append(receiver)
        return receiver
    }

    /// A Graylog that is down, on a port that stays its own.
    func graylogThatIsDown() async throws -> Receiver {
        let receiver = try await graylog()
        try await receiver.stop()
        return receiver
    }

    /// What systemd listens on, with an address in the file system or one that begins with `@`.
    func notifySocket(isAbstract: Bool = false) throws -> NotifySocket {
        let path = folder.appending(path: "notify").path()
        let socket = try NotifySocket(isAbstract ? "@\(path)" : path)
        notifySockets.append(socket)
        return socket
    }

    // MARK: Files

    /// Writes a file into the folder and answers its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path()
    }

    private func showProcesses() async {
        for child in children {
            Issue.record("Process \(child.processIdentifier): \(await child.record.value)")
        }
    }

    private func clear() async throws {
        for child in children { try await child.end() }
        for process in terminalProcesses { process.signal(SIGKILL) }
        for hsm in hsms { await hsm.stop() }
        for receiver in receivers { await receiver.shutDown() }
        for socket in notifySockets { socket.shutDown() }
        try FileManager.default.removeItem(at: folder)
    }
}

extension ListenAddress {
    /// A free port of this machine.
    static let free = ListenAddress(host: "127.0.0.1", port: 0)
}
