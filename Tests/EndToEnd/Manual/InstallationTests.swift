// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// What `make install` puts where, into a folder of the test's own.
    @Suite("make install", .timeLimit(.minutes(1)))
    struct InstallationTests {
        private static let package = ManualPage.folder.appending(path: "../..").standardized.path()

        /// Types `hsmwatch se` and a tab into an interactive zsh, which knows completions from a folder.
        private static let zsh = #"""
            zmodload zsh/zpty
            zpty -b shell zsh -f -i
            zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; print ready-\$((1 + 1))"
            zpty -r shell seen '*ready-2*'
            zpty -w -n shell $'hsmwatch se\t'
            zpty -r shell seen '*hsmwatch se*nd-test*'
            print -r -- "$seen"
            zpty -d shell
            """#

        /// Asks the completion script what `hsmwatch se` can become, as bash does at a tab.
        private static let bash = #"""
            source "$1"
            COMP_WORDS=(hsmwatch se) COMP_CWORD=1 COMP_LINE='hsmwatch se' COMP_POINT=11
            function=$(complete -p hsmwatch | grep -o -- '-F [^ ]*')
            "${function#-F }" hsmwatch se hsmwatch
            printf '%s\n' "${COMPREPLY[@]}"
            """#

        /// Installs, and answers the root of what was installed.
        private static func install(on stage: Stage) async throws -> URL {
            let root = stage.folder.appending(path: "root")
            try await make("install", root, on: stage)
            return root
        }

        private static func make(_ goal: String, _ root: URL, prefix: String = "/usr", on stage: Stage) async throws {
            let places = ["BINARY=\(Stage.program.path())", "DESTDIR=\(root.path())", "PREFIX=\(prefix)"]
            let record = try await stage.outcome(ofTool: "make", ["-C", package, goal] + places)
            #expect(record.ending == .exited(0), "\(record)")
        }

        /// The paths below a root, each as an absolute one.
        private static func files(below root: URL) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: root.path())
                .filter { path in
                    var isFolder: ObjCBool = false
                    let exists = FileManager.default.fileExists(
                        atPath: root.appending(path: path).path(), isDirectory: &isFolder)
                    return exists && !isFolder.boolValue
                }
                .map { "/" + $0 }
        }

        @Test("installs every file that the manual names, and uninstall takes all but the configuration away")
        func files() async throws {
            try await Stage.play { stage in
                let root = try await Self.install(on: stage)
                let installed = Set(try Self.files(below: root))
                for name in ["hsmwatch.1", "hsmwatch.yaml.5", "hsmwatch.service.8"] {
                    let page = try ManualPage(name)
                    for file in try #require(page.part("FILES")).entries.map(\.name)
                    where file.hasPrefix("/usr/") || file.hasPrefix("/etc/") {
                        #expect(
                            installed.contains { $0 == file || file.hasSuffix("/") && $0.hasPrefix(file) }, "\(file)")
                    }
                }
                try await Self.make("uninstall", root, on: stage)
                #expect(try Self.files(below: root) == ["/etc/hsmwatch/hsmwatch.yaml"])
            }
        }

        @Test("installs the manual pages where man looks")
        func manualPages() async throws {
            try await Stage.play { stage in
                let root = try await Self.install(on: stage)
                for (name, section) in [("hsmwatch.1", 1), ("hsmwatch.yaml.5", 5), ("hsmwatch.service.8", 8)] {
                    let page = root.appending(path: "usr/share/man/man\(section)/\(name).gz")
                    let text = try await stage.outcome(ofTool: "gzip", ["-cd", page.path()]).output
                    #expect(text == (try String(contentsOf: ManualPage.folder.appending(path: name), encoding: .utf8)))
                }
            }
        }

        @Test("installs the guide: every page, with the pictures and the content pack that they link to")
        func guide() async throws {
            try await Stage.play { stage in
                let root = try await Self.install(on: stage)
                let docs = root.appending(path: "usr/share/doc/hsmwatch/docs")
                let source = URL(filePath: Self.package).appending(path: "docs")
                let pages = try Self.files(below: source).filter { !$0.hasPrefix("/man/") }
                #expect(pages.contains("/pictures/dashboard.png"))
                #expect(try Self.files(below: docs).sorted() == pages.sorted())
            }
        }

        @Test("another prefix is in the unit and in the manual pages")
        func prefix() async throws {
            try await Stage.play { stage in
                let root = stage.folder.appending(path: "root")
                try await Self.make("install", root, prefix: "/opt/hsmwatch", on: stage)
                let unit = root.appending(path: "opt/hsmwatch/lib/systemd/system/hsmwatch.service")
                #expect(try String(contentsOf: unit, encoding: .utf8).contains("ExecStart=/opt/hsmwatch/bin/hsmwatch"))
                let page = root.appending(path: "opt/hsmwatch/share/man/man8/hsmwatch.service.8.gz")
                let text = try await stage.outcome(ofTool: "gzip", ["-cd", page.path()]).output
                #expect(text.contains("\n.It Pa /opt/hsmwatch/bin/hsmwatch\n") && !text.contains("/usr/"))
            }
        }

        @Test("each shell completes a subcommand by the script that is installed for it")
        func completions() async throws {
            try await Stage.play { stage in
                let share = try await Self.install(on: stage).appending(path: "usr/share")
                let bash = share.appending(path: "bash-completion/completions/hsmwatch").path()
                let byBash = try await stage.outcome(ofTool: "bash", ["-c", Self.bash, "bash", bash])
                #expect(byBash.output == "send-test\n", "\(byBash)")
                let zsh = share.appending(path: "zsh/vendor-completions").path()
                let byZsh = try await stage.outcome(ofTool: "zsh", ["-fc", Self.zsh, "zsh", zsh])
                #expect(byZsh.output.contains("hsmwatch send-test"), "\(byZsh)")
                let fish = share.appending(path: "fish/vendor_completions.d/hsmwatch.fish").path()
                let byFish = try await stage.outcome(
                    ofTool: "fish", ["--no-config", "-c", "source \(fish); complete --do-complete 'hsmwatch se'"])
                #expect(byFish.output.hasPrefix("send-test\t"), "\(byFish)")
            }
        }
    }
}
