// SPDX-License-Identifier: Apache-2.0

/// The summary sent every `heartbeat`: that hsmwatch lives, and how its HSMs are.
package struct Heartbeat: Hashable, Sendable {
    /// HSMs in each state, each by the query port that is worst off; a state without an entry has none.
    package var states: [HSMState: Int]
    /// Probes finished since the start, failed ones among them; all query ports of an HSM are one probe.
    package var probes: Int
    package var probesFailed: Int
    /// Ticks that found the previous probe running. Those at which an HSM must not be asked yet are not among them.
    package var probesSkipped: Int
    /// Messages in the spool that some output has not confirmed.
    package var spooled: Int
    /// Messages dropped since the start.
    package var dropped: Int
    /// HSMs of which no probe has ended for three intervals.
    package var hsmsOverdue: Int
    package var uptime: Duration

    package init(
        states: [HSMState: Int], probes: Int, probesFailed: Int, probesSkipped: Int, spooled: Int, dropped: Int,
        hsmsOverdue: Int = 0, uptime: Duration
    ) {
        self.states = states
        self.probes = probes
        self.probesFailed = probesFailed
        self.probesSkipped = probesSkipped
        self.spooled = spooled
        self.dropped = dropped
        self.hsmsOverdue = hsmsOverdue
        self.uptime = uptime
    }

    /// HSMs that are watched.
    package var total: Int { states.values.reduce(0, +) }
}
