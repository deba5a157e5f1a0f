//! The rows of one handle, which of them changed since the caller last saved, and what else OpenMLS runs on: RustCrypto
//! and the system's randomness.
//!
//! OpenMLS writes many values one by one and knows no transaction: here rows are only marked as changed, and the caller
//! commits them all at once.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    mem::take,
    sync::LazyLock,
};

use openmls::prelude::GroupId;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider,
    random::OpenMlsRand,
    storage::{CURRENT_VERSION as V, StorageProvider, traits as t},
};
use postcard::{Error, experimental::serialized_size};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub const KEY_PACKAGES: &[u8] = b"kp";
const CONFIG: &[u8] = b"config";
const PROPOSAL: &[u8] = b"proposal:";
pub const SECRETS: &[u8] = b"secrets";
const PATCH: &[u8] = b"secrets+";

/// The crypto provider; it holds no keys.
pub static CRYPTO: LazyLock<RustCrypto> = LazyLock::new(RustCrypto::default);

pub type Done<T = ()> = Result<T, Error>;
/// Scope and key of a row.
pub type Key = (Vec<u8>, Vec<u8>);
pub type Row = (Vec<u8>, Vec<u8>, Secret);

/// Bytes that are wiped when they are dropped. Python gets a copy.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize, FromPyObject, IntoPyObjectRef)]
#[pyo3(transparent)]
pub struct Secret(pub Vec<u8>);

/// Postcard has no names and takes bytes as they are. Measured first: a growing buffer would leave copies unwiped.
fn encode(value: &(impl Serialize + ?Sized)) -> Done<Secret> {
    let mut row = Secret(vec![0; serialized_size(value)?]);
    postcard::to_slice(value, &mut row.0)?;
    Ok(row)
}

fn decode<T: DeserializeOwned>(row: &[u8]) -> Done<T> {
    match postcard::take_from_bytes(row)? {
        (value, []) => Ok(value),
        _ => Err(Error::DeserializeBadEncoding),
    }
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
    Ok(Secret([head, middle, tail].concat()))
}

/// The scope of a group's rows.
pub fn scope_of(group_id: &(impl Serialize + ?Sized)) -> Done<Vec<u8>> {
    Ok([b"g", encode(group_id)?.0.as_slice()].concat())
}

#[pyfunction]
pub fn group_scope(group_id: &[u8]) -> crate::errors::Outcome<Vec<u8>> {
    Ok(scope_of(&GroupId::from_slice(group_id))?)
}

/// A row of a group.
pub fn group(label: &[u8], group_id: &impl Serialize) -> Done<Key> {
    Ok((scope_of(group_id)?, label.to_vec()))
}

/// A row on its own, under the bytes of an id or reference if it is no more than bytes.
fn own(scope: &[u8], id: &impl Serialize) -> Done<Key> {
    let id = encode(id)?;
    Ok((scope.to_vec(), decode(&id.0).unwrap_or_else(|_| id.0.clone())))
}

fn epoch_keys(group_id: &impl Serialize, epoch: &impl Serialize, leaf: u32) -> Done<Key> {
    group(&[b"keys:", encode(epoch)?.0.as_slice(), &leaf.to_be_bytes()].concat(), group_id)
}

fn proposal(group_id: &impl Serialize, reference: &impl Serialize) -> Done<Key> {
    group(&[PROPOSAL, encode(reference)?.0.as_slice()].concat(), group_id)
}

#[derive(Default)]
struct State {
    values: BTreeMap<Key, Secret>,
    changed: BTreeSet<Key>,
    taken: BTreeSet<Key>,
    /// Message secrets are written at once instead of once per delta.
    eager: bool,
    /// Message secrets were kept back.
    stale: bool,
}

#[derive(Default)]
pub struct Rows(RefCell<State>);

/// What to write: everything that changed.
#[pyclass(frozen, get_all)]
pub struct Delta {
    puts: Vec<Row>,
    dels: Vec<Key>,
    base_gen: u64,
    new_gen: u64,
}

