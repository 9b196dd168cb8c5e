//! An object written by hand, as the macros would write it: the contract between generated code and the runtime.
#![cfg(feature = "testing")]
#![allow(missing_docs)]

use do_runtime::__private::{
    Answer, ColumnDef, Dispatch, IndexDef, KeySource, Method, NewRow, Object, Ran, RowAccess, Run, Sendable,
    StoredReader, StoredWriter, TableDef, ToValue, TypedStub, Value, column,
};
use do_runtime::testing::{self, TestKit};
use do_runtime::{
    Call, Column, Cx, Declares, Error, ErrorKind, Id, Limits, Result, Stub, Table, This, Timestamp, bail, secs,
};

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    id: Id<Entry>,
    text: String,
}

impl Table for Entry {
    const DEF: &'static TableDef = &TableDef {
        name: "entry",
        rust_name: "Entry",
        schema: "CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;",
        types: &[],
        columns: &[
            ColumnDef { name: "id", sql_type: "INTEGER", null: false, default: false },
            ColumnDef { name: "text", sql_type: "TEXT", null: false, default: false },
        ],
        key: &[0],
        assigned: Some(0),
        indexes: &[IndexDef { name: "entry_text", columns: &[("text", false)], unique: true }],
        references: &[],
        expiry: None,
    };
    type Key<'k> = <Id<Entry> as Column>::Ref<'k>;

    fn key_values<'v>(key: &'v Self::Key<'_>) -> Result<Vec<Value<'v>>> {
        Ok(vec![key.to_value()?])
    }

    fn values(&self) -> Result<Vec<Value<'_>>> {
        Ok(vec![self.id.to_value()?, self.text.to_value()?])
    }

    fn read(row: &dyn RowAccess, first: usize) -> Result<Self> {
        Ok(Entry { id: column(row, first, "id")?, text: column(row, first + 1, "text")? })
    }

    fn assign(&mut self, key: i64) {
        self.id = Id::from_raw(key);
    }
}

struct NewEntry(String);

impl NewRow for NewEntry {
    type Row = Entry;

    fn complete(self, _: Timestamp) -> (Entry, KeySource) {
        (Entry { id: Id::from_raw(0), text: self.0 }, KeySource::Assigned)
    }
}

struct Diary {
    total: u64,
    calls: u64,
}

impl Declares<Entry> for Diary {}

impl Object for Diary {
    const CLASS: &'static str = "Diary";
    const TABLES: &'static [&'static TableDef] = &[Entry::DEF];
    const LIMITS: Limits = Limits::DEFAULT;
    const JURISDICTION: Option<&'static str> = None;

    fn sendable() -> Sendable<Self> {
        Sendable::new()
    }

    fn wake(stored: &mut StoredReader<'_>) -> Result<Self> {
        Ok(Diary { total: stored.take("total")?.unwrap_or_default(), calls: 0 })
    }

    fn store(&self, to: &mut StoredWriter<'_>) -> Result {
        to.put("total", &self.total)
    }

    fn restore(&mut self, stored: &mut StoredReader<'_>) -> Result {
        self.total = stored.take("total")?.unwrap_or_default();
        Ok(())
    }
}

impl Diary {
    fn write(&mut self, cx: &mut Cx<Self>, text: String) -> Result<Entry> {
        self.total += 1;
        self.calls += 1;
        let entry = cx.insert(NewEntry(text.clone()))?;
        match text.as_str() {
            "fail" => bail!("asked to"),
            "panic" => panic!("asked to"),
            _ => Ok(entry),
        }
    }

    fn read(&self, cx: &Cx<Self>) -> Result<(u64, u64, i64)> {
        Ok((self.total, self.calls, cx.count::<Entry>()?))
    }

    async fn copy(this: This<Self>, to: String) -> Result<i64> {
        let entries = this.read(|_, cx| cx.count::<Entry>()).await?;
        let other: DiaryStub = this.objects().get_by_name::<Diary>(&to);
        for n in 0..entries {
            other.write(format!("copy {n}")).await?;
        }
        this.update(|me, _| {
            me.total += 100;
            Ok(())
        })
        .await?;
        Ok(entries)
    }

    async fn nap(this: This<Self>) -> Result<Timestamp> {
        this.sleep(secs(5)).await?;
        this.now()
    }
}

#[derive(Clone, Debug)]
struct DiaryStub(Stub<Diary>);

enum Request {
    Write(String),
    Read,
    Copy(String),
    Nap,
}

static WRITE: Method = Method::new("write");
static READ: Method = Method::new("read");
static COPY: Method = Method::new("copy");
static NAP: Method = Method::new("nap");

