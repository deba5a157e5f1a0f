//! The Rust seam of nullabona: Messaging Layer Security through OpenMLS.
//!
//! Bytes in, bytes out. No network, no SQL, no policy, and no clock except OpenMLS's key package lifetimes. The contract
//! of every function is in `python/nullabona_mls/_native.pyi`.

mod device;
mod errors;
mod group;
mod own;
mod process;
mod storage;
mod watch;
mod wire;

pub const SUITE_PQ: u16 = 0x4e;

#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        device::{Config, Signer, make_key_package},
        errors::{CoreError, Duplicate, Invalid, NotMember, Panic, PendingCommit, StaleHandle, WrongEpoch},
        group::{CommitBundle, Group},
        process::Processed,
        storage::{Delta, group_scope},
        wire::{Member, key_package_info},
    };
    use pyo3::prelude::*;

    #[pymodule_export]
    const SUITE_PQ: u16 = super::SUITE_PQ;
    #[pymodule_export]
    const SUITE_CLASSIC: u16 = 1;
    #[pymodule_export]
    const KEY_PACKAGE_SCOPE: &[u8] = super::storage::KEY_PACKAGES;

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::errors::quiet_panics();
        Ok(())
    }
}
