//! What OpenMLS runs on: RustCrypto, the system's randomness, and rows as its `StorageProvider`.

use std::sync::LazyLock;

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider,
    random::OpenMlsRand,
    storage::{CURRENT_VERSION as V, StorageProvider, traits as t},
};
use postcard::Error;
use serde::Serialize;

use crate::kv::{Done, Key, Kv, decode, encode, scope_of};

static CRYPTO: LazyLock<RustCrypto> = LazyLock::new(RustCrypto::default);

/// The crypto provider; it holds no keys.
pub fn crypto() -> &'static RustCrypto {
    &CRYPTO
}

#[derive(Default)]
pub struct Provider {
    pub kv: Kv,
}

/// Straight from the system: nothing to share by mistake with a forked process.
impl OpenMlsRand for Provider {
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

impl OpenMlsProvider for Provider {
    type CryptoProvider = RustCrypto;
    type RandProvider = Self;
    type StorageProvider = Kv;

    fn storage(&self) -> &Kv {
        &self.kv
    }
    fn crypto(&self) -> &RustCrypto {
        crypto()
    }
    fn rand(&self) -> &Self {
        self
    }
}

/// A row of a group.
fn group(label: &[u8], group_id: &impl Serialize) -> Done<Key> {
    Ok((scope_of(group_id)?, label.to_vec()))
}

/// A row on its own, under the bytes of an id or reference if it is no more than bytes.
fn own(scope: &[u8], id: &impl Serialize) -> Done<Key> {
    let id = encode(id)?;
    Ok((scope.to_vec(), decode(&id).unwrap_or_else(|_| id.to_vec())))
}

fn epoch_keys(group_id: &impl Serialize, epoch: &impl Serialize, leaf: u32) -> Done<Key> {
    group(&[b"keys:", encode(epoch)?.as_slice(), &leaf.to_be_bytes()].concat(), group_id)
}

fn proposal(group_id: &impl Serialize, reference: &impl Serialize) -> Done<Key> {
    group(&[b"proposal:", encode(reference)?.as_slice()].concat(), group_id)
}

/// Write, read and delete one value; type parameters stand in OpenMLS's order.
macro_rules! values {
    ($($place:ident $label:literal, $key:ident $value:ident:
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
    ($kv:ident: $($name:ident<$($kind:ident: $bound:ident),*>($($arg:ident: $type:ty),*) -> $out:ty { $body:expr })*) => {$(
        fn $name<$($kind: t::$bound<V>),*>(&self, $($arg: $type),*) -> Done<$out> {
            let $kv = self;
            $body
        }
    )*};
}

impl StorageProvider<V> for Kv {
    type Error = Error;

    values! {
        group b"config", GroupId MlsGroupJoinConfig:
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
        own b"kp", HashReference KeyPackage: write_key_package<K, T> key_package<K, T> delete_key_package;
        own b"psk", PskId PskBundle: write_psk<K, T> psk<T, K> delete_psk;
        own b"never", SignaturePublicKey SignatureKeyPair: // OpenMLS asks `Signer` instead
            write_signature_key_pair<K, T> signature_key_pair<K, T> delete_signature_key_pair;
    }
    methods! { kv:
        write_message_secrets<G: GroupId, M: MessageSecrets>(g: &G, secrets: &M) -> () {
            kv.write_secrets(&scope_of(g)?, secrets)
        }
        message_secrets<G: GroupId, M: MessageSecrets>(g: &G) -> Option<M> { kv.read_secrets(&scope_of(g)?) }
        delete_message_secrets<G: GroupId>(g: &G) -> () { kv.remove_all(&scope_of(g)?, b"secrets") }
        append_own_leaf_node<G: GroupId, L: LeafNode>(g: &G, leaf: &L) -> () { kv.append(group(b"own", g)?, leaf) }
        own_leaf_nodes<G: GroupId, L: LeafNode>(g: &G) -> Vec<L> { kv.list(&group(b"own", g)?) }
        delete_own_leaf_nodes<G: GroupId>(g: &G) -> () { kv.remove(&group(b"own", g)?) }
        queue_proposal<G: GroupId, R: ProposalRef, Q: QueuedProposal>(g: &G, one: &R, queued: &Q) -> () {{
            kv.remove_proposal(g, one)?;
            kv.append(group(b"proposals", g)?, one)?;
            kv.write(proposal(g, one)?, queued)
        }}
        queued_proposal_refs<G: GroupId, R: ProposalRef>(g: &G) -> Vec<R> { kv.list(&group(b"proposals", g)?) }
        queued_proposals<G: GroupId, R: ProposalRef, Q: QueuedProposal>(g: &G) -> Vec<(R, Q)> {{
            let refs: Vec<R> = kv.queued_proposal_refs(g)?;
            let queued = |one: &R| kv.read(&proposal(g, one)?)?.ok_or(Error::DeserializeBadEncoding);
            refs.into_iter().map(|one| queued(&one).map(|found| (one, found))).collect()
        }}
        remove_proposal<G: GroupId, R: ProposalRef>(g: &G, one: &R) -> () {{
            let (mut refs, gone): (Vec<R>, Key) = (kv.queued_proposal_refs(g)?, proposal(g, one)?);
            refs.retain(|other| proposal(g, other).as_ref() != Ok(&gone));
            kv.remove(&gone)?;
            kv.write(group(b"proposals", g)?, &refs)
        }}
        clear_proposal_queue<G: GroupId, R: ProposalRef>(g: &G) -> () { kv.remove_all(&scope_of(g)?, b"proposal") }
        write_encryption_epoch_key_pairs<G: GroupId, E: EpochKey, K: HpkeKeyPair>(
            g: &G, epoch: &E, leaf: u32, pairs: &[K]
        ) -> () { kv.write(epoch_keys(g, epoch, leaf)?, pairs) }
        encryption_epoch_key_pairs<G: GroupId, E: EpochKey, K: HpkeKeyPair>(g: &G, epoch: &E, leaf: u32) -> Vec<K> {
            kv.list(&epoch_keys(g, epoch, leaf)?)
        }
        delete_encryption_epoch_key_pairs<G: GroupId, E: EpochKey>(g: &G, epoch: &E, leaf: u32) -> () {
            kv.remove(&epoch_keys(g, epoch, leaf)?)
        }
    }
}
