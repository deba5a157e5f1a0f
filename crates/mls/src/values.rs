//! Plain values handed to Python.

use openmls::prelude::{Credential, LeafNode, Member as MlsMember};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    errors::Outcome,
    kv::{Key, Kv, Puts},
    wire::{identity_of, leaf_key},
};

#[pyclass(frozen, get_all)]
#[derive(Clone)]
pub struct Member {
    pub leaf: u32,
    pub identity: Vec<u8>,
    pub signature_key: Vec<u8>,
    pub encryption_key: Vec<u8>,
}

#[pymethods]
impl Member {
    fn __repr__(&self) -> String {
        format!("Member(leaf={})", self.leaf)
    }
}

impl Member {
    pub fn of(member: MlsMember) -> Outcome<Self> {
        Ok(Member {
            leaf: member.index.u32(),
            identity: identity_of(&member.credential)?,
            signature_key: member.signature_key,
            encryption_key: member.encryption_key,
        })
    }

    pub fn at(leaf: u32, node: &LeafNode) -> Outcome<Self> {
        let credential: &Credential = node.credential();
        Ok(Member {
            leaf,
            identity: identity_of(credential)?,
            signature_key: node.signature_key().as_slice().to_vec(),
            encryption_key: leaf_key(node)?,
        })
    }
}

#[pyclass(frozen)]
pub struct Delta {
    puts: Puts,
    dels: Vec<Key>,
    #[pyo3(get)]
    base_gen: u64,
    #[pyo3(get)]
    new_gen: u64,
}

impl Delta {
    pub fn of(kv: &Kv, base_gen: u64) -> Self {
        let (puts, dels) = kv.changes();
        Delta { puts, dels, base_gen, new_gen: base_gen + 1 }
    }
}

type PyRow<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

#[pymethods]
impl Delta {
    #[getter]
    fn puts<'py>(&self, py: Python<'py>) -> Vec<PyRow<'py>> {
        let bytes = |value: &[u8]| PyBytes::new(py, value);
        self.puts.iter().map(|(scope, key, value)| (bytes(scope), bytes(key), bytes(value))).collect()
    }

    #[getter]
    fn dels(&self) -> Vec<Key> {
        self.dels.clone()
    }

    fn __repr__(&self) -> String {
        let (puts, dels) = (self.puts.len(), self.dels.len());
        format!("Delta(puts={puts}, dels={dels}, base_gen={}, new_gen={})", self.base_gen, self.new_gen)
    }
}

#[pyclass(frozen, get_all)]
pub struct CommitBundle {
    pub commit: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
    pub tree: Option<Vec<u8>>,
    pub group_info: Vec<u8>,
    pub new_epoch: u64,
}
