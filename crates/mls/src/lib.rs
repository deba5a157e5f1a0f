//! The Rust seam of nullabona: Messaging Layer Security through OpenMLS.
//!
//! Bytes in, bytes out. No network, no SQL, no policy, and no clock except OpenMLS's key package lifetimes. The contract
//! of every function is in `python/nullabona_mls/_native.pyi`.

mod cbor;
mod config;
mod errors;
mod fields;
mod group;
mod join;
mod keys;
mod kv;
mod process;
mod provider;
mod state;
mod values;
mod wire;

use std::collections::BTreeMap;

use openmls::prelude::GroupId;
use pyo3::prelude::*;

/// Our revision of formats and code points.
pub const PROTOCOL_REV: u8 = 1;

#[pyfunction]
fn build_info() -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("openmls", "0.9.2".into()),
        ("crypto", "openmls_rust_crypto 0.6.0".into()),
        ("crate", env!("CARGO_PKG_VERSION").into()),
        ("protocol_rev", PROTOCOL_REV.to_string()),
        ("storage", openmls_traits::storage::CURRENT_VERSION.to_string()),
    ])
}

#[pyfunction]
fn group_scope(group_id: &[u8]) -> Vec<u8> {
    kv::scope_of(&GroupId::from_slice(group_id)).unwrap_or_default()
}

#[pymodule]
mod _native {
    use super::errors;
    #[pymodule_export]
    use super::{
        build_info,
        config::Config,
        group::Group,
        group_scope,
        join::StagedJoin,
        keys::{Signer, make_key_packages},
        process::Processed,
        values::{CommitBundle, Delta, Member},
        wire::{
            GroupInfoSummary, KeyPackageInfo, MessageInfo, group_info_summary, key_package_info, peek, welcome_refs,
        },
    };
    use pyo3::{prelude::*, types::PyBytes};

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = m.py();
        errors::quiet_panics();
        m.add("SUITE_PQ", super::config::SUITE_PQ)?;
        m.add("SUITE_CLASSIC", 1)?;
        m.add("PROTOCOL_REV", super::PROTOCOL_REV)?;
        m.add("KEY_PACKAGE_SCOPE", PyBytes::new(py, super::kv::KEY_PACKAGES))?;
        m.add("CoreError", py.get_type::<errors::CoreError>())?;
        m.add("StaleHandle", py.get_type::<errors::StaleHandle>())?;
        m.add("NotMember", py.get_type::<errors::NotMember>())?;
        m.add("PendingCommit", py.get_type::<errors::PendingCommit>())?;
        m.add("WrongEpoch", py.get_type::<errors::WrongEpoch>())?;
        m.add("Duplicate", py.get_type::<errors::Duplicate>())?;
        m.add("Invalid", py.get_type::<errors::Invalid>())?;
        m.add("Panic", py.get_type::<errors::Panic>())
    }
}
