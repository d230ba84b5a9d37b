//! Responses in the forms in which AWS sends them.

use super::response::parse;

#[test]
fn a_page_is_read_as_aws_sends_it() {
    // The members of events in another order than the reference has them, streams that were searched before them, and
    // messages of AWS Lambda with tabs, quotes and their line ends.
    let body = r#"{"searchedLogStreams":[{"searchedCompletely":true,"logStreamName":"2026/06/02/[$LATEST]f03059c5"}],
        "events":[
        {"ingestionTime":1464895458153,"timestamp":1464895458119,"message":"START RequestId: 9940e9d3 Version: $LATEST\n",
         "eventId":"32668260353996606794341458938610688159080211542579544064","logStreamName":"2026/06/02/[$LATEST]a51710ea"},
        {"eventId":"32668260354821734366687092013064740005169577899195826176","logStreamName":"2026/06/02/[$LATEST]a51710ea",
         "timestamp":1464895458156,"ingestionTime":1464895473222,"message":"[INFO]\t9940e9d3\t\"GET \/ HTTP\/1.1\" 200\n"}],
        "nextToken":"Bxkq6kVGFtq2y_MoigeqscPOdhXVbhiVtLoAmXb5jCqI"}"#;
    let page = parse(body.as_bytes().to_vec(), 2).unwrap();
    let token = page.token.as_deref();
    assert_eq!(token, Some("Bxkq6kVGFtq2y_MoigeqscPOdhXVbhiVtLoAmXb5jCqI"));
    let [start, info] = page.events.as_slice() else {
        panic!("{} events", page.events.len());
    };
    assert_eq!(
        (start.timestamp, start.ingested, start.group),
        (1_464_895_458_119, 1_464_895_458_153, 2)
    );
    assert_eq!(
        start.id(),
        "32668260353996606794341458938610688159080211542579544064"
    );
    assert_eq!(
        start.message(),
        "START RequestId: 9940e9d3 Version: $LATEST\n"
    );
    assert_eq!(
        (info.timestamp, info.ingested),
        (1_464_895_458_156, 1_464_895_473_222)
    );
    assert_eq!(info.stream(), "2026/06/02/[$LATEST]a51710ea");
    assert_eq!(info.message(), "[INFO]\t9940e9d3\t\"GET / HTTP/1.1\" 200\n");
}

#[test]
fn the_last_page_has_no_token_and_may_have_no_events() {
    for body in [
        r#"{"events":[],"searchedLogStreams":[]}"#,
        r#"{"searchedLogStreams":[],"nextToken":null,"events":[]}"#,
    ] {
        let page = parse(body.as_bytes().to_vec(), 0).unwrap();
        assert!(page.events.is_empty() && page.token.is_none());
    }
}
