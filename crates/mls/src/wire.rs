//! Bytes from outside: exact, capped decoding, and the fields that OpenMLS keeps to itself.

use openmls::{
    extensions::{Extension, Extensions, UnknownExtension},
    key_packages::errors::KeyPackageVerifyError,
    prelude::{
        Ciphersuite, ContentType, Credential, CredentialType, GroupContext, KeyPackage, KeyPackageIn, LeafNode,
        MlsMessageBodyIn, MlsMessageIn, ProtocolVersion, RatchetTreeIn,
    },
};
use openmls_traits::crypto::OpenMlsCrypto;
use pyo3::prelude::*;
use tls_codec::{Deserialize, Serialize};

use crate::{
    errors::{Fail, Outcome, outside},
    provider::crypto,
};

pub const MESSAGE_CAP: usize = 8 << 20;
pub const TREE_CAP: usize = 16 << 20;
const MESSAGE_HEAD: usize = 4; // version, wire format
const LAST_RESORT: u16 = 10;

pub fn suite_of(number: u16) -> Outcome<Ciphersuite> {
    match number {
        1..=3 | 0x4e => Ciphersuite::try_from(number).map_err(|_| Fail::syntax("suite")),
        _ => Err(Fail::Invalid("suite", "not one of our suites".into())),
    }
}

fn exact<T: Deserialize>(bytes: &[u8], cap: usize, what: &str) -> Outcome<T> {
    if bytes.len() > cap {
        return Err(Fail::Invalid("too-large", format!("{what} of more than {cap} bytes")));
    }
    T::tls_deserialize_exact(bytes).map_err(|_| Fail::syntax(what))
}

pub fn message(bytes: &[u8]) -> Outcome<MlsMessageBodyIn> {
    Ok(exact::<MlsMessageIn>(bytes, MESSAGE_CAP, "MLS message")?.extract())
}

/// The length of an HPKE public key must fit the suite before any crypto sees it.
pub fn check_key(suite: Ciphersuite, key: &[u8]) -> Outcome<()> {
    let expected = match u16::from(suite) {
        0x4e => 1216,
        2 => 65,
        _ => 32,
    };
    if key.len() == expected {
        Ok(())
    } else {
        Err(Fail::Invalid("key-length", format!("an HPKE key of {} bytes", key.len())))
    }
}

pub fn identity_of(credential: &Credential) -> Outcome<Vec<u8>> {
    if credential.credential_type() == CredentialType::Basic {
        Ok(credential.serialized_content().to_vec())
    } else {
        Err(Fail::Invalid("credential", "not a basic credential".into()))
    }
}

pub fn leaf_key(leaf: &LeafNode) -> Outcome<Vec<u8>> {
    let bytes = leaf.encryption_key().tls_serialize_detached().map_err(Fail::verify)?;
    Ok(Reader(&bytes).vector().ok_or_else(|| Fail::syntax("leaf"))?.to_vec())
}

/// Reads TLS presentation syntax.
struct Reader<'a>(&'a [u8]);

struct Leaf<'a> {
    encryption_key: &'a [u8],
    signature_key: &'a [u8],
    identity: &'a [u8],
    extensions: Vec<u16>,
    lifetime: Option<(u64, u64)>,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        Some(self.take(width)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    fn vector(&mut self) -> Option<&'a [u8]> {
        let width = 1usize << (self.0.first()? >> 6);
        let length = self.number(width)? & !(0b11 << (width * 8 - 2));
        self.take(usize::try_from(length).ok()?)
    }

    fn leaf(&mut self) -> Option<Leaf<'a>> {
        let (encryption_key, signature_key) = (self.vector()?, self.vector()?);
        self.number(2)?;
        let identity = self.vector()?;
        self.vector()?; // versions
        self.vector()?; // suites
        let extensions = self.vector()?.chunks(2).filter_map(|pair| Reader(pair).u16()).collect();
        self.vector()?; // proposals
        self.vector()?; // credentials
        let mut lifetime = None;
        match self.number(1)? {
            1 => lifetime = Some((self.number(8)?, self.number(8)?)),
            2 => {}
            3 => drop(self.vector()?),
            _ => return None,
        }
        self.vector()?; // extensions
        self.vector()?; // signature
        Some(Leaf { encryption_key, signature_key, identity, extensions, lifetime })
    }

    fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number(2)?).ok()
    }

    fn extensions(&mut self) -> Option<Vec<(u16, Vec<u8>)>> {
        let (mut inside, mut found) = (Reader(self.vector()?), Vec::new());
        while !inside.0.is_empty() {
            found.push((inside.u16()?, inside.vector()?.to_vec()));
        }
        Some(found)
    }
}

