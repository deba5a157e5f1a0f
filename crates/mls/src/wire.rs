//! Bytes from outside: exact, capped decoding, and the fields that OpenMLS keeps to itself.

use openmls::prelude::{Member as MlsMember, *};
use pyo3::prelude::*;
use tls_codec::{Deserialize, Serialize, Size, VLBytes};

use crate::{
    errors::{Fail, Outcome, ensure, outside},
    storage::CRYPTO,
};

const MESSAGE_CAP: usize = 8 << 20;
const TREE_CAP: usize = 16 << 20;
/// A leaf of ours has some 1,900 bytes with a post-quantum key; everybody in a group has to keep everybody's.
const LEAF_CAP: usize = 4096;

/// Extensions: type and data.
pub type Ext = Vec<(u16, Vec<u8>)>;

fn exact<T: Deserialize>(bytes: &[u8], cap: usize, what: &str) -> Outcome<T> {
    ensure(bytes.len() <= cap, "too-large", what)?;
    T::tls_deserialize_exact(bytes).map_err(|_| Fail::syntax(what))
}

pub fn message(bytes: &[u8]) -> Outcome<MlsMessageIn> {
    exact(bytes, MESSAGE_CAP, "MLS message")
}

pub fn encoded(value: &impl Serialize) -> Outcome<Vec<u8>> {
    Ok(value.tls_serialize_detached()?)
}

/// The vector that `value` begins with, after `skip` bytes: for fields without an accessor.
fn vector_in(value: &impl Serialize, skip: usize) -> Outcome<Vec<u8>> {
    let bytes = encoded(value)?;
    let vector = bytes.get(skip..).map(|mut rest| VLBytes::tls_deserialize(&mut rest));
    Ok(vector.ok_or_else(|| Fail::syntax("field"))??.into())
}

/// How long an HPKE public key of the suite is. Other suites than ours are refused.
pub fn key_size(suite: Ciphersuite) -> Outcome<usize> {
    match u16::from(suite) {
        1 | 3 => Ok(32),
        2 => Ok(65),
        crate::SUITE_PQ => Ok(1216),
        _ => Err(Fail::Invalid("suite", "not one of our suites".into())),
    }
}

/// The length of an HPKE public key must fit the suite before any crypto sees it.
pub fn check_key(suite: Ciphersuite, key: &[u8]) -> Outcome<()> {
    ensure(key.len() == key_size(suite)?, "key-length", "an HPKE key of another length")
}

/// And so must what a device says of itself.
pub fn check_leaf(leaf: &impl Size) -> Outcome<()> {
    ensure(leaf.tls_serialized_len() <= LEAF_CAP, "too-large", "leaf")
}

fn identity_of(credential: &Credential) -> Outcome<Vec<u8>> {
    ensure(credential.credential_type() == CredentialType::Basic, "credential", "not a basic credential")?;
    Ok(credential.serialized_content().to_vec())
}

#[pyclass(frozen, get_all)]
#[derive(Clone)]
pub struct Member {
    pub leaf: u32,
    pub identity: Vec<u8>,
    pub signature_key: Vec<u8>,
    pub encryption_key: Vec<u8>,
}

impl Member {
    pub fn of(member: MlsMember) -> Outcome<Self> {
        let (leaf, identity) = (member.index.u32(), identity_of(&member.credential)?);
        Ok(Member { leaf, identity, signature_key: member.signature_key, encryption_key: member.encryption_key })
    }

    pub fn at(leaf: LeafNodeIndex, node: &LeafNode) -> Outcome<Self> {
        let keys = (vector_in(node.encryption_key(), 0)?, node.signature_key().as_slice().to_vec());
        Self::of(MlsMember::new(leaf, keys.0, keys.1, node.credential().clone()))
    }
}

/// A ratchet tree; every HPKE key has the right length.
pub fn tree(bytes: &[u8], suite: Ciphersuite) -> Outcome<RatchetTreeIn> {
    let tree: RatchetTreeIn = exact(bytes, TREE_CAP, "ratchet tree")?;
    tree.leaves().try_for_each(|leaf| {
        check_leaf(leaf)?;
        check_key(suite, &vector_in(leaf.encryption_key(), 0)?)
    })?;
    tree.parents().try_for_each(|parent| check_key(suite, &vector_in(parent, 0)?))?;
    Ok(tree)
}

/// Group context extensions as `(type, data)`.
pub fn extension_list(extensions: &Extensions<GroupContext>) -> Outcome<Ext> {
    extensions.iter().map(|one| Ok((one.extension_type().into(), vector_in(one, 2)?))).collect()
}

pub fn custom_extensions(list: Ext) -> Outcome<Vec<Extension>> {
    let ours = list.iter().all(|(kind, _)| !matches!(kind, 0..=5 | 10));
    ensure(ours, "argument", "an extension type that is not ours to set")?;
    Ok(list.into_iter().map(|(kind, data)| Extension::Unknown(kind, UnknownExtension(data))).collect())
}

/// A verified, unexpired key package.
pub fn key_package(bytes: &[u8]) -> Outcome<KeyPackage> {
    let MlsMessageBodyIn::KeyPackage(decoded) = message(bytes)?.extract() else {
        return Err(Fail::syntax("key package"));
    };
    identity_of(&decoded.unverified_credential().credential)?;
    let verified = decoded.validate(&*CRYPTO, ProtocolVersion::Mls10)?;
    check_key(verified.ciphersuite(), verified.hpke_init_key().as_slice())?;
    check_leaf(verified.leaf_node())?;
    check_key(verified.ciphersuite(), &vector_in(verified.leaf_node().encryption_key(), 0)?)?;
    Ok(verified)
}

/// Suite, identity, signature key, and the second until which it holds.
#[pyfunction]
pub fn key_package_info(py: Python<'_>, key_package: &[u8]) -> Outcome<(u16, Vec<u8>, Vec<u8>, u64)> {
    outside(py, || {
        let verified = self::key_package(key_package)?;
        let leaf = verified.leaf_node();
        let until = verified.life_time().not_after();
        let key = leaf.signature_key().as_slice().to_vec();
        Ok((verified.ciphersuite().into(), identity_of(leaf.credential())?, key, until))
    })
}