impl Rows {
    pub fn new(rows: Vec<Row>) -> Self {
        let values = rows.into_iter().map(|(scope, key, value)| ((scope, key), value)).collect();
        Rows(RefCell::new(State { values, ..State::default() }))
    }

    /// Store `value`; an unchanged value is not a change.
    pub fn put(&self, key: Key, value: Secret) -> Done {
        let mut state = self.0.borrow_mut();
        if state.values.get(&key) != Some(&value) {
            state.values.insert(key.clone(), value);
            state.changed.insert(key);
        }
        Ok(())
    }

    /// The rows of `scope`, to be changed on their own.
    pub fn copied(&self, scope: &[u8]) -> Self {
        let state = self.0.borrow();
        let values = state.values.iter().filter(|(key, _)| key.0 == scope);
        let values = values.map(|(key, value)| (key.clone(), value.clone())).collect();
        Rows(RefCell::new(State { values, ..State::default() }))
    }

    pub fn get(&self, key: &Key) -> Option<Secret> {
        self.0.borrow().values.get(key).cloned()
    }

    pub fn remove(&self, key: &Key) -> Done {
        let mut state = self.0.borrow_mut();
        if state.values.remove(key).is_some() {
            state.changed.insert(key.clone());
        }
        Ok(())
    }

    /// The rows of `scope` whose keys begin with `prefix`, in order.
    pub fn keys(&self, scope: &[u8], prefix: &[u8]) -> Vec<Key> {
        let state = self.0.borrow();
        let from = state.values.range((scope.to_vec(), prefix.to_vec())..).map(|(key, _)| key);
        from.take_while(|key| key.0 == scope && key.1.starts_with(prefix)).cloned().collect()
    }

    pub fn remove_all(&self, scope: &[u8], prefix: &[u8]) -> Done {
        self.keys(scope, prefix).iter().try_for_each(|key| self.remove(key))
    }

    /// OpenMLS's configuration wants a self-describing format.
    pub fn write(&self, key: Key, value: &(impl Serialize + ?Sized)) -> Done {
        match key.1.as_slice() {
            CONFIG => self.put(key, Secret(serde_json::to_vec(value).map_err(|_| Error::SerdeSerCustom)?)),
            SECRETS => self.write_secrets(key, value),
            _ => self.put(key, encode(value)?),
        }
    }

    pub fn read<T: DeserializeOwned>(&self, key: &Key) -> Done<Option<T>> {
        let Some(row) = self.get(key) else { return Ok(None) };
        let change = self.get(&(key.0.clone(), PATCH.to_vec()));
        match (key.1.as_slice(), change) {
            (CONFIG, _) => serde_json::from_slice(&row.0).map_err(|_| Error::SerdeDeCustom),
            (SECRETS, Some(change)) => decode(&patched(&row.0, &change.0)?.0),
            _ => decode(&row.0),
        }
        .map(Some)
    }

    /// Keep the message secrets back, which OpenMLS writes for every message, or write them. They hold the rosters of
    /// closed epochs, so what a message changes is written as a patch. A commit changes the first bytes (the oldest
    /// epoch) and the last: they are written whole, and nothing of forgotten epochs stays in the rows.
    fn write_secrets(&self, base: Key, secrets: &(impl Serialize + ?Sized)) -> Done {
        let mut state = self.0.borrow_mut();
        state.stale = !state.eager;
        if state.stale {
            return Ok(());
        }
        drop(state);
        let (new, change) = (encode(secrets)?, (base.0.clone(), PATCH.to_vec()));
        if let Some(old) = self.get(&base) {
            let patch = patch(&old.0, &new.0)?;
            if patch.0.len() <= new.0.len() / 8 {
                return self.put(change, patch);
            }
        }
        self.put(base, new)?;
        self.remove(&change)
    }

