//! A minimal HTTP client and server, for calls that tests make themselves, and for the proxy in front of the local API.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A response whose body is text.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The headers as they came, name and value.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The value of a header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// The text in the first XML element `tag`; none where there is none.
    pub fn tag(&self, tag: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{tag}>"))?;
        rest.split_once(&format!("</{tag}>")).map(|(text, _)| text)
    }
}

/// An HTTP request or response with its raw body.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// A response with this status and body.
    pub(crate) fn answer(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            first_line: format!("HTTP/1.1 {status} -"),
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn status(&self) -> u16 {
        self.first_line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads a message; none where the connection ends first. A response to HEAD has no body, whatever its length says.
    pub(crate) fn read(input: &mut impl BufRead, to_head: bool) -> Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut lines = lines.into_iter();
        let mut message = Self {
            first_line: lines.next().unwrap_or_default(),
            headers: lines
                .filter_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    Some((name.to_owned(), value.trim().to_owned()))
                })
                .collect(),
            body: Vec::new(),
        };
        let chunked = message
            .header("transfer-encoding")
            .is_some_and(|how| how.contains("chunked"));
        let length = message
            .header("content-length")
            .and_then(|text| text.parse().ok());
        match length {
            _ if to_head => {}
            _ if chunked => message.read_chunks(input)?,
            Some(length) => {
                message.body = vec![0; length];
                input.read_exact(&mut message.body)?;
            }
            None if message.first_line.starts_with("HTTP/") => {
                input.read_to_end(&mut message.body)?;
            }
            None => {}
        }
        Ok(Some(message))
    }

    fn read_chunks(&mut self, input: &mut impl BufRead) -> Result<()> {
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            input.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(());
            }
            self.body.extend(&chunk[..size]);
        }
    }

    /// Writes the message, with the length of its body.
    pub(crate) fn write(&self, output: &mut impl Write, keep_length: bool) -> Result<()> {
        let mut head = format!("{}\r\n", self.first_line);
        for (name, value) in &self.headers {
            let framing = ["content-length", "transfer-encoding", "connection"];
            let ours = framing.iter().any(|other| name.eq_ignore_ascii_case(other));
            if !ours || (keep_length && name.eq_ignore_ascii_case("content-length")) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !keep_length {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        // In one piece: a second one would wait for the receiver to acknowledge the first.
        let mut bytes = head.into_bytes();
        bytes.extend(&self.body);
        output.write_all(&bytes)?;
        output.flush()
    }
}

/// A connection to `http://127.0.0.1:port`, opened by the first message and kept as long as the server keeps it.
pub(crate) struct Connection {
    address: String,
    open: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// A connection that is not open yet.
    pub(crate) fn to(base: &str) -> Self {
        Self {
            address: base.strip_prefix("http://").unwrap().to_owned(),
            open: None,
        }
    }

    /// Sends a message and reads the response.
    pub(crate) fn send(&mut self, message: &Message) -> Result<Option<Message>> {
        let mut stream = match self.open.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                BufReader::new(stream)
            }
        };
        message.write(stream.get_mut(), false)?;
        let answer = Message::read(&mut stream, message.first_line.starts_with("HEAD "))?;
        let is_kept = |answer: &Message| answer.header("connection") != Some("close");
        self.open = answer.as_ref().is_some_and(is_kept).then_some(stream);
        Ok(answer)
    }
}

/// Sends a request to `http://127.0.0.1:port` and reads the whole response.
pub fn request(
    base: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let host = ("Host", base.strip_prefix("http://").unwrap());
    let headers = [&[host], headers].concat();
    let message = Message {
        first_line: format!("{method} {path} HTTP/1.1"),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: body.to_vec(),
    };
    let answer = Connection::to(base).send(&message).unwrap().unwrap();
    Answer {
        status: answer.status(),
        headers: answer.headers.clone(),
        body: answer.text(),
    }
}

/// Percent-encodes a text for a form.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    pairs.join("&")
}