/// Who sits in a tree: leaf and signature key.
type Signers = Vec<(u32, Vec<u8>)>;

/// A ratchet tree and who sits in it; every HPKE key has the right length.
pub fn tree(bytes: &[u8], suite: Ciphersuite) -> Outcome<(RatchetTreeIn, Signers)> {
    let tree = exact(bytes, TREE_CAP, "ratchet tree")?;
    let mut keys = Vec::new();
    let signers = (|| {
        let (mut nodes, mut signers) = (Reader(Reader(bytes).vector()?), Vec::new());
        for node in 0u32.. {
            if nodes.0.is_empty() {
                break;
            }
            if nodes.number(1)? == 0 {
                continue;
            }
            if nodes.number(1)? == 1 {
                let leaf = nodes.leaf()?;
                keys.push(leaf.encryption_key);
                signers.push((node / 2, leaf.signature_key.to_vec()));
            } else {
                keys.push(nodes.vector()?);
                nodes.vector()?;
                nodes.vector()?;
            }
        }
        Some(signers)
    })();
    keys.into_iter().try_for_each(|key| check_key(suite, key))?;
    Ok((tree, signers.ok_or_else(|| Fail::syntax("ratchet tree"))?))
}

/// Group context extensions as `(type, data)`.
pub fn extension_list(extensions: &Extensions<GroupContext>) -> Outcome<Vec<(u16, Vec<u8>)>> {
    let bytes = extensions.tls_serialize_detached().map_err(|_| Fail::syntax("extension list"))?;
    Reader(&bytes).extensions().ok_or_else(|| Fail::syntax("extension list"))
}

pub fn custom_extensions(list: Vec<(u16, Vec<u8>)>) -> Outcome<Vec<Extension>> {
    if list.iter().any(|(kind, _)| matches!(kind, 0..=5 | 10)) {
        return Err(Fail::argument("an extension type that is not ours to set"));
    }
    Ok(list.into_iter().map(|(kind, data)| Extension::Unknown(kind, UnknownExtension(data))).collect())
}

/// A key package and what it says, not verified.
pub fn key_package_in(bytes: &[u8]) -> Outcome<(KeyPackageIn, KeyPackageInfo)> {
    let MlsMessageBodyIn::KeyPackage(decoded) = message(bytes)? else {
        return Err(Fail::syntax("key package"));
    };
    let raw = &bytes[MESSAGE_HEAD..];
    let mut reader = Reader(raw);
    let fields = (|| {
        reader.number(2)?;
        Some((reader.u16()?, reader.vector()?, reader.leaf()?, reader.extensions()?))
    })();
    let (number, init_key, leaf, extensions) = fields.ok_or_else(|| Fail::syntax("key package"))?;
    let suite = suite_of(number)?;
    check_key(suite, init_key)?;
    check_key(suite, leaf.encryption_key)?;
    identity_of(&decoded.unverified_credential().credential)?;
    let label = b"MLS 1.0 KeyPackage Reference";
    let input = [vector(label), vector(raw)].concat();
    let hash = crypto().hash(suite.hash_algorithm(), &input).map_err(Fail::verify)?;
    let (not_before, not_after) = leaf.lifetime.ok_or_else(|| Fail::syntax("key package"))?;
    let info = KeyPackageInfo {
        r#ref: hash,
        suite: number,
        identity: leaf.identity.to_vec(),
        signature_key: leaf.signature_key.to_vec(),
        encryption_key: leaf.encryption_key.to_vec(),
        init_key: init_key.to_vec(),
        not_before,
        not_after,
        last_resort: extensions.iter().any(|(kind, _)| *kind == LAST_RESORT),
        extensions: leaf.extensions,
    };
    Ok((decoded, info))
}

/// A verified, unexpired key package to add.
pub fn key_package(bytes: &[u8], suite: Ciphersuite) -> Outcome<KeyPackage> {
    let (decoded, info) = key_package_in(bytes)?;
    if info.suite != u16::from(suite) {
        return Err(Fail::Invalid("suite", "a key package of another suite".into()));
    }
    decoded.validate(crypto(), ProtocolVersion::Mls10).map_err(Fail::verify)
}

/// A variable-size vector, RFC 9420 section 2.1.2.
pub fn vector(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head = match length {
        0..=0x3f => vec![length as u8],
        0x40..=0x3fff => (0x4000 | length as u16).to_be_bytes().to_vec(),
        _ => (0x8000_0000 | length as u32).to_be_bytes().to_vec(),
    };
    [&head, bytes].concat()
}

