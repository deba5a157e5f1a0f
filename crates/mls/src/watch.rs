//! How far ahead of a sender one looks for the key of a message, and that nobody makes us look again and again.
//!
//! Whoever is in an epoch can seal what names any leaf and any generation; OpenMLS then takes as many steps from where that
//! leaf's ratchet stands, finds that the message does not open, and rightly keeps nothing of it. So OpenMLS runs on the
//! same cipher, but what it opens first of a message, leaf and generation, is seen here; a leaf for which too many messages
//! did not open is looked for nearby only, and so is every leaf once too many did not open in an epoch.
//!
//! MLS signs no generation, so anybody in the epoch can seal again what somebody signed, at a generation which that sender
//! has not used: a device that took it would not read what the sender says there later. So messages carry their number.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto, types::*};
use tls_codec::SecretVLBytes;

use crate::storage::{CRYPTO, Rows};

/// Steps ahead of what was read of a sender. Boxes are read in order, and of what lies there nothing is passed over but what
/// does not open: only frames that a relay lost and others put back come in another order, and of one sender at most as many
/// as wait to be acknowledged by all.
pub const MAX_FORWARD: u32 = 128;
/// And of our own leaf, for a copy of this device that was put back: members trim what all have, so that of what the device
/// sent since, perhaps only the last frame is there.
pub const OWN_FORWARD: u32 = 4_096;
/// And of a leaf that is spent: frames of one sender in order need one.
pub const NEAR: u32 = 8;
pub const FAILURES_OF_LEAF: u32 = 8;
pub const FAILURES_OF_EPOCH: u32 = 64;

/// What of one epoch and kind of message did not open.
#[derive(Default)]
pub struct Reach {
    failures: BTreeMap<u32, u32>,
    /// The next generation of each leaf, once that has to be known.
    pub heads: Option<BTreeMap<u32, u32>>,
}

#[derive(Clone, Copy)]
pub struct Claim {
    pub leaf: u32,
    generation: u32,
}

impl Reach {
    pub fn is_spent(&self, leaf: u32) -> bool {
        let all: u32 = self.failures.values().sum();
        all >= FAILURES_OF_EPOCH || self.failures.get(&leaf).is_some_and(|count| *count >= FAILURES_OF_LEAF)
    }

    fn refuses(&self, claim: Claim) -> bool {
        let head = self.heads.as_ref().and_then(|heads| heads.get(&claim.leaf)).copied().unwrap_or(0);
        self.is_spent(claim.leaf) && claim.generation >= head.saturating_add(NEAR)
    }

    /// What came of a message; true if `heads` must be found.
    pub fn note(&mut self, claim: Claim, opened: bool) -> bool {
        if !opened {
            *self.failures.entry(claim.leaf).or_default() += 1;
        } else if let Some(heads) = &mut self.heads {
            let head = heads.entry(claim.leaf).or_default();
            *head = (*head).max(claim.generation.saturating_add(1));
        }
        self.heads.is_none() && self.is_spent(claim.leaf)
    }
}

/// The cipher while one message is read.
pub struct Watch {
    reach: Reach,
    /// What its sender signed as the message's generation.
    number: Option<u32>,
    /// A leaf whose messages are not judged here.
    passed: Option<u32>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    looked: bool,
    claim: Option<Claim>,
    refused: bool,
}

impl Watch {
    pub fn new(reach: Reach, number: Option<u32>, passed: Option<u32>) -> Self {
        Watch { reach, number, passed, seen: Mutex::default() }
    }

    /// What it was made with; the message's claim, if OpenMLS got so far; and whether that was refused.
    pub fn end(self) -> (Reach, Option<Claim>, bool) {
        let seen = self.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        (self.reach, seen.claim, seen.refused)
    }

    /// Sender data (RFC 9420 section 6.3.2) are the first that is opened: leaf, generation and four random bytes.
    fn look(&self, opened: &[u8]) -> Result<(), CryptoError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut seen.looked, true) {
            return Ok(());
        }
        let number = |at: usize| opened.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes);
        let Some((leaf, generation)) =
            number(0).zip(number(4)).filter(|(leaf, _)| opened.len() == 12 && self.passed != Some(*leaf))
        else {
            return Ok(());
        };
        let claim = Claim { leaf, generation };
        (seen.claim, seen.refused) =
            (Some(claim), self.reach.refuses(claim) || self.number.is_some_and(|number| number != generation));
        if seen.refused { Err(CryptoError::AeadDecryptionError) } else { Ok(()) }
    }
}

/// What OpenMLS reads a message with.
pub struct Reading<'a>(pub &'a Rows, pub &'a Watch);

impl OpenMlsProvider for Reading<'_> {
    type CryptoProvider = Watch;
    type RandProvider = Rows;
    type StorageProvider = Rows;

    fn storage(&self) -> &Rows {
        self.0
    }
    fn crypto(&self) -> &Watch {
        self.1
    }
    fn rand(&self) -> &Rows {
        self.0
    }
}

/// Methods that do what `RustCrypto` does.
macro_rules! same {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {$(
        fn $name(&self, $($arg: $type),*) -> $out {
            RustCrypto::$name(&CRYPTO, $($arg),*)
        }
    )*};
}

impl OpenMlsCrypto for Watch {
    fn aead_decrypt(
        &self, alg: AeadType, key: &[u8], ct_tag: &[u8], nonce: &[u8], aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let opened = CRYPTO.aead_decrypt(alg, key, ct_tag, nonce, aad)?;
        self.look(&opened).map(|()| opened)
    }

    same! {
        supports(suite: Ciphersuite) -> Result<(), CryptoError>;
        supported_ciphersuites() -> Vec<Ciphersuite>;
        hkdf_extract(hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError>;
        hmac(hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError>;
        hkdf_expand(hash: HashType, prk: &[u8], info: &[u8], size: usize) -> Result<SecretVLBytes, CryptoError>;
        hash(hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError>;
        aead_encrypt(alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError>;
        signature_key_gen(alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError>;
        verify_signature(alg: SignatureScheme, data: &[u8], pk: &[u8], signature: &[u8]) -> Result<(), CryptoError>;
        sign(alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError>;
        hpke_seal(config: HpkeConfig, pk: &[u8], info: &[u8], aad: &[u8], text: &[u8])
            -> Result<HpkeCiphertext, CryptoError>;
        hpke_open(config: HpkeConfig, input: &HpkeCiphertext, sk: &[u8], info: &[u8], aad: &[u8])
            -> Result<Vec<u8>, CryptoError>;
        hpke_setup_sender_and_export(config: HpkeConfig, pk: &[u8], info: &[u8], context: &[u8], size: usize)
            -> Result<(KemOutput, ExporterSecret), CryptoError>;
        hpke_setup_receiver_and_export(
            config: HpkeConfig, enc: &[u8], sk: &[u8], info: &[u8], context: &[u8], size: usize
        ) -> Result<ExporterSecret, CryptoError>;
        derive_hpke_keypair(config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError>;
    }
}