impl Dispatch for Diary {
    type Request = Request;
    type Stub = DiaryStub;
    type Schedule<'a> = do_runtime::Schedule<'a>;

    fn dispatch(request: Request, run: Run<'_, Self>) -> Ran {
        match request {
            Request::Write(text) => run.exclusive(|me, cx| me.write(cx, text)),
            Request::Read => run.shared(|me, cx| me.read(cx)),
            Request::Copy(to) => run.orchestrate(|this| Self::copy(this, to)),
            Request::Nap => run.orchestrate(Self::nap),
        }
    }
}

impl From<Stub<Diary>> for DiaryStub {
    fn from(stub: Stub<Diary>) -> Self {
        DiaryStub(stub)
    }
}

impl TypedStub for DiaryStub {
    type Object = Diary;

    fn stub(&self) -> &Stub<Diary> {
        &self.0
    }
}

impl DiaryStub {
    fn write(&self, text: impl Into<String>) -> Call<Diary, Entry> {
        self.0.call(&WRITE, Request::Write(text.into()))
    }

    fn read(&self) -> Call<Diary, (u64, u64, i64)> {
        self.0.call(&READ, Request::Read)
    }

    fn copy(&self, to: impl Into<String>) -> Call<Diary, i64> {
        self.0.call(&COPY, Request::Copy(to.into()))
    }

    fn nap(&self) -> Call<Diary, Timestamp> {
        self.0.call(&NAP, Request::Nap)
    }
}

// A row is an answer of this object's calls.
impl serde::Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.id, &self.text).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <(Id<Entry>, String)>::deserialize(deserializer).map(|(id, text)| Entry { id, text })
    }
}

fn answers<T: Answer>() {}

#[test]
fn it_lives_through_everything() {
    answers::<Entry>();
    testing::run("it_lives_through_everything", |kit: TestKit| async move {
        let ann = kit.objects().get_by_name::<Diary>("ann");
        assert_eq!(ann.read().await?, (0, 0, 0));
        assert!(kit.list::<Diary>().await?.is_empty());
        assert_eq!(ann.write("one").await?.id, Id::from_raw(1));
        assert_eq!(kit.list::<Diary>().await?, [ann.0.id()]);
        assert_eq!(ann.write("two").await?.id, Id::from_raw(2));
        assert_eq!(ann.write("two").await.expect_err("taken").kind(), ErrorKind::Conflict);
        assert_eq!(ann.write("fail").await.expect_err("fails").to_string(), "asked to");
        assert_eq!(ann.read().await?, (2, 4, 2));
        assert_eq!(ann.write("panic").await.expect_err("panics").kind(), ErrorKind::Handler);
        assert_eq!(ann.read().await?, (2, 0, 2));
        kit.evict(&ann).await?;
        assert!(kit.awake().is_empty());
        assert_eq!(ann.read().await?, (2, 0, 2));
        kit.crash().await?;
        assert_eq!(ann.read().await?, (2, 0, 2));
        kit.restart().await?;
        assert_eq!(ann.read().await?, (2, 0, 2));
        assert_eq!(ann.copy("ben").await?, 2);
        assert_eq!(ann.read().await?.0, 102);
        let nap = futures_join(ann.nap(), kit.advance("10s")).await?;
        assert_eq!(nap, kit.now() - secs(5));
        kit.advance("20s").await;
        assert!(kit.awake().is_empty());
        assert_eq!(kit.list::<Diary>().await?.len(), 2);
        let namespace = kit.objects().namespace::<Diary>();
        assert!(namespace.delete(ann.0.id()).await?);
        assert!(!namespace.exists(ann.0.id()).await?);
        assert_eq!(ann.read().await?, (0, 0, 0));
        ann.write("again").await?;
        kit.crash().await?;
        assert_eq!(ann.read().await?, (1, 0, 1));
        assert_eq!(kit.physical_rows::<Entry>(&ann).await?, 1);
        Ok::<_, Error>(())
    })
    .expect("it lives");
}

async fn futures_join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> A {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut first, mut second) = (None, false);
    std::future::poll_fn(move |cx| {
        if first.is_none()
            && let std::task::Poll::Ready(value) = a.as_mut().poll(cx)
        {
            first = Some(value);
        }
        second = second || b.as_mut().poll(cx).is_ready();
        match (second, first.take()) {
            (true, Some(value)) => std::task::Poll::Ready(value),
            (_, value) => {
                first = value;
                std::task::Poll::Pending
            }
        }
    })
    .await
}
