// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackInspection {
    /// A dashboard's pages are those of its queries, and what a page shows must be there.
    ///
    /// Source: `ViewFacade`, and for what is not looked at before somebody opens the dashboard, the web interface below
    /// `views/`.
    mutating func checkDashboard(_ data: JSONValue, _ path: String, _ contents: PackContents) {
        let queries = data["search"]?["queries"]?.elements ?? []
        let queryIDs = queries.compactMap { $0["id"]?.string }
        let pages = data["state"] ?? .null
        var ids = UniqueNames()
        for (index, query) in queries.enumerated() {
            let path = "\(path).search.queries[\(index)]"
            ids.check(query["id"], "\(path).id", &self)
            checkTimeRange(query["timerange"], "\(path).timerange")
            checkQuery(query["query"]?["query_string"], "\(path).query.query_string")
            for (index, search) in (query["search_types"]?.elements ?? []).enumerated() {
                ids.check(search["id"], "\(path).search_types[\(index)].id", &self)
                checkSearch(search, "\(path).search_types[\(index)]", contents)
            }
            if let id = query["id"]?.string, pages[id] == nil { report("\(path).id", "no state for the query \(id)") }
        }
        for id in pages.names {
            let pagePath = "\(path).state.\(id)"
            guard queryIDs.contains(id), let query = queries.first(where: { $0["id"]?.string == id }) else {
                report(pagePath, "no query \(id)")
                continue
            }
            for (index, widget) in (pages[id]?["widgets"]?.elements ?? []).enumerated() {
                ids.check(widget["id"], "\(pagePath).widgets[\(index)].id", &self)
            }
            checkPage(pages[id] ?? .null, query["search_types"]?.elements ?? [], pagePath, contents)
        }
    }

    // MARK: Searches

    private mutating func checkSearch(_ search: JSONValue, _ path: String, _ contents: PackContents) {
        checkStreams(search, path, contents)
        checkTimeRange(search["timerange"], "\(path).timerange")
        checkQuery(search["query"]?["query_string"], "\(path).query.query_string")
        guard search["type"] == "pivot" else { return }
        let series = search["series"]?.elements ?? []
        let count = violations.count
        _ = checkSeries(series, "\(path).series", takesFunction: false)
        guard violations.count == count else { return }
        let functions = series.compactMap { element in
            if case .object(let members) = element {
                PackFunction(members["type"]?.string ?? "", members).text
            } else {
                nil
            }
        }
        checkSorts(search["sort"], by: functions, "\(path).sort")
    }

    /// Source: `SearchTypeEntity.mappedStreams`, `WidgetEntity.toNativeEntity`; at 7.2 a stream that is not there is
    /// passed over.
    mutating func checkStreams(_ element: JSONValue, _ path: String, _ contents: PackContents) {
        for (index, stream) in (element["streams"]?.elements ?? []).enumerated() {
            guard let id = stream.string, !contents.hasStream(id) else { continue }
            report(
                "\(path).streams[\(index)]", "no stream \(id) in the pack",
                version < .v72 ? .breaksInstallation : .misleads)
        }
    }

    /// Source: `RelativeRange.Builder.build`.
    mutating func checkTimeRange(_ range: JSONValue?, _ path: String) {
        guard let range, range["type"] == "relative" else { return }
        let from = range["from"]?.integer
        let to = range["to"]?.integer
        switch (range["range"]?.integer, from, to) {
        case (nil, nil, _): report(path, "from or range is expected", .breaksInstallation)
        case (_?, _?, _), (_?, _, _?): report(path, "either range or from and to", .breaksInstallation)
        case (nil, let from?, let to?) where to > from:
            report(path, "from must not be less than to", .breaksInstallation)
        default: break
        }
    }

    /// A sort by a series names its function, whatever the series is called.
    mutating func checkSorts(_ sorts: JSONValue?, by functions: [String], _ path: String) {
        for (index, sort) in (sorts?.elements ?? []).enumerated() {
            guard sort["type"] == "series", let field = sort["field"]?.string else { continue }
            if !functions.contains(field) {
                report("\(path)[\(index)].field", "no series \(field)")
            } else if field.hasPrefix("latest(") {
                report("\(path)[\(index)].field", "Graylog sorts by the number of messages instead of \(field)")
            }
        }
    }

    // MARK: Pages

    private mutating func checkPage(
        _ page: JSONValue, _ searches: [JSONValue], _ path: String, _ contents: PackContents
    ) {
        let widgets = page["widgets"]?.elements ?? []
        let ids = widgets.compactMap { $0["id"]?.string }
        for key in ["widget_mapping", "positions"] {
            for id in page[key]?.names ?? [] where !ids.contains(id) {
                report("\(path).\(key).\(id)", "no such widget")
            }
        }
        for kind in page["titles"]?.names ?? [] {
            let titles = page["titles"]?[kind]?.names ?? []
            switch kind {
            case "widget":
                for id in titles where !ids.contains(id) { report("\(path).titles.widget.\(id)", "no such widget") }
            case "tab":
                for name in titles where name != "title" { report("\(path).titles.tab.\(name)", "only title is shown") }
            default: report("\(path).titles.\(kind)", "neither widget nor tab")
            }
        }
        let searchIDs = searches.compactMap { $0["id"]?.string }
        var mapped: Set<String> = []
        for (index, widget) in widgets.enumerated() {
            guard let id = widget["id"]?.string else { continue }
            let path = "\(path).widgets[\(index)]"
            if page["positions"]?[id] == nil { report(path, "the widget has no position") }
            let mapping = (page["widget_mapping"]?[id]?.elements ?? []).compactMap(\.string)
            if mapping.isEmpty { report(path, "no search for the widget") }
            for search in mapping where !searchIDs.contains(search) {
                report(path, "no search \(search) in the widget's query")
            }
            mapped.formUnion(mapping)
            checkWidget(widget, searches.filter { mapping.contains($0["id"]?.string ?? "") }, path, contents)
        }
        for search in searchIDs where !mapped.contains(search) {
            report("\(path).widget_mapping", "no widget shows the search \(search)")
        }
        checkPositions(page["positions"] ?? .null, "\(path).positions")
    }

    /// Whether the widgets are on the grid of twelve columns, and none over another.
    private mutating func checkPositions(_ positions: JSONValue, _ path: String) {
        var taken: [(id: String, columns: Range<Int64>, rows: Range<Int64>)] = []
        for id in positions.names {
            // Graylog takes "Infinity", too.
            let numbers = ["col", "row", "width", "height"].compactMap { positions[id]?[$0]?.integer }
            guard numbers.count == 4 else { continue }
            guard numbers.allSatisfy({ (1...1000).contains($0) }), numbers[0] + numbers[2] <= 13 else {
                report("\(path).\(id)", "not within twelve columns that are counted from 1")
                continue
            }
            let columns = numbers[0]..<(numbers[0] + numbers[2])
            let rows = numbers[1]..<(numbers[1] + numbers[3])
            if let other = taken.first(where: { $0.columns.overlaps(columns) && $0.rows.overlaps(rows) }) {
                report("\(path).\(id)", "over the widget \(other.id)")
            }
            taken.append((id, columns, rows))
        }
    }
}
