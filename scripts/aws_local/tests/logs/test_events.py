"""The additions to CloudWatch Logs: events, filter patterns, queries, the live tail."""

import io
import json
import struct
import time

from aws_local import controls
from aws_local.logs.filter_patterns import parse
from aws_local.logs.live_tail import LiveTail
from aws_local.tests.case import Case, client


class Logs(Case):
    def setUp(self):
        super().setUp()
        self.logs = client("logs")
        self.logs.create_log_group(logGroupName="g")
        for name in ("api/a", "api/b", "web/c"):
            self.logs.create_log_stream(logGroupName="g", logStreamName=name)
        self.now = int(time.time() * 1000)
        self.addCleanup(controls.log_rules.clear)

    def put(self, stream, *events):
        given = [{"timestamp": self.now + offset, "message": message} for offset, message in events]
        return self.logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=given)

    def read(self, **given):
        pages, token = [], {}
        while True:
            page = self.logs.filter_log_events(logGroupName="g", **given, **token)
            pages.append([event["message"] for event in page["events"]])
            if "nextToken" not in page:
                return pages
            token = {"nextToken": page["nextToken"]}

    def test_events_of_all_streams_in_order(self):
        self.put("api/a", (-300, "1"), (-100, "3"))
        self.put("api/b", (-200, "2"), (-100, "4"))
        self.assertEqual(self.read(), [["1", "2", "3", "4"]])
        page = self.logs.filter_log_events(logGroupName="g")
        self.assertTrue(all(len(event["eventId"]) == 56 for event in page["events"]))
        self.assertEqual(len({event["eventId"] for event in page["events"]}), 4)
        self.assertEqual(self.read(limit=3), [["1", "2", "3"], ["4"]])
        # Both ends are included.
        self.assertEqual(self.read(startTime=self.now - 200, endTime=self.now - 100), [["2", "3", "4"]])
        self.assertEqual(self.read(logStreamNames=["api/b"]), [["2", "4"]])
        self.assertEqual(self.read(logStreamNamePrefix="web"), [[]])

    def test_a_page_has_at_most_a_megabyte(self):
        self.put("api/a", *((-1000 + number, "x" * 200_000) for number in range(5)))
        self.put("api/a", *((-900 + number, "y" * 200_000) for number in range(5)))
        self.assertEqual([len(page) for page in self.read()], [5, 5])

    def test_invalid_requests_are_refused(self):
        self.put("api/a", (0, "a"))
        with self.refused("InvalidParameterException"):
            self.logs.filter_log_events(logGroupName="g", nextToken="other")
        with self.refused("InvalidParameterException"):
            self.logs.filter_log_events(logGroupName="g", filterPattern="{ $.x }")
        with self.refused("InvalidParameterException"):
            self.logs.filter_log_events(logGroupName="g", logStreamNames=["api/a"], logStreamNamePrefix="a")
        with self.refused("ResourceNotFoundException"):
            self.logs.filter_log_events(logGroupName="other")
        with self.refused("InvalidParameterException"):
            self.put("api/a", (0, "b"), (-1, "a"))
        with self.refused("InvalidParameterException"):
            self.put("api/a", (-90_000_000, "b"), (0, "a"))
        day = 24 * 3600 * 1000
        told = self.put("api/a", (-15 * day, "old"))["rejectedLogEventsInfo"]
        self.assertEqual(told, {"tooOldLogEventEndIndex": 1})
        told = self.put("api/a", (-1, "now"), (day // 2, "later"))["rejectedLogEventsInfo"]
        self.assertEqual(told, {"tooNewLogEventStartIndex": 1})
        self.assertEqual(self.read(), [["now", "a"]])

    def test_late_events_and_empty_pages(self):
        controls.log_rules["g", "web"] = {"late_seconds": 0.3}
        self.put("web/c", (-50, "late"))
        self.put("api/a", (-40, "a"))
        self.assertEqual(self.read(), [["a"]])
        time.sleep(0.4)
        self.assertEqual(self.read(), [["late", "a"]])
        controls.log_rules["g", ""] = {"empty_pages": True}
        self.assertEqual(self.read(limit=1), [[], ["late"], [], ["a"]])

    def test_pages_out_of_order(self):
        streams = [f"s-{number}" for number in range(8)]
        for number, name in enumerate(streams):
            self.logs.create_log_stream(logGroupName="g", logStreamName=name)
            self.put(name, (number - 50, name), (number - 20, name))
        controls.log_rules["g", ""] = {"unordered_pages": 3}
        found = [message for page in self.read() for message in page]
        self.assertEqual(sorted(found), sorted(streams * 2))
        self.assertNotEqual(found, streams * 2)

    def test_one_stream_forward_and_back(self):
        self.put("api/a", *((number, str(number)) for number in range(-5, 0)))

        def get(**given):
            page = self.logs.get_log_events(logGroupName="g", logStreamName="api/a", **given)
            return [event["message"] for event in page["events"]], page["nextForwardToken"], page["nextBackwardToken"]

        messages, forward, _ = get(startFromHead=True, limit=3)
        self.assertEqual(messages, ["-5", "-4", "-3"])
        messages, forward, backward = get(nextToken=forward, limit=3)
        self.assertEqual(messages, ["-2", "-1"])
        self.assertEqual(get(nextToken=backward)[0], ["-5", "-4", "-3"])
        messages, again, _ = get(nextToken=forward)
        self.assertEqual((messages, again), ([], forward))
        self.put("api/a", (5, "new"))
        self.assertEqual(get(nextToken=again)[0], ["new"])
        self.assertEqual(get(limit=2)[0], ["-1", "new"])
        # GetLogEvents excludes the end.
        self.assertEqual(get(endTime=self.now - 4, startFromHead=True)[0], ["-5"])

    def test_streams_by_their_last_event(self):
        self.put("api/b", (-10, "x"))
        self.put("api/a", (-20, "x"))
        told = self.logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True, limit=2)
        self.assertEqual([one["logStreamName"] for one in told["logStreams"]], ["api/b", "api/a"])
        self.assertEqual(told["logStreams"][0]["lastEventTimestamp"], self.now - 10)
        rest = self.logs.describe_log_streams(
            logGroupName="g", orderBy="LastEventTime", descending=True, limit=2, nextToken=told["nextToken"]
        )
        self.assertEqual([one["logStreamName"] for one in rest["logStreams"]], ["web/c"])

    def test_queries(self):
        for number in range(6):
            document = {"level": "error" if number % 2 else "info", "ms": number * 10, "at": {"path": f"/{number}"}}
            self.put("api/a", (-6000 + number, json.dumps(document)))

        def ask(text, **given):
            query = self.logs.start_query(
                logGroupNames=["g"],
                startTime=self.now // 1000 - 60,
                endTime=self.now // 1000 + 1,
                queryString=text,
                **given,
            )["queryId"]
            self.assertEqual(self.logs.get_query_results(queryId=query)["status"], "Running")
            told = self.logs.get_query_results(queryId=query)
            self.assertEqual(told["status"], "Complete")
            rows = [
                {cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in told["results"]
            ]
            return rows, told["statistics"]

        rows, numbers = ask('fields ms, at.path as path | filter level = "error" and ms > 10 | sort ms asc | limit 5')
        self.assertEqual(rows, [{"ms": "30", "path": "/3"}, {"ms": "50", "path": "/5"}])
        self.assertEqual((numbers["recordsMatched"], numbers["recordsScanned"]), (2, 6))
        rows, _ = ask("filter @message like /err|x/ | stats count(*) as n, avg(ms) by level")
        self.assertEqual(rows, [{"level": "error", "n": "3", "avg(ms)": "30"}])
        rows, _ = ask("stats count(*) by bin(1d)")
        self.assertEqual(sum(int(row["count(*)"]) for row in rows), 6)
        self.assertEqual(len(ask("fields @message", limit=2)[0]), 2)
        with self.refused("MalformedQueryException"):
            ask("frobnicate x")
        controls.log_rules["g", ""] = {"query_seconds": 30}
        until = int(time.time()) + 60
        query = self.logs.start_query(logGroupName="g", startTime=0, endTime=until, queryString="limit 1")["queryId"]
        self.assertTrue(self.logs.stop_query(queryId=query)["success"])
        self.assertEqual(self.logs.get_query_results(queryId=query)["status"], "Cancelled")
        with self.refused("InvalidParameterException"):
            self.logs.stop_query(queryId=query)

    def test_live_tail(self):
        controls.log_rules["g", ""] = {"live_seconds": 0.05}
        arn = self.logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
        told = {}
        body = json.dumps({"logGroupIdentifiers": [arn], "logEventFilterPattern": "yes"}).encode()
        environ = {
            "HTTP_X_AMZ_TARGET": "Logs_20140328.StartLiveTail",
            "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        frames = LiveTail(None)(environ, lambda status, headers: told.update(status=status))
        kinds = [next(frames), next(frames)]
        self.put("api/a", (-5, "no"), (-4, "yes"))
        kinds += list(frames)
        self.assertEqual(told["status"], "200 OK")
        for part, name in zip(
            kinds, [b"initial-response", b"sessionStart", b"sessionUpdate", b"SessionTimeoutException"]
        ):
            self.assertIn(name, part)
            self.assertEqual(struct.unpack("!I", part[:4])[0], len(part))
        self.assertIn(b'"message": "yes"', kinds[2])
        self.assertNotIn(b'"message": "no"', kinds[2])


class Patterns(Case):
    def check(self, pattern, matching, others):
        for message in matching:
            self.assertTrue(parse(pattern)(message), (pattern, message))
        for message in others:
            self.assertFalse(parse(pattern)(message), (pattern, message))

    def test_terms(self):
        self.check("", ["", "a"], [])
        self.check("ERROR", ["[ERROR] x"], ["error"])
        self.check("ERROR ARGUMENTS", ["ERROR 1 ARGUMENTS"], ["ERROR"])
        self.check('"INTERNAL SERVER ERROR"', ["a INTERNAL SERVER ERROR"], ["INTERNAL ERROR"])
        self.check("?ERROR ?WARN", ["ERROR", "a WARN"], ["INFO"])
        self.check("ERROR -EXITING", ["ERROR 1"], ["ERROR EXITING", "x"])
        self.check('-"a b"', ["ab"], ["a b"])
        self.check("%ERR[0-9]+%", ["ERR12"], ["ERRx"])
        for pattern in ("a-b", '"open', "{ $.a = 1", "[a, ..., b, ...]", "{ $.a ~ 1 }", "{ a = 1 }"):
            with self.assertRaises(Exception, msg=pattern):
                parse(pattern)

    def test_json(self):
        event = json.dumps({"a": "x", "n": 5, "t": True, "z": None, "list": [{"k": "v"}], "o": {"p-q": "r s"}})
        for pattern in (
            '{ $.a = "x" }',
            "{ $.a = x }",
            '{ $.a = "x*" && $.n > 4 }',
            "{ $.a = y || $.n <= 5 }",
            "{ ($.n = 5) && ($.a != y) }",
            "{ $.t IS TRUE }",
            "{ $.z IS NULL }",
            "{ $.missing NOT EXISTS }",
            '{ $.list[0].k = "v" }',
            '{ $.o.p-q = "r s" }',
            "{ $.a = %^x$% }",
            "{ $.n = 5.0 }",
        ):
            self.check(pattern, [event], ["plain text", "{}" if "NOT EXISTS" not in pattern else "text"])
        self.check("{ $.n >= 6 }", [], [event])
        self.check("{ $.missing != 1 }", [], [event])

    def test_columns(self):
        line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
        for pattern in (
            "[ip, id, user, time, request, status = 404, bytes]",
            "[ip, id, user, time, request = *html*, status = 4*, bytes > 1000]",
            "[..., status = 404, bytes]",
            "[ip = 127*, ...]",
            "[ip, ..., status_code = 404 || status_code = 500, bytes]",
        ):
            self.check(pattern, [line], ["a b"])
        self.check("[a, b]", ["x y"], [line])