#[pyclass(frozen, get_all)]
pub struct KeyPackageInfo {
    pub r#ref: Vec<u8>,
    suite: u16,
    identity: Vec<u8>,
    signature_key: Vec<u8>,
    encryption_key: Vec<u8>,
    init_key: Vec<u8>,
    not_before: u64,
    not_after: u64,
    last_resort: bool,
    extensions: Vec<u16>,
}

#[pyclass(frozen, get_all)]
pub struct MessageInfo {
    kind: &'static str,
    group_id: Option<Vec<u8>>,
    epoch: Option<u64>,
    content_type: Option<&'static str>,
}

#[pyclass(frozen, get_all)]
pub struct GroupInfoSummary {
    group_id: Vec<u8>,
    epoch: u64,
    suite: u16,
    tree_hash: Vec<u8>,
    signer_leaf: u32,
    group_ext: Vec<(u16, Vec<u8>)>,
}

fn content_name(content: ContentType) -> &'static str {
    match content {
        ContentType::Application => "app",
        ContentType::Proposal => "proposal",
        ContentType::Commit => "commit",
    }
}

#[pyfunction]
pub fn peek(py: Python<'_>, msg: &[u8]) -> PyResult<MessageInfo> {
    outside(py, || {
        let (kind, group_id, epoch, content_type) = match message(msg)? {
            MlsMessageBodyIn::PublicMessage(m) => {
                ("public", Some(m.group_id().to_vec()), Some(m.epoch()), Some(m.content_type()))
            }
            MlsMessageBodyIn::PrivateMessage(m) => {
                ("private", Some(m.group_id().to_vec()), Some(m.epoch()), Some(m.content_type()))
            }
            MlsMessageBodyIn::GroupInfo(m) => ("group_info", Some(m.group_id().to_vec()), Some(m.epoch()), None),
            MlsMessageBodyIn::Welcome(_) => ("welcome", None, None, None),
            MlsMessageBodyIn::KeyPackage(_) => ("key_package", None, None, None),
        };
        let epoch = epoch.map(|epoch| epoch.as_u64());
        Ok(MessageInfo { kind, group_id, epoch, content_type: content_type.map(content_name) })
    })
}

#[pyfunction]
pub fn key_package_info(py: Python<'_>, key_package: &[u8]) -> PyResult<KeyPackageInfo> {
    outside(py, || {
        let (decoded, info) = key_package_in(key_package)?;
        match decoded.validate(crypto(), ProtocolVersion::Mls10) {
            // Checked last, after everything else: the caller compares the dates.
            Ok(_) | Err(KeyPackageVerifyError::LifetimeError(_)) => Ok(info),
            Err(reason) => Err(Fail::verify(reason)),
        }
    })
}

#[pyfunction]
pub fn welcome_refs(py: Python<'_>, welcome: &[u8]) -> PyResult<Vec<Vec<u8>>> {
    outside(py, || match message(welcome)? {
        MlsMessageBodyIn::Welcome(decoded) => {
            Ok(decoded.secrets().iter().map(|one| one.new_member().as_slice().to_vec()).collect())
        }
        _ => Err(Fail::syntax("Welcome")),
    })
}

pub fn summary(group_info: &[u8]) -> Outcome<GroupInfoSummary> {
    let MlsMessageBodyIn::GroupInfo(_) = message(group_info)? else {
        return Err(Fail::syntax("GroupInfo"));
    };
    let mut reader = Reader(&group_info[MESSAGE_HEAD..]);
    let fields = (|| {
        reader.number(2)?;
        let (suite, group_id, epoch) = (reader.u16()?, reader.vector()?.to_vec(), reader.number(8)?);
        let tree_hash = reader.vector()?.to_vec();
        reader.vector()?; // confirmed transcript hash
        let group_ext = reader.extensions()?;
        reader.extensions()?;
        reader.vector()?; // confirmation tag
        let signer_leaf = u32::try_from(reader.number(4)?).ok()?;
        Some(GroupInfoSummary { group_id, epoch, suite, tree_hash, signer_leaf, group_ext })
    })();
    fields.ok_or_else(|| Fail::syntax("GroupInfo"))
}

impl GroupInfoSummary {
    pub fn suite(&self) -> Outcome<Ciphersuite> {
        suite_of(self.suite)
    }
}

#[pyfunction]
pub fn group_info_summary(py: Python<'_>, group_info: &[u8]) -> PyResult<GroupInfoSummary> {
    outside(py, || summary(group_info))
}
