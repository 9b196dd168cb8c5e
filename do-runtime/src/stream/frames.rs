//! Items of a stream as they are written between processes.
//!
//! Each item is a frame `{"item": …}`. The last frame says how the stream has ended, so that an end is told from a connection that broke:
//! `{"end": true}`, or `{"error": …}` with the document of a problem. In JSON a frame is a line; in MessagePack its length goes before it, in four bytes, the
//! first of which counts most.

#[cfg(feature = "http")]
use bytes::BufMut;
use bytes::BytesMut;
#[cfg(feature = "connect")]
use bytes::{Buf, Bytes};

#[cfg(feature = "connect")]
use crate::error::{Error, ErrorKind, Result};
use crate::object::Wire;

/// The media type of a stream of such frames.
pub(crate) fn media(wire: Wire) -> &'static str {
    match wire {
        Wire::Json => "application/x-ndjson",
        Wire::MessagePack => "application/x-msgpack-stream",
    }
}

/// What a frame is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Item,
    Error,
    End,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Item => "item",
            Kind::Error => "error",
            Kind::End => "end",
        }
    }
}

/// Writes a frame behind others.
#[cfg(feature = "http")]
pub(crate) fn write(to: &mut BytesMut, wire: Wire, kind: Kind, content: &[u8]) {
    let name = kind.name();
    match wire {
        Wire::Json => {
            for part in [b"{\"".as_slice(), name.as_bytes(), b"\":", content, b"}\n"] {
                to.put_slice(part);
            }
        }
        Wire::MessagePack => {
            // A map of one member, whose name is a text of fewer than 32 bytes.
            let length = 2 + name.len() + content.len();
            to.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
            to.put_slice(&[0x81, 0xa0 | name.len() as u8]);
            to.put_slice(name.as_bytes());
            to.put_slice(content);
        }
    }
}

/// What the last frame of a stream that is complete has.
#[cfg(feature = "http")]
pub(crate) fn end(wire: Wire) -> &'static [u8] {
    match wire {
        Wire::Json => b"true",
        Wire::MessagePack => b"\xc3",
    }
}

/// Takes the first frame of MessagePack out of what has come; nothing if it is not all there yet.
///
/// # Errors
/// `internal` if it is no frame.
#[cfg(feature = "connect")]
pub(crate) fn read(from: &mut BytesMut) -> Result<Option<(Kind, Bytes)>> {
    const PREFIX: usize = 4;
    let Some(prefix) = from.first_chunk::<PREFIX>() else { return Ok(None) };
    // Where it does not fit, it never all comes.
    let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
    if from.len() - PREFIX < length {
        return Ok(None);
    }
    from.advance(PREFIX);
    let mut frame = from.split_to(length).freeze();
    let kind = [Kind::Item, Kind::Error, Kind::End].into_iter().find(|kind| {
        let name = kind.name();
        frame.starts_with(&[0x81, 0xa0 | name.len() as u8]) && frame[2..].starts_with(name.as_bytes())
    });
    let Some(kind) = kind else {
        let sentence = "another process sent what is no part of a stream: it is of another version";
        return Err(Error::new(ErrorKind::Internal, sentence));
    };
    frame.advance(2 + kind.name().len());
    Ok(Some((kind, frame)))
}

#[cfg(all(test, feature = "connect", feature = "http"))]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written_however_they_come() {
        let written = [
            (Kind::Item, b"\x01".as_slice()),
            (Kind::Item, &[0xc0; 300]),
            (Kind::Error, b"\x80"),
            (Kind::End, end(Wire::MessagePack)),
        ];
        let mut all = BytesMut::new();
        for (kind, content) in written {
            write(&mut all, Wire::MessagePack, kind, content);
        }
        let (mut came, mut read_back) = (BytesMut::new(), Vec::new());
        for byte in all {
            came.put_u8(byte);
            read_back.extend(read(&mut came).expect("frames"));
        }
        let expected = written.map(|(kind, content)| (kind, Bytes::from_static(content.to_vec().leak())));
        assert_eq!(read_back, expected);
        assert!(came.is_empty());
    }

    #[test]
    fn lines_of_json_say_what_they_are() {
        let mut all = BytesMut::new();
        write(&mut all, Wire::Json, Kind::Item, b"{\"id\":1}");
        write(&mut all, Wire::Json, Kind::End, end(Wire::Json));
        assert_eq!(all, "{\"item\":{\"id\":1}}\n{\"end\":true}\n");
    }

    #[test]
    fn what_is_no_frame_is_told() {
        for wrong in [b"\0\0\0\0".as_slice(), b"\0\0\0\x01\x81", b"\0\0\0\x03\x82\xa3e", b"\0\0\0\x05\x81\xa3old"] {
            let error = read(&mut BytesMut::from(wrong)).expect_err("it is none");
            assert_eq!(error.kind(), ErrorKind::Internal);
        }
    }
}
