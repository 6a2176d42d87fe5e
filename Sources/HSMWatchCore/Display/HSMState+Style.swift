// SPDX-License-Identifier: Apache-2.0

extension HSMState {
    /// How the state's name looks.
    var style: Style {
        switch self {
        case .ok: .green
        case .warning: .blackOnYellow
        case .critical: .whiteOnRed
        case .unreachable: .whiteOnMagenta
        case .unknown: .reverse
        }
    }

    /// How what is drawn of the sockets looks.
    var gaugeStyle: Style? {
        switch self {
        case .ok: .green
        case .warning: .yellow
        case .critical: .red
        case .unreachable, .unknown: .magenta
        }
    }
}
