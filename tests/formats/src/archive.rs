//! A folder as one compressed file. Blocks of zeros, of which a journal is full, and segments of nothing else are left out.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

const BLOCK: usize = 512;

/// Packs the files of a folder, but for its lock.
///
/// # Errors
/// What the file system says.
pub fn pack(folder: &Path) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    for below in ["", "journal", "pages"] {
        let mut names: Vec<_> = fs::read_dir(folder.join(below))?.collect::<io::Result<_>>()?;
        names.sort_by_key(fs::DirEntry::file_name);
        for file in names {
            let path = file.path();
            let content = if path.is_file() { fs::read(&path)? } else { continue };
            let blocks: Vec<_> = (0_u32..).zip(content.chunks(BLOCK)).filter(|(_, block)| !is_zero(block)).collect();
            if path.ends_with("LOCK") || (blocks.is_empty() && below == "journal") {
                continue;
            }
            let name = path.strip_prefix(folder).map_err(io::Error::other)?.to_string_lossy().into_owned();
            write_bytes(&mut out, name.as_bytes())?;
            out.write_all(&(content.len() as u64).to_le_bytes())?;
            out.write_all(&(blocks.len() as u32).to_le_bytes())?;
            for (number, block) in blocks {
                out.write_all(&number.to_le_bytes())?;
                write_bytes(&mut out, block)?;
            }
        }
    }
    out.finish()
}

/// Unpacks what [`pack`] has packed into an empty folder.
///
/// # Errors
/// What the file system says; `InvalidData` if it is none.
pub fn unpack(packed: &[u8], folder: &Path) -> io::Result<()> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes)?;
    let mut rest = &bytes[..];
    for below in ["journal", "pages"] {
        fs::create_dir_all(folder.join(below))?;
    }
    while !rest.is_empty() {
        let name = read_bytes(&mut rest)?;
        let name = std::str::from_utf8(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let length = u64::from_le_bytes(read(&mut rest)?);
        let mut content = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        for _ in 0..u32::from_le_bytes(read(&mut rest)?) {
            let at = u32::from_le_bytes(read(&mut rest)?) as usize * BLOCK;
            let block = read_bytes(&mut rest)?;
            content.get_mut(at..at + block.len()).ok_or(io::ErrorKind::InvalidData)?.copy_from_slice(block);
        }
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}

fn is_zero(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

fn write_bytes(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u32).to_le_bytes())?;
    out.write_all(bytes)
}

fn read<const N: usize>(rest: &mut &[u8]) -> io::Result<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
    *rest = after;
    Ok(*bytes)
}

fn read_bytes<'a>(rest: &mut &'a [u8]) -> io::Result<&'a [u8]> {
    let length = u32::from_le_bytes(read(rest)?) as usize;
    let (bytes, after) = rest.split_at_checked(length).ok_or(io::ErrorKind::UnexpectedEof)?;
    *rest = after;
    Ok(bytes)
}