    /// Whether message secrets were kept back, which is forgotten; from now on they are (`eager`: are not).
    pub fn hold(&self, eager: bool) -> bool {
        let mut state = self.0.borrow_mut();
        state.eager = eager;
        take(&mut state.stale)
    }

    pub fn saved(&self) {
        self.0.borrow_mut().taken.clear();
    }

    /// Everything that changed since the last `saved`.
    pub fn delta(&self, base_gen: u64) -> Delta {
        let mut state = self.0.borrow_mut();
        let State { values, changed, taken, .. } = &mut *state;
        taken.append(changed);
        let dels = taken.iter().filter(|key| !values.contains_key(key)).cloned().collect();
        let puts = taken.iter().filter_map(|key| Some((key.0.clone(), key.1.clone(), values.get(key)?.clone())));
        Delta { puts: puts.collect(), dels, base_gen, new_gen: base_gen + 1 }
    }
}

/// Straight from the system: nothing to share by mistake with a forked process.
impl OpenMlsRand for Rows {
    type Error = getrandom::Error;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map(|()| bytes)
    }
    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = vec![0; len];
        getrandom::fill(&mut bytes).map(|()| bytes)
    }
}

impl OpenMlsProvider for Rows {
    type CryptoProvider = RustCrypto;
    type RandProvider = Self;
    type StorageProvider = Self;

    fn storage(&self) -> &Self {
        self
    }
    fn crypto(&self) -> &RustCrypto {
        &CRYPTO
    }
    fn rand(&self) -> &Self {
        self
    }
}

/// Write, read and delete one value; type parameters stand in OpenMLS's order.
macro_rules! values {
    ($($place:ident $label:expr, $key:ident $value:ident:
        $write:ident<$w1:ident, $w2:ident> $read:ident<$r1:ident, $r2:ident> $delete:ident;)*) => {$(
        fn $write<$w1, $w2>(&self, key: &K, value: &T) -> Done where K: t::$key<V>, T: t::$value<V> {
            self.write($place($label, key)?, value)
        }
        fn $read<$r1, $r2>(&self, key: &K) -> Done<Option<T>> where K: t::$key<V>, T: t::$value<V> {
            self.read(&$place($label, key)?)
        }
        fn $delete<K: t::$key<V>>(&self, key: &K) -> Done {
            self.remove(&$place($label, key)?)
        }
    )*};
}

/// One method as an expression over the rows.
macro_rules! methods {
    ($rows:ident: $($name:ident<$($kind:ident: $bound:ident),*>($($arg:ident: $type:ty),*) -> $out:ty {
        $body:expr
    })*) => {$(
        fn $name<$($kind: t::$bound<V>),*>(&self, $($arg: $type),*) -> Done<$out> {
            let $rows = self;
            $body
        }
    )*};
}

impl StorageProvider<V> for Rows {
    type Error = Error;

