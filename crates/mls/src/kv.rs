//! The rows of one handle, and which of them changed since the caller last saved.
//!
//! OpenMLS writes many values one by one and knows no transaction: `storage.rs` only marks rows as changed, and the
//! caller commits them all at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};

use postcard::{Error, experimental::serialized_size};
use pyo3::{prelude::*, types::PyBytes};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub const KEY_PACKAGES: &[u8] = b"kp";
pub const CONFIG: &[u8] = b"config";
const SECRETS: &[u8] = b"secrets";
const PATCH: &[u8] = b"secrets+";

pub type Done<T = ()> = Result<T, Error>;
pub type Secret = Zeroizing<Vec<u8>>;
pub type PyRows = Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>;
/// Scope and key of a row.
pub type Key = (Vec<u8>, Vec<u8>);

/// Postcard has no names and takes bytes as they are. Measured first: a growing buffer would leave copies unwiped.
pub fn encode(value: &(impl Serialize + ?Sized)) -> Done<Secret> {
    let mut row = Zeroizing::new(vec![0; serialized_size(value)?]);
    postcard::to_slice(value, &mut row)?;
    Ok(row)
}

pub fn decode<T: DeserializeOwned>(row: &[u8]) -> Done<T> {
    match postcard::take_from_bytes(row)? {
        (value, []) => Ok(value),
        _ => Err(Error::DeserializeBadEncoding),
    }
}

/// The scope of a group's rows.
pub fn scope_of(group_id: &(impl Serialize + ?Sized)) -> Done<Vec<u8>> {
    Ok([b"g", encode(group_id)?.as_slice()].concat())
}

/// What turns `base` into `whole`: lengths of the common beginning and end, and what is between.
fn patch(base: &[u8], whole: &[u8]) -> Done<Secret> {
    let start = base.iter().zip(whole).take_while(|(old, new)| old == new).count();
    let (old, new) = (base[start..].iter().rev(), whole[start..].iter().rev());
    let end = old.zip(new).take_while(|(old, new)| old == new).count();
    encode(&(start, end, &whole[start..whole.len() - end]))
}

fn patched(base: &[u8], patch: &[u8]) -> Done<Secret> {
    let (start, end, middle): (usize, usize, &[u8]) = postcard::from_bytes(patch)?;
    let tail = base.len().checked_sub(end).and_then(|at| base.get(at..));
    let (head, tail) = base.get(..start).zip(tail).ok_or(Error::DeserializeBadEncoding)?;
    Ok(Zeroizing::new([head, middle, tail].concat()))
}

#[derive(Default)]
struct Rows {
    values: BTreeMap<Key, Secret>,
    changed: BTreeSet<Key>,
    taken: BTreeSet<Key>,
    /// Message secrets are written at once instead of once per delta.
    eager: bool,
    /// Message secrets were kept back.
    stale: bool,
    /// The next message secrets are written whole.
    whole: bool,
}

#[derive(Default)]
pub struct Kv(Mutex<Rows>);

