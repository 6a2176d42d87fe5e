// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What somebody does in Graylog's web interface, and what its inputs take.
extension GraylogState {
    /// Somebody makes an input by hand.
    package mutating func addInput(
        title: String, type: String = GraylogInput.gelfTCP, port: Int64, attributes: JSONValue = [:]
    ) {
        var all: JSONObject = ["bind_address": "0.0.0.0", "port": .integer(port)]
        for name in attributes.names { all.set(name, to: attributes[name] ?? .null) }
        otherInputs.append(GraylogInput(id: newID(), title: title, type: type, attributes: .object(all)))
    }

    /// An input takes a message. It comes into every stream that runs and whose rules it meets: a stream that is paused never
    /// gets it.
    package mutating func store(_ message: GraylogMessage) {
        var message = message
        message.streams = streams.filter { !$0.isPaused && $0.takes(message.fields) }.map(\.id)
        messages.append(message)
    }

    /// Somebody pauses a stream in the web interface.
    package mutating func pauseStream(_ id: String) {
        for index in streams.indices where streams[index].id == id { streams[index].isPaused = true }
    }

    /// Somebody makes an index set of this id, and has the streams of packs stored there and nowhere else.
    package mutating func storeStreams(inNewIndexSet id: String) {
        indexSets.append(
            GraylogIndexSet(id: id, title: id, prefix: id, isDefault: false, takesFieldTypes: true))
        for index in streams.indices where !streams[index].isSystem {
            streams[index].indexSet = id
            streams[index].leavesDefaultStream = true
        }
    }

    /// Somebody deletes one thing of a kind in the web interface, `event_definition`, `notification` or `dashboard`: the first one.
    package mutating func deleteFirst(_ kind: String) {
        switch kind {
        case "event_definition": eventDefinitions.removeFirst()
        case "notification": notifications.removeFirst()
        default:
            deletedDashboards.formUnion(
                installations.flatMap(\.entities).filter { $0.type == kind }.map(\.id).prefix(1))
        }
    }

    /// Somebody switches an alert off in the web interface.
    package mutating func switchOff(_ title: String) {
        for index in eventDefinitions.indices where eventDefinitions[index].title == title {
            eventDefinitions[index].isScheduled = false
        }
    }

    /// Somebody deletes every input in the web interface.
    package mutating func deleteInputs() {
        deletedInputs.formUnion(inputs.map(\.id))
    }

    /// Somebody deletes a stream in the web interface.
    package mutating func deleteStream(_ id: String) {
        streams.removeAll { $0.id == id }
    }
}
