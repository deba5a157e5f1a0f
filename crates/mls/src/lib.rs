//! The Rust seam of nullabona: Messaging Layer Security through OpenMLS.
//!
//! Bytes in, bytes out. No network, no SQL, no policy, and no clock except OpenMLS's key package lifetimes. The contract
//! of every function is in `python/nullabona_mls/_native.pyi`.

/// A class whose fields Python reads, and fields that it does not.
macro_rules! shown {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty,)* } hidden { $($rest:ident: $kind:ty,)* }) => {
        #[pyclass(frozen)]
        $(#[$meta])*
        pub struct $name {
            $(#[pyo3(get)] $field: $type,)*
            $($rest: $kind,)*
        }
    };
}

mod config;
mod errors;
mod group;
mod join;
mod keys;
mod kv;
mod process;
mod storage;
mod wire;

use openmls::prelude::GroupId;
use pyo3::prelude::*;

pub const SUITE_PQ: u16 = 0x4e;

#[pyfunction]
fn group_scope(group_id: &[u8]) -> errors::Outcome<Vec<u8>> {
    kv::scope_of(&GroupId::from_slice(group_id)).map_err(errors::Fail::state)
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{
        config::Config,
        errors::{CoreError, Duplicate, Invalid, NotMember, Panic, PendingCommit, StaleHandle, WrongEpoch},
        group::{CommitBundle, Group},
        group_scope,
        join::StagedJoin,
        keys::{Signer, make_key_packages, rows_for_testing},
        kv::Delta,
        process::Processed,
        wire::{KeyPackageInfo, Member, key_package_info, welcome_refs},
    };
    use pyo3::{prelude::*, types::PyBytes};

    #[pymodule_export]
    const SUITE_PQ: u16 = super::SUITE_PQ;
    #[pymodule_export]
    const SUITE_CLASSIC: u16 = 1;

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        super::errors::quiet_panics();
        m.add("KEY_PACKAGE_SCOPE", PyBytes::new(m.py(), super::kv::KEY_PACKAGES))
    }
}
