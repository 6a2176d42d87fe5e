// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import HSMWatchSimulation
import TestSupport
import Testing

/// A small content pack that every Graylog since 5.2 takes: one of each kind of entity, written by hand.
///
/// Its entities, in order: an input, a stream, a notification by mail, an alert that counts, an alert that looks for
/// messages, a dashboard.
enum SamplePack {
    static let text = """
        {"v": "1", "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000ff", "rev": 1, "name": "Kettles", "summary": "Kettles",
         "description": "Water temperatures", "vendor": "example", "url": "", "parameters": [],
         "entities": [\(input), \(stream), \(mail), \(coldAlert), \(faultAlert), \(dashboard)]}
        """

    /// The pack, read as Graylog reads it.
    static var pack: JSONValue {
        get throws { try json(text) }
    }

    static func json(_ text: String) throws -> JSONValue {
        var parser = JSONParser(Array(text.utf8))
        let value = try parser.value()
        try #require(try !parser.hasMore())
        return value
    }

    private static func entity(_ id: String, _ type: String, version: String = "1", _ data: String) -> String {
        """
        {"v": "1", "id": "\(id)", "type": {"name": "\(type)", "version": "\(version)"}, "data": \(data),
         "constraints": [{"type": "server-version", "version": ">=5.2.0"}]}
        """
    }

    private static func wrapped(_ text: String) -> String {
        #"{"@type": "string", "@value": "\#(text)"}"#
    }

    private static let yes = #"{"@type": "boolean", "@value": true}"#
    private static let no = #"{"@type": "boolean", "@value": false}"#

    private static let input = entity(
        "5f0b4f3e-1c1a-4d3a-9f0a-000000000001", "input",
        """
        {"title": \(wrapped("Kettles over GELF")), "global": \(yes),
         "type": \(wrapped("org.graylog2.inputs.gelf.tcp.GELFTCPInput")),
         "configuration": {
           "bind_address": \(wrapped("0.0.0.0")), "port": {"@type": "integer", "@value": 12201},
           "recv_buffer_size": {"@type": "integer", "@value": 1048576}, "tcp_keepalive": \(yes)},
         "static_fields": {}, "extractors": []}
        """)

    private static let stream = entity(
        "5f0b4f3e1c1a4d3a9f0a0002", "stream",
        """
        {"title": \(wrapped("Kettles")), "description": \(wrapped("")), "disabled": \(no),
         "matching_type": \(wrapped("AND")),
         "stream_rules": [
           {"type": \(wrapped("EXACT")), "field": \(wrapped("kind")), "value": \(wrapped("kettle")),
            "inverted": \(no), "description": \(wrapped(""))}],
         "alert_conditions": [], "alarm_callbacks": [], "outputs": [], "default_stream": \(no),
         "remove_matches": \(no)}
        """)

    private static let mail = entity(
        "5f0b4f3e-1c1a-4d3a-9f0a-000000000003", "notification",
        """
        {"title": \(wrapped("Kettles by mail")), "description": \(wrapped("")),
         "config": {
           "type": "email-notification-v1", "sender": \(wrapped("")), "subject": \(wrapped("Kettle: ${event_definition_title}")),
           "body_template": \(wrapped("${event.message} ${event.fields.kettle}")), "email_recipients": ["tea@example.org"],
           "user_recipients": []}}
        """)

    private static func alert(
        _ id: String, _ title: String, query: String, groupBy: String, series: String, conditions: String
    ) -> String {
        entity(
            id, "event_definition",
            """
            {"title": \(wrapped(title)), "description": \(wrapped("")), "priority": {"@type": "integer", "@value": 2},
             "alert": \(yes),
             "config": {
               "type": "aggregation-v1", "query": \(wrapped(query)), "streams": ["5f0b4f3e1c1a4d3a9f0a0002"],
               "group_by": \(groupBy), "series": \(series), "conditions": \(conditions),
               "search_within_ms": 120000, "execute_every_ms": 60000, "event_limit": 100},
             "field_spec": {
               "kettle": {
                 "data_type": "string",
                 "providers": [{"type": "template-v1", "template": "${source.kettle}", "require_values": true}]}},
             "key_spec": ["kettle"],
             "notification_settings": {"grace_period_ms": 300000, "backlog_size": 5},
             "notifications": [
               {"notification_id": \(wrapped("5f0b4f3e-1c1a-4d3a-9f0a-000000000003")), "notification_parameters": null}],
             "storage": [{"type": "persist-to-streams-v1", "streams": ["000000000000000000000002"]}],
             "is_scheduled": \(yes)}
            """)
    }

