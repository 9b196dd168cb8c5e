//! System calls as strace writes them: one a line, or begun on one and ended on another while other threads go on.

use std::collections::HashMap;

/// A system call that begins or ends.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) thread: u32,
    pub(crate) name: String,
    /// As written, without the brackets; of one that has only begun they may not be all.
    pub(crate) arguments: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Moment {
    Begun(Call),
    /// With the result; none if the thread ended in it.
    Done(Call, Option<i64>),
}

/// Everything in a log, in order.
pub(crate) fn read(log: &str) -> Vec<Moment> {
    let mut unfinished: HashMap<u32, &str> = HashMap::new();
    let mut moments = Vec::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let thread: u32 = thread.parse().unwrap_or_else(|_| panic!("no line of strace: {line:.200}"));
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begun);
            moments.push(Moment::Begun(call(thread, begun)));
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let (_, more) = resumed.split_once(" resumed>").unwrap_or_else(|| panic!("no line of strace: {line:.200}"));
            let begun = unfinished.remove(&thread).expect("what is resumed was begun");
            moments.push(done(thread, &format!("{begun}{more}")));
        } else {
            moments.push(Moment::Begun(call(thread, rest)));
            moments.push(done(thread, rest));
        }
    }
    moments
}

fn done(thread: u32, text: &str) -> Moment {
    let (call_itself, result) =
        text.rsplit_once(" = ").unwrap_or_else(|| panic!("a call without a result: {text:.200}"));
    Moment::Done(call(thread, call_itself), result.split(' ').next().and_then(|result| result.parse().ok()))
}

fn call(thread: u32, text: &str) -> Call {
    let (name, rest) = text.split_once('(').unwrap_or_else(|| panic!("no call: {text:.200}"));
    let end = rest.rfind(')').unwrap_or(rest.len());
    let arguments = rest[..end].split(", ").map(str::to_owned).collect();
    Call { thread, name: name.to_owned(), arguments }
}

impl Call {
    pub(crate) fn number(&self, at: usize) -> i64 {
        let text = self.arguments.get(at).map_or("", |text| text.trim());
        text.parse().unwrap_or_else(|_| panic!("{}: argument {at} is no number: {text:.80}", self.name))
    }

    /// Text or bytes, of which each is written as `\x41`.
    pub(crate) fn bytes(&self, at: usize) -> Vec<u8> {
        let text = self.arguments.get(at).map_or("", |text| text.trim()).trim_matches('"');
        let digit = |digit: u8| (digit as char).to_digit(16).expect("a hexadecimal digit") as u8;
        text.as_bytes().chunks(4).map(|byte| digit(byte[2]) << 4 | digit(byte[3])).collect()
    }

    pub(crate) fn path(&self, at: usize) -> String {
        String::from_utf8(self.bytes(at)).expect("paths are UTF-8")
    }

    pub(crate) fn has_flag(&self, flag: &str) -> bool {
        self.arguments.iter().any(|argument| argument.split('|').any(|one| one == flag))
    }
}
