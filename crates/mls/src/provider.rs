//! What OpenMLS runs on: RustCrypto, the operating system's randomness, and the handle's rows.

use std::sync::LazyLock;

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{OpenMlsProvider, random::OpenMlsRand};

use crate::kv::Kv;

static CRYPTO: LazyLock<RustCrypto> = LazyLock::new(RustCrypto::default);

/// The crypto provider; it holds no keys.
pub fn crypto() -> &'static RustCrypto {
    &CRYPTO
}

/// Randomness straight from the system: nothing to share by mistake with a forked process.
#[derive(Debug, Default)]
pub struct SystemRandom;

impl OpenMlsRand for SystemRandom {
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

#[derive(Default)]
pub struct Provider {
    pub kv: Kv,
    random: SystemRandom,
}

impl Provider {
    pub fn new(kv: Kv) -> Self {
        Provider { kv, random: SystemRandom }
    }
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = RustCrypto;
    type RandProvider = SystemRandom;
    type StorageProvider = Kv;

    fn storage(&self) -> &Kv {
        &self.kv
    }

    fn crypto(&self) -> &RustCrypto {
        crypto()
    }

    fn rand(&self) -> &SystemRandom {
        &self.random
    }
}
