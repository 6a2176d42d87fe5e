// SPDX-License-Identifier: Apache-2.0

extension ConfigurationSection {
    /// The value of `key` as `parse` understands it; nil when it was not written or is wrong.
    func value<Value>(
        _ key: String, _ problems: inout ConfigurationProblems, parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        guard let entry = self[key] else { return nil }
        return Self.value(entry.value, path: path(of: key), &problems, parse: parse)
    }

    /// The value of `key`, whose absence is an error; `needed` says what it could be.
    func required<Value>(
        _ key: String, needed: String, _ problems: inout ConfigurationProblems,
        parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        reportIfMissing(key, needed: needed, &problems)
        return value(key, &problems, parse: parse)
    }

    /// Whether `value`, read from `key`, is there if the key is.
    func understands<Value>(_ key: String, _ value: Located<Value>?) -> Bool {
        value != nil || self[key] == nil
    }

    func duration(
        _ key: String, in range: ClosedRange<Duration>, _ problems: inout ConfigurationProblems
    ) -> Located<Duration>? {
        value(key, &problems) { text throws(InvalidText) in try DurationText.parse(text, in: range) }
    }

    /// A duration that may also be 0, which means off.
    func durationOrZero(
        _ key: String, in range: ClosedRange<Duration>, _ problems: inout ConfigurationProblems
    ) -> Located<Duration>? {
        value(key, &problems) { text throws(InvalidText) in
            if text == "0" { return .zero }
            do {
                return try DurationText.parse(text, in: range)
            } catch {
                throw InvalidText("\(error), or 0")
            }
        }
    }

    func number(_ key: String, in range: ClosedRange<Int>, _ problems: inout ConfigurationProblems) -> Located<Int>? {
        value(key, &problems) { text throws(InvalidText) in
            guard let number = WholeNumber.parse(text), range.contains(number) else {
                throw InvalidText(
                    "\(text.quoted) is not a number in range; allowed: \(range.lowerBound) … \(range.upperBound)")
            }
            return number
        }
    }

    /// One of the words that are `Word`'s raw values.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ problems: inout ConfigurationProblems
    ) -> Located<Word>? {
        value(key, &problems) { text throws(InvalidText) in
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map(\.rawValue)
                let hint = NearestName.hint(text, among: words)
                throw InvalidText("unknown \(text.quoted)\(hint) (allowed: \(words.joined(separator: ", ")))")
            }
            return word
        }
    }

    /// The mapping under `key`; `keys` are those allowed, nil allows all.
    func section(_ key: String, keys: [String]?, _ problems: inout ConfigurationProblems) -> ConfigurationSection? {
        guard let entry = self[key] else { return nil }
        return ConfigurationSection(entry.value, path: path(of: key), keys: keys, &problems)
    }

    /// The elements of the list under `key`, of which `count` are allowed; those beyond are reported and left out.
    func list(
        _ key: String, count: ClosedRange<Int>, _ problems: inout ConfigurationProblems
    ) -> Located<[ConfigurationNode]>? {
        guard let entry = self[key] else { return nil }
        let path = path(of: key)
        guard case .sequence(let elements, let mark) = entry.value else {
            problems.error(at: entry.value.mark, path, "must be a list, but is \(entry.value.typeName)")
            return nil
        }
        if !count.contains(elements.count) {
            let place = elements.count > count.upperBound ? elements[count.upperBound].mark : mark
            let allowed = "\(count.lowerBound) … \(count.upperBound)"
            problems.error(at: place, path, "has \(elements.count) entries; allowed: \(allowed)")
        }
        return Located(value: Array(elements.prefix(count.upperBound)), mark: mark, path: path)
    }

    /// Reports that `key` is needed and was not written.
    func reportIfMissing(_ key: String, needed: String, _ problems: inout ConfigurationProblems) {
        guard self[key] == nil else { return }
        problems.error(at: mark, path, "missing key '\(key)'; needed: \(needed)")
    }

    /// One scalar as `parse` understands it; nil when it is wrong.
    static func value<Value>(
        _ node: ConfigurationNode, path: String, _ problems: inout ConfigurationProblems,
        parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        guard case .scalar(let scalar) = node, !scalar.isNull else {
            problems.error(at: node.mark, path, "must be a single value, but is \(node.typeName)")
            return nil
        }
        do {
            return Located(value: try parse(scalar.text), mark: scalar.mark, path: path)
        } catch {
            problems.error(at: scalar.mark, path, error.description)
            return nil
        }
    }
}