    values! {
        group CONFIG, GroupId MlsGroupJoinConfig:
            write_mls_join_config<K, T> mls_group_join_config<K, T> delete_group_config;
        group b"tree", GroupId TreeSync: write_tree<K, T> tree<K, T> delete_tree;
        group b"context", GroupId GroupContext: write_context<K, T> group_context<K, T> delete_context;
        group b"transcript", GroupId InterimTranscriptHash:
            write_interim_transcript_hash<K, T> interim_transcript_hash<K, T> delete_interim_transcript_hash;
        group b"tag", GroupId ConfirmationTag:
            write_confirmation_tag<K, T> confirmation_tag<K, T> delete_confirmation_tag;
        group b"resumption", GroupId ResumptionPskStore:
            write_resumption_psk_store<K, T> resumption_psk_store<K, T> delete_all_resumption_psk_secrets;
        group b"leaf", GroupId LeafNodeIndex: write_own_leaf_index<K, T> own_leaf_index<K, T> delete_own_leaf_index;
        group b"epoch", GroupId GroupEpochSecrets:
            write_group_epoch_secrets<K, T> group_epoch_secrets<K, T> delete_group_epoch_secrets;
        group b"state", GroupId GroupState: write_group_state<T, K> group_state<T, K> delete_group_state;
        own b"ek", EncryptionKey HpkeKeyPair:
            write_encryption_key_pair<K, T> encryption_key_pair<T, K> delete_encryption_key_pair;
        own KEY_PACKAGES, HashReference KeyPackage: write_key_package<K, T> key_package<K, T> delete_key_package;
        own b"psk", PskId PskBundle: write_psk<K, T> psk<T, K> delete_psk;
        own b"never", SignaturePublicKey SignatureKeyPair: // OpenMLS asks `Signer` instead
            write_signature_key_pair<K, T> signature_key_pair<K, T> delete_signature_key_pair;
    }
    methods! { rows:
        write_message_secrets<G: GroupId, M: MessageSecrets>(g: &G, secrets: &M) -> () {
            rows.write(group(SECRETS, g)?, secrets)
        }
        message_secrets<G: GroupId, M: MessageSecrets>(g: &G) -> Option<M> { rows.read(&group(SECRETS, g)?) }
        delete_message_secrets<G: GroupId>(g: &G) -> () { rows.remove_all(&scope_of(g)?, SECRETS) }
        append_own_leaf_node<G: GroupId, L: LeafNode>(g: &G, leaf: &L) -> () {{
            let leaves: Vec<L> = rows.own_leaf_nodes(g)?;
            rows.write(group(b"own", g)?, &leaves.iter().chain([leaf]).collect::<Vec<_>>())
        }}
        own_leaf_nodes<G: GroupId, L: LeafNode>(g: &G) -> Vec<L> {
            rows.read(&group(b"own", g)?).map(Option::unwrap_or_default)
        }
        delete_own_leaf_nodes<G: GroupId>(g: &G) -> () { rows.remove(&group(b"own", g)?) }
        queue_proposal<G: GroupId, R: ProposalRef, Q: QueuedProposal>(g: &G, one: &R, queued: &Q) -> () {
            rows.write(proposal(g, one)?, queued)
        }
        queued_proposal_refs<G: GroupId, R: ProposalRef>(g: &G) -> Vec<R> {
            rows.keys(&scope_of(g)?, PROPOSAL).iter().map(|(_, key)| decode(&key[PROPOSAL.len()..])).collect()
        }
        queued_proposals<G: GroupId, R: ProposalRef, Q: QueuedProposal>(g: &G) -> Vec<(R, Q)> {{
            let refs: Vec<R> = rows.queued_proposal_refs(g)?;
            let queued = |one: &R| rows.read(&proposal(g, one)?)?.ok_or(Error::DeserializeBadEncoding);
            refs.into_iter().map(|one| queued(&one).map(|found| (one, found))).collect()
        }}
        remove_proposal<G: GroupId, R: ProposalRef>(g: &G, one: &R) -> () { rows.remove(&proposal(g, one)?) }
        clear_proposal_queue<G: GroupId, R: ProposalRef>(g: &G) -> () { rows.remove_all(&scope_of(g)?, PROPOSAL) }
        write_encryption_epoch_key_pairs<G: GroupId, E: EpochKey, K: HpkeKeyPair>(
            g: &G, epoch: &E, leaf: u32, pairs: &[K]
        ) -> () { rows.write(epoch_keys(g, epoch, leaf)?, pairs) }
        encryption_epoch_key_pairs<G: GroupId, E: EpochKey, K: HpkeKeyPair>(g: &G, epoch: &E, leaf: u32) -> Vec<K> {
            rows.read(&epoch_keys(g, epoch, leaf)?).map(Option::unwrap_or_default)
        }
        delete_encryption_epoch_key_pairs<G: GroupId, E: EpochKey>(g: &G, epoch: &E, leaf: u32) -> () {
            rows.remove(&epoch_keys(g, epoch, leaf)?)
        }
    }
}
