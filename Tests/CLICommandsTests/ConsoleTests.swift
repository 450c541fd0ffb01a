import CorbelAPI
import Testing

@testable import CLICommands

@Suite("Progress and tables")
struct ConsoleTests {
    @Test("a pipe gets one line an event, and no status")
    func pipe() {
        var text = ProgressText(isLive: false, columns: 80)
        #expect(text.status("working") == "")
        #expect(text.event("one") == "one\n")
        #expect(text.event("one") == "", "an event that repeats the last says nothing")
        #expect(text.event("two") == "two\n")
        #expect(text.end() == "")
    }

    @Test("a terminal's status line makes way for the next one and for events")
    func terminal() {
        var text = ProgressText(isLive: true, columns: 10)
        #expect(text.status("working") == "working")
        #expect(text.status("a long status") == "\r\u{1B}[2Ka long s…")
        #expect(text.event("done") == "\r\u{1B}[2Kdone\n")
        #expect(text.end() == "")
    }

    @Test("a table's columns are as wide as their longest cell, and no line ends with spaces")
    func table() {
        let table = TextTable(["Name", "Phase"], [["a", "Running"], ["longer", ""]])
        #expect(table.text == "NAME     PHASE\na        Running\nlonger\n")
        #expect(TextTable(["Name", "Phase"], [["b", "Pending"]]).rows(below: table) == "b        Pending\n")
    }

    @Test("a server's table shows its wide columns on demand, and nulls as kubectl does")
    func rows() {
        let json: JSONValue = [
            "columnDefinitions": [
                ["name": "Name", "priority": 0], ["name": "Hosts", "priority": 0], ["name": "Plane", "priority": 1],
            ],
            "rows": [["cells": ["site", .null, "Site"], "object": ["metadata": ["namespace": "north"]]]],
        ]
        var narrow = TableRows(isWide: false, showsNamespace: true)
        #expect(narrow.table(json).rows == [["north", "site", "<none>"]])
        var wide = TableRows(isWide: true, showsNamespace: false)
        #expect(wide.table(json).header == ["Name", "Hosts", "Plane"])
        #expect(wide.table(["rows": [["cells": ["b", 2, "Centre"]]]]).rows == [["b", "2", "Centre"]])
    }
}
