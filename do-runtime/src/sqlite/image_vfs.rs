//! The VFS of objects: the main database is an [`Image`], journals stay in SQLite's memory, and what else SQLite opens is a
//! temporary file.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use rusqlite::{Connection, OpenFlags};

use super::failure;
use super::glue::{Code, Durable, FileKind, OwnerCell, Registration, Vfs, VfsFile};
use super::handler_context::HandlerContext;
use super::temp_file::TempFile;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Image, ImageFailure, PAGE, Page};

thread_local! {
    /// The image of the connection that is being opened on this thread: SQLite opens its file in that same call.
    static HANDED_OVER: RefCell<Option<OwnerCell<Image>>> = const { RefCell::new(None) };
}

/// Opens a connection whose database is the image. It has no lock: one thread at a time.
pub(super) fn connect(file: OwnerCell<Image>) -> Result<Connection> {
    static REGISTRATION: OnceLock<Result<Registration>> = OnceLock::new();
    let registration =
        REGISTRATION.get_or_init(|| Registration::new(Arc::new(ImageVfs))).as_ref().map_err(Error::clone)?;
    HANDED_OVER.set(Some(file));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags_and_vfs("object", flags, registration.name());
    if HANDED_OVER.take().is_some() && opened.is_ok() {
        return Err(Error::new(ErrorKind::Internal, "SQLite opened an object's database without its image"));
    }
    opened.map_err(|error| failure::plain(error.into()))
}

struct ImageVfs;

impl Vfs for ImageVfs {
    fn open(&self, _: Option<&str>, kind: FileKind) -> Result<Box<dyn VfsFile>, Code> {
        match kind {
            FileKind::Main => match HANDED_OVER.take() {
                Some(image) => Ok(Box::new(ImageFile(image))),
                None => Err(Code::CannotOpen),
            },
            FileKind::Journal => Err(Code::CannotOpen),
            FileKind::Temporary => Ok(Box::new(TempFile::new()?)),
        }
    }

    fn delete(&self, _: &str, _: Durable) -> Result<(), Code> {
        Err(Code::NotFound)
    }

    fn exists(&self, _: &str) -> Result<bool, Code> {
        Ok(false)
    }

    fn now(&self) -> i64 {
        HandlerContext::now().as_millis()
    }
}

struct ImageFile(OwnerCell<Image>);

impl ImageFile {
    fn with<R>(&self, busy: Code, f: impl FnOnce(&mut Image) -> Result<R, Code>) -> Result<R, Code> {
        self.0.with(f).unwrap_or(Err(busy))
    }
}

fn code(failure: ImageFailure, otherwise: Code) -> Code {
    match failure {
        ImageFailure::Load | ImageFailure::Refused => otherwise,
        ImageFailure::Full => Code::Full,
    }
}

impl VfsFile for ImageFile {
    fn read(&mut self, into: &mut [u8], at: u64) -> Result<usize, Code> {
        self.with(Code::Read, |image| image.read(at, into).map_err(|failure| code(failure, Code::Read)))
    }

    fn write(&mut self, bytes: &[u8], at: u64) -> Result<(), Code> {
        let page: &Page = bytes.try_into().map_err(|_| Code::Write)?;
        if !at.is_multiple_of(PAGE as u64) {
            return Err(Code::Write);
        }
        let number = u32::try_from(at / PAGE as u64).map_err(|_| Code::Full)?;
        self.with(Code::Write, |image| image.write(number, page).map_err(|failure| code(failure, Code::Write)))
    }

    fn truncate(&mut self, len: u64) -> Result<(), Code> {
        let size = u32::try_from(len.div_ceil(PAGE as u64)).map_err(|_| Code::Full)?;
        self.with(Code::Truncate, |image| image.resize(size).map_err(|failure| code(failure, Code::Truncate)))
    }

    fn sync(&mut self) -> Result<(), Code> {
        Ok(())
    }

    fn len(&mut self) -> Result<u64, Code> {
        self.with(Code::Length, |image| Ok(u64::from(image.size()) * PAGE as u64))
    }
}