impl Kv {
    pub fn new(rows: PyRows) -> Self {
        let values = rows.into_iter().map(|(scope, key, value)| ((scope, key), Zeroizing::new(value))).collect();
        Kv(Mutex::new(Rows { values, ..Rows::default() }))
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Store `value`; an unchanged value is not a change.
    pub fn put(&self, key: Key, value: Secret) -> Done {
        let mut rows = self.rows();
        if rows.values.get(&key) != Some(&value) {
            rows.values.insert(key.clone(), value);
            rows.changed.insert(key);
        }
        Ok(())
    }

    pub fn get(&self, key: &Key) -> Option<Secret> {
        self.rows().values.get(key).cloned()
    }

    pub fn remove(&self, key: &Key) -> Done {
        let mut rows = self.rows();
        if rows.values.remove(key).is_some() {
            rows.changed.insert(key.clone());
        }
        Ok(())
    }

    /// The rows of `scope` whose keys begin with `prefix`, in order.
    pub fn keys(&self, scope: &[u8], prefix: &[u8]) -> Vec<Key> {
        let rows = self.rows();
        let from = rows.values.range((scope.to_vec(), prefix.to_vec())..).map(|(key, _)| key);
        from.take_while(|key| key.0 == scope && key.1.starts_with(prefix)).cloned().collect()
    }

    /// OpenMLS's configuration wants a self-describing format.
    pub fn write(&self, key: Key, value: &(impl Serialize + ?Sized)) -> Done {
        match key.1.as_slice() {
            CONFIG => self.put(key, Zeroizing::new(serde_json::to_vec(value).map_err(|_| Error::SerdeSerCustom)?)),
            _ => self.put(key, encode(value)?),
        }
    }

    pub fn read<T: DeserializeOwned>(&self, key: &Key) -> Done<Option<T>> {
        let Some(row) = self.get(key) else { return Ok(None) };
        match key.1.as_slice() {
            CONFIG => serde_json::from_slice(&row).map(Some).map_err(|_| Error::SerdeDeCustom),
            _ => decode(&row).map(Some),
        }
    }

    /// Keep the message secrets back, which OpenMLS writes for every message, or write them. They hold the rosters of
    /// closed epochs, so what is written is mostly a patch to what was written after the last commit.
    pub fn write_secrets(&self, scope: &[u8], secrets: &impl Serialize) -> Done {
        let (base, change) = ((scope.to_vec(), SECRETS.to_vec()), (scope.to_vec(), PATCH.to_vec()));
        let mut rows = self.rows();
        rows.stale = !rows.eager;
        if rows.stale {
            return Ok(());
        }
        let old = if take(&mut rows.whole) { None } else { rows.values.get(&base).cloned() };
        drop(rows);
        let new = encode(secrets)?;
        if let Some(old) = old {
            return self.put(change, patch(&old, &new)?);
        }
        self.put(base, new)?;
        self.remove(&change)
    }

    pub fn read_secrets<T: DeserializeOwned>(&self, scope: &[u8]) -> Done<Option<T>> {
        let Some(base) = self.get(&(scope.to_vec(), SECRETS.to_vec())) else { return Ok(None) };
        match self.get(&(scope.to_vec(), PATCH.to_vec())) {
            Some(change) => decode(&patched(&base, &change)?).map(Some),
            None => decode(&base).map(Some),
        }
    }

    pub fn remove_all(&self, scope: &[u8], prefix: &[u8]) -> Done {
        self.keys(scope, prefix).iter().try_for_each(|key| self.remove(key))
    }

    pub fn list<T: DeserializeOwned>(&self, key: &Key) -> Done<Vec<T>> {
        Ok(self.read(key)?.unwrap_or_default())
    }

    pub fn append<T: Serialize + DeserializeOwned>(&self, key: Key, value: &T) -> Done {
        let list: Vec<T> = self.list(&key)?;
        self.write(key, &list.iter().chain([value]).collect::<Vec<_>>())
    }

    /// Closed epochs may have changed: a patch would be long.
    pub fn rewrite_secrets(&self) {
        self.rows().whole = true;
    }

    /// Whether message secrets were kept back, which is forgotten; from now on they are (`eager`: are not).
    pub fn hold(&self, eager: bool) -> bool {
        let mut rows = self.rows();
        rows.eager = eager;
        take(&mut rows.stale)
    }

    pub fn saved(&self) {
        self.rows().taken.clear();
    }

    /// Everything that changed since the last `saved`.
    pub fn delta(&self, base_gen: u64) -> Delta {
        let mut rows = self.rows();
        let Rows { values, changed, taken, .. } = &mut *rows;
        taken.append(changed);
        let mut delta = Delta { puts: vec![], dels: vec![], base_gen, new_gen: base_gen + 1 };
        for key in taken.iter() {
            match values.get(key) {
                Some(value) => delta.puts.push((key.clone(), value.clone())),
                None => delta.dels.push(key.clone()),
            }
        }
        delta
    }
}

shown! { Delta { dels: Vec<Key>, base_gen: u64, new_gen: u64, } hidden { puts: Vec<(Key, Secret)>, } }

#[pymethods]
impl Delta {
    #[getter]
    fn puts<'py>(&self, py: Python<'py>) -> Vec<(&[u8], &[u8], Bound<'py, PyBytes>)> {
        let rows = self.puts.iter();
        rows.map(|((scope, key), value)| (&scope[..], &key[..], PyBytes::new(py, value))).collect()
    }
}