    private static let coldAlert = alert(
        "5f0b4f3e-1c1a-4d3a-9f0a-000000000004", "A kettle is cold",
        query: "kind:kettle AND _exists_:celsius", groupBy: #"["kettle"]"#,
        series: """
            [{"id": "coldest", "function": "min", "field": "celsius"}, {"id": "messages", "function": "count"}]
            """,
        conditions: """
            {"expression": {"expr": "&&",
              "left": {"expr": "<", "left": {"expr": "number-ref", "ref": "coldest"},
                       "right": {"expr": "number", "value": 60.0}},
              "right": {"expr": ">=", "left": {"expr": "number-ref", "ref": "messages"},
                        "right": {"expr": "number", "value": 3.0}}}}
            """)

    private static let faultAlert = alert(
        "5f0b4f3e-1c1a-4d3a-9f0a-000000000005", "A kettle failed",
        query: #"fault:(\"boiled dry\" OR no_lid) AND level:<=3"#, groupBy: "[]", series: "[]", conditions: "null")

    private static let filter = """
        "filter": null, "filters": [], "timerange": {"type": "relative", "from": 3600},
        "query": {"type": "elasticsearch", "query_string": "kind:kettle"}
        """

    private static let dashboard = entity(
        "5f0b4f3e-1c1a-4d3a-9f0a-000000000006", "dashboard", version: "2",
        """
        {"type": "DASHBOARD", "title": \(wrapped("Kettles")), "summary": \(wrapped("")), "description": \(wrapped("")),
         "properties": [], "requires": {}, "created_at": "2026-01-01T00:00:00.000Z",
         "search": {
           "queries": [{
             "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0", "timerange": {"type": "relative", "from": 3600}, "filters": [],
             "query": {"type": "elasticsearch", "query_string": ""},
             "search_types": [\(pivotSearch), \(messageSearch)]}],
           "parameters": [], "requires": {}, "created_at": "2026-01-01T00:00:00.000Z"},
         "state": {
           "5f0b4f3e-1c1a-4d3a-9f0a-0000000000a0": {
             "selected_fields": null, "static_message_list_id": null,
             "titles": {
               "tab": {"title": "Kettles"},
               "widget": {
                 "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b0": "Coldest", "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b1": "Messages"}},
             "widgets": [\(pivotWidget), \(messageWidget)],
             "widget_mapping": {
               "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b0": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0"],
               "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b1": ["5f0b4f3e-1c1a-4d3a-9f0a-0000000000c1"]},
             "positions": {
               "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b0": {"col": 1, "row": 1, "height": 4, "width": 6},
               "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b1": {"col": 7, "row": 1, "height": 4, "width": 6}},
             "formatting": {"highlighting": []}, "display_mode_settings": {"positions": {}}}}}
        """)

    private static let pivotSearch = """
        {\(filter), "type": "pivot", "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000c0", "name": "chart", "streams": [],
         "series": [{"type": "min", "id": "Coldest", "field": "celsius"}],
         "row_groups": [
           {"type": "time", "fields": ["timestamp"], "interval": {"type": "auto", "scaling": 1.0}}],
         "column_groups": [{"type": "values", "fields": ["kettle"], "limit": 15}], "sort": [], "rollup": false}
        """

    private static let messageSearch = """
        {\(filter), "type": "messages", "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000c1", "name": null, "streams": [],
         "limit": 150, "offset": 0, "decorators": [], "sort": [{"field": "timestamp", "order": "DESC"}]}
        """

    private static let pivotWidget = """
        {\(filter), "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b0", "type": "aggregation",
         "streams": ["5f0b4f3e1c1a4d3a9f0a0002"],
         "config": {
           "visualization": "line", "visualization_config": {"interpolation": "linear", "axis_type": "linear"},
           "event_annotation": false,
           "row_pivots": [
             {"fields": ["timestamp"], "type": "time", "config": {"interval": {"type": "auto", "scaling": 1.0}}}],
           "column_pivots": [{"fields": ["kettle"], "type": "values", "config": {"limit": 15}}],
           "series": [{"config": {"name": "Coldest"}, "function": "min(celsius)"}],
           "rollup": false, "formatting_settings": null, "sort": []}}
        """

    private static let messageWidget = """
        {\(filter), "id": "5f0b4f3e-1c1a-4d3a-9f0a-0000000000b1", "type": "messages",
         "streams": ["5f0b4f3e1c1a4d3a9f0a0002"],
         "config": {
           "fields": ["timestamp", "source", "kettle", "celsius"], "show_message_row": true, "show_summary": true,
           "decorators": [], "sort": [{"type": "pivot", "field": "timestamp", "direction": "Descending"}]}}
        """
}
