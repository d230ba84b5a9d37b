"""Bad days: accounts in which AWS answers as it does at its worst, all of it from tables of what was seen at AWS.

`/aws-local/bad-day` takes `account`, `seed` and, optionally, `second`: how long a second of AWS takes, by default 0.02 s.
From then on, for the calls of this account,

- what was just created is not found for some calls, and missing in lists (`just_made.py`);
- resources pass through all of their states, and refuse what they refuse meanwhile (`states.py`);
- what was deleted is shown for a while, holds what it used, and its name stays taken (`leaving.py`);
- calls are refused for now, as after a change that has not reached every part of AWS (`refusals.py`);
- reads show what was true before a change (`stale.py`), and calls are throttled (`throttling.py`).

What happens follows from the seed and the order of the calls. `{"account", "pass"}` lets so many seconds pass at once;
`DELETE` ends the day. A request with the header `X-Aws-Local-Exempt` is answered as on any other day.
"""
