//! The rows of one handle: OpenMLS's `StorageProvider` over memory, with a record of what changed.
//!
//! OpenMLS writes many values one by one and knows no transaction; here they only mark rows as changed, and the caller
//! commits them all at once. Message secrets, rewritten for every message, are written once per delta (`defer`), and
//! the secrets of each closed epoch are a row of their own, which then seldom changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits as t};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cbor::{self, Secret},
    fields::fields,
};

pub const KEY_PACKAGES: &[u8] = b"kp";
const LEAF_KEYS: &[u8] = b"ek";
const PSKS: &[u8] = b"psk";
const SECRETS: &[u8] = b"secrets";
const PAST: &[u8] = b"past:";
const PAST_FIELD: &str = "past_epoch_trees";

#[derive(Debug)]
pub struct KvError(&'static str);

impl fmt::Display for KvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for KvError {}

type Done<T = ()> = Result<T, KvError>;
pub type Key = (Vec<u8>, Vec<u8>);

fn bytes_of(value: &(impl Serialize + ?Sized)) -> Done<Vec<u8>> {
    let packed = cbor::encode(value).ok_or(KvError("does not encode"))?;
    Ok(cbor::inner_bytes(&packed).map_or_else(|| packed.to_vec(), <[u8]>::to_vec))
}

/// The scope of a group's rows.
pub fn scope_of(group_id: &(impl Serialize + ?Sized)) -> Done<Vec<u8>> {
    Ok([b"g", bytes_of(group_id)?.as_slice()].concat())
}

fn labelled(label: &[u8], rest: &[u8]) -> Vec<u8> {
    [label, b":", rest].concat()
}

#[derive(Default)]
struct Rows {
    values: BTreeMap<Key, Secret>,
    changed: BTreeSet<Key>,
    taken: BTreeSet<Key>,
    defer: bool,
    stale: bool,
    past: bool,
}

#[derive(Default)]
pub struct Kv(Mutex<Rows>);

pub type Puts = Vec<(Vec<u8>, Vec<u8>, Secret)>;

impl Kv {
    pub fn new(rows: Puts) -> Self {
        let values = rows.into_iter().map(|(scope, key, value)| ((scope, key), value)).collect();
        Kv(Mutex::new(Rows { values, defer: true, ..Rows::default() }))
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Store `value`; an unchanged value is not a change.
    pub fn put(&self, scope: &[u8], key: &[u8], value: Secret) {
        let mut rows = self.rows();
        let key = (scope.to_vec(), key.to_vec());
        if rows.values.get(&key) != Some(&value) {
            rows.values.insert(key.clone(), value);
            rows.changed.insert(key);
        }
    }

    pub fn get(&self, scope: &[u8], key: &[u8]) -> Option<Secret> {
        self.rows().values.get(&(scope.to_vec(), key.to_vec())).cloned()
    }

    pub fn remove(&self, scope: &[u8], key: &[u8]) {
        let mut rows = self.rows();
        let key = (scope.to_vec(), key.to_vec());
        if rows.values.remove(&key).is_some() {
            rows.changed.insert(key);
        }
    }

    pub fn keys(&self, scope: &[u8], prefix: &[u8]) -> Vec<Vec<u8>> {
        let rows = self.rows();
        let of_scope = rows.values.range((scope.to_vec(), prefix.to_vec())..);
        of_scope
            .take_while(|((found, key), _)| found == scope && key.starts_with(prefix))
            .map(|((_, key), _)| key.clone())
            .collect()
    }

    pub fn remove_scope(&self, scope: &[u8]) {
        self.keys(scope, b"").iter().for_each(|key| self.remove(scope, key));
    }

    /// Forget what the caller keeps elsewhere (a key package's row), unless it changed.
    pub fn forget_unchanged(&self, scope: &[u8]) {
        let mut rows = self.rows();
        let Rows { values, changed, .. } = &mut *rows;
        values.retain(|key, _| key.0 != scope || changed.contains(key));
    }

    pub fn stale(&self) -> bool {
        self.rows().stale
    }

    pub fn forget_deferred(&self) {
        self.rows().stale = false;
    }

    /// From now on keep message secrets back (`true`) or write them at once.
    pub fn defer(&self, on: bool) {
        self.rows().defer = on;
    }

    /// Everything that changed since the last `saved`.
    pub fn changes(&self) -> (Puts, Vec<Key>) {
        let mut rows = self.rows();
        let Rows { values, changed, taken, .. } = &mut *rows;
        taken.append(changed);
        let (mut puts, mut dels) = (Vec::new(), Vec::new());
        for key in taken.iter() {
            match values.get(key) {
                Some(value) => puts.push((key.0.clone(), key.1.clone(), value.clone())),
                None => dels.push(key.clone()),
            }
        }
        (puts, dels)
    }

    pub fn saved(&self) {
        self.rows().taken.clear();
    }

    fn write(&self, scope: &[u8], key: &[u8], value: &(impl Serialize + ?Sized)) -> Done {
        self.put(scope, key, cbor::encode(value).ok_or(KvError("does not encode"))?);
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self, scope: &[u8], key: &[u8]) -> Done<Option<T>> {
        let row = self.get(scope, key);
        row.map(|packed| cbor::decode(&packed).ok_or(KvError("does not decode"))).transpose()
    }

    /// One row for each field, and one for each closed epoch; those only if they may have changed.
    fn write_secrets(&self, scope: &[u8], secrets: &impl Serialize) -> Done {
        let odd = KvError("unexpected message secrets");
        let with_past = std::mem::take(&mut self.rows().past);
        for (name, value) in fields(secrets, (!with_past).then_some(PAST_FIELD)).ok_or(odd)? {
            if name == PAST_FIELD {
                self.write_past(scope, &value).ok_or(KvError("unexpected closed epochs"))?;
            } else {
                self.put(scope, &labelled(SECRETS, name.as_bytes()), value);
            }
        }
        Ok(())
    }

    fn write_past(&self, scope: &[u8], list: &[u8]) -> Option<()> {
        let mut kept = BTreeSet::new();
        for past in cbor::items(list)? {
            let epoch = cbor::integer(cbor::field(past, "epoch")?)?;
            let key = [PAST, &epoch.to_be_bytes()].concat();
            self.put(scope, &key, Secret::new(past.to_vec()));
            kept.insert(key);
        }
        let gone = self.keys(scope, PAST).into_iter().filter(|key| !kept.contains(key));
        gone.for_each(|key| self.remove(scope, &key));
        Some(())
    }

    fn read_secrets<T: DeserializeOwned>(&self, scope: &[u8]) -> Done<Option<T>> {
        let row = |name: &'static str| self.get(scope, &labelled(SECRETS, name.as_bytes())).map(|value| (name, value));
        let (Some(most), Some(current)) = (row("max_epochs"), row("message_secrets")) else { return Ok(None) };
        let past: Vec<_> = self.keys(scope, PAST).iter().filter_map(|key| self.get(scope, key)).collect();
        let whole = cbor::map(&[most, (PAST_FIELD, cbor::array(&past)), current]);
        cbor::decode(&whole).map(Some).ok_or(KvError("message secrets do not decode"))
    }

    /// The closed epochs may have changed: write them with the next flush.
    pub fn touch_past(&self) {
        self.rows().past = true;
    }

    /// The packed secrets and roster of a closed epoch.
    pub fn past(&self, scope: &[u8], epoch: u64) -> Option<Secret> {
        self.get(scope, &[PAST, &epoch.to_be_bytes()].concat())
    }

    fn list<T: DeserializeOwned>(&self, scope: &[u8], label: &[u8]) -> Done<Vec<T>> {
        let keys = self.keys(scope, label);
        keys.iter().filter_map(|key| self.read(scope, key).transpose()).collect()
    }

    fn epoch_keys<G: Serialize, E: Serialize>(g: &G, epoch: &E, leaf: u32) -> Done<Key> {
        let key = [&bytes_of(epoch)?[..], &leaf.to_be_bytes()].concat();
        Ok((scope_of(g)?, labelled(b"keys", &key)))
    }
}

macro_rules! group_values {
    ($($kind:ident: $write:ident $read:ident $delete:ident $label:literal;)*) => {$(
        fn $write<G: t::GroupId<V>, T: t::$kind<V>>(&self, g: &G, value: &T) -> Done {
            self.write(&scope_of(g)?, $label, value)
        }
        fn $read<G: t::GroupId<V>, T: t::$kind<V>>(&self, g: &G) -> Done<Option<T>> {
            self.read(&scope_of(g)?, $label)
        }
        fn $delete<G: t::GroupId<V>>(&self, g: &G) -> Done {
            self.remove(&scope_of(g)?, $label);
            Ok(())
        }
    )*};
}

impl StorageProvider<V> for Kv {
    type Error = KvError;

    group_values! {
        MlsGroupJoinConfig: write_mls_join_config mls_group_join_config delete_group_config b"config";
        TreeSync: write_tree tree delete_tree b"tree";
        GroupContext: write_context group_context delete_context b"context";
        InterimTranscriptHash: write_interim_transcript_hash interim_transcript_hash
            delete_interim_transcript_hash b"transcript";
        ConfirmationTag: write_confirmation_tag confirmation_tag delete_confirmation_tag b"tag";
        ResumptionPskStore: write_resumption_psk_store resumption_psk_store
            delete_all_resumption_psk_secrets b"resumption";
        LeafNodeIndex: write_own_leaf_index own_leaf_index delete_own_leaf_index b"leaf";
        GroupEpochSecrets: write_group_epoch_secrets group_epoch_secrets
            delete_group_epoch_secrets b"epoch";
    }

    fn write_group_state<S: t::GroupState<V>, G: t::GroupId<V>>(&self, g: &G, value: &S) -> Done {
        self.write(&scope_of(g)?, b"state", value)
    }
    fn group_state<S: t::GroupState<V>, G: t::GroupId<V>>(&self, g: &G) -> Done<Option<S>> {
        self.read(&scope_of(g)?, b"state")
    }
    fn delete_group_state<G: t::GroupId<V>>(&self, g: &G) -> Done {
        self.remove(&scope_of(g)?, b"state");
        Ok(())
    }

    fn write_message_secrets<G: t::GroupId<V>, M: t::MessageSecrets<V>>(&self, g: &G, secrets: &M) -> Done {
        let deferred = {
            let mut rows = self.rows();
            rows.stale = rows.defer;
            rows.defer
        };
        if deferred { Ok(()) } else { self.write_secrets(&scope_of(g)?, secrets) }
    }
    fn message_secrets<G: t::GroupId<V>, M: t::MessageSecrets<V>>(&self, g: &G) -> Done<Option<M>> {
        self.read_secrets(&scope_of(g)?)
    }
    fn delete_message_secrets<G: t::GroupId<V>>(&self, g: &G) -> Done {
        let scope = scope_of(g)?;
        let keys = [self.keys(&scope, SECRETS), self.keys(&scope, PAST)].concat();
        keys.iter().for_each(|key| self.remove(&scope, key));
        Ok(())
    }

    fn append_own_leaf_node<G: t::GroupId<V>, L: t::LeafNode<V>>(&self, g: &G, leaf: &L) -> Done {
        let scope = scope_of(g)?;
        let place = self.keys(&scope, b"own:").len() as u32;
        self.write(&scope, &labelled(b"own", &place.to_be_bytes()), leaf)
    }
    fn own_leaf_nodes<G: t::GroupId<V>, L: t::LeafNode<V>>(&self, g: &G) -> Done<Vec<L>> {
        self.list(&scope_of(g)?, b"own:")
    }
    fn delete_own_leaf_nodes<G: t::GroupId<V>>(&self, g: &G) -> Done {
        let scope = scope_of(g)?;
        self.keys(&scope, b"own:").iter().for_each(|key| self.remove(&scope, key));
        Ok(())
    }

    fn queue_proposal<G: t::GroupId<V>, R: t::ProposalRef<V>, Q: t::QueuedProposal<V>>(
        &self, g: &G, reference: &R, proposal: &Q,
    ) -> Done {
        let scope = scope_of(g)?;
        let raw = bytes_of(reference)?;
        let known = self.keys(&scope, b"proposal:").into_iter().find(|key| key.ends_with(&raw));
        let place = self.keys(&scope, b"proposal:").len() as u32;
        let fresh = labelled(b"proposal", &[&place.to_be_bytes()[..], &raw].concat());
        self.write(&scope, &known.unwrap_or(fresh), &(reference, proposal))
    }
    fn queued_proposal_refs<G: t::GroupId<V>, R: t::ProposalRef<V>>(&self, g: &G) -> Done<Vec<R>> {
        let pairs: Vec<(R, ciborium::Value)> = self.list(&scope_of(g)?, b"proposal:")?;
        Ok(pairs.into_iter().map(|(reference, _)| reference).collect())
    }
    fn queued_proposals<G: t::GroupId<V>, R: t::ProposalRef<V>, Q: t::QueuedProposal<V>>(
        &self, g: &G,
    ) -> Done<Vec<(R, Q)>> {
        self.list(&scope_of(g)?, b"proposal:")
    }
    fn remove_proposal<G: t::GroupId<V>, R: t::ProposalRef<V>>(&self, g: &G, reference: &R) -> Done {
        let (scope, raw) = (scope_of(g)?, bytes_of(reference)?);
        let found = self.keys(&scope, b"proposal:").into_iter().filter(|key| key.ends_with(&raw));
        found.for_each(|key| self.remove(&scope, &key));
        Ok(())
    }
    fn clear_proposal_queue<G: t::GroupId<V>, R: t::ProposalRef<V>>(&self, g: &G) -> Done {
        let scope = scope_of(g)?;
        self.keys(&scope, b"proposal:").iter().for_each(|key| self.remove(&scope, key));
        Ok(())
    }

    fn write_encryption_epoch_key_pairs<G: t::GroupId<V>, E: t::EpochKey<V>, K: t::HpkeKeyPair<V>>(
        &self, g: &G, epoch: &E, leaf: u32, pairs: &[K],
    ) -> Done {
        let (scope, key) = Self::epoch_keys(g, epoch, leaf)?;
        self.write(&scope, &key, pairs)
    }
    fn encryption_epoch_key_pairs<G: t::GroupId<V>, E: t::EpochKey<V>, K: t::HpkeKeyPair<V>>(
        &self, g: &G, epoch: &E, leaf: u32,
    ) -> Done<Vec<K>> {
        let (scope, key) = Self::epoch_keys(g, epoch, leaf)?;
        Ok(self.read(&scope, &key)?.unwrap_or_default())
    }
    fn delete_encryption_epoch_key_pairs<G: t::GroupId<V>, E: t::EpochKey<V>>(
        &self, g: &G, epoch: &E, leaf: u32,
    ) -> Done {
        let (scope, key) = Self::epoch_keys(g, epoch, leaf)?;
        self.remove(&scope, &key);
        Ok(())
    }

    fn write_encryption_key_pair<K: t::EncryptionKey<V>, P: t::HpkeKeyPair<V>>(&self, public: &K, pair: &P) -> Done {
        self.write(LEAF_KEYS, &bytes_of(public)?, pair)
    }
    fn encryption_key_pair<P: t::HpkeKeyPair<V>, K: t::EncryptionKey<V>>(&self, public: &K) -> Done<Option<P>> {
        self.read(LEAF_KEYS, &bytes_of(public)?)
    }
    fn delete_encryption_key_pair<K: t::EncryptionKey<V>>(&self, public: &K) -> Done {
        self.remove(LEAF_KEYS, &bytes_of(public)?);
        Ok(())
    }

    fn write_key_package<R: t::HashReference<V>, K: t::KeyPackage<V>>(&self, reference: &R, key_package: &K) -> Done {
        self.write(KEY_PACKAGES, &bytes_of(reference)?, key_package)
    }
    fn key_package<R: t::HashReference<V>, K: t::KeyPackage<V>>(&self, reference: &R) -> Done<Option<K>> {
        self.read(KEY_PACKAGES, &bytes_of(reference)?)
    }
    fn delete_key_package<R: t::HashReference<V>>(&self, reference: &R) -> Done {
        self.remove(KEY_PACKAGES, &bytes_of(reference)?);
        Ok(())
    }

    fn write_psk<I: t::PskId<V>, P: t::PskBundle<V>>(&self, id: &I, psk: &P) -> Done {
        self.write(PSKS, &bytes_of(id)?, psk)
    }
    fn psk<P: t::PskBundle<V>, I: t::PskId<V>>(&self, id: &I) -> Done<Option<P>> {
        self.read(PSKS, &bytes_of(id)?)
    }
    fn delete_psk<I: t::PskId<V>>(&self, id: &I) -> Done {
        self.remove(PSKS, &bytes_of(id)?);
        Ok(())
    }

    // Signature keys live in `Signer`, never in rows.
    fn write_signature_key_pair<K: t::SignaturePublicKey<V>, P: t::SignatureKeyPair<V>>(&self, _: &K, _: &P) -> Done {
        Err(KvError("signature keys are not stored"))
    }
    fn signature_key_pair<K: t::SignaturePublicKey<V>, P: t::SignatureKeyPair<V>>(&self, _: &K) -> Done<Option<P>> {
        Ok(None)
    }
    fn delete_signature_key_pair<K: t::SignaturePublicKey<V>>(&self, _: &K) -> Done {
        Ok(())
    }
}
