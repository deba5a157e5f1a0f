//! What can go wrong, and how it reaches Python. Texts never hold keys or message bytes.

use std::{cell::Cell, fmt::Display, panic};

use openmls::{
    framing::errors::{MessageDecryptionError, SecretTreeError},
    prelude::{ExportSecretError, MlsGroupStateError, ProcessMessageError, ValidationError},
};
use pyo3::{create_exception, exceptions::PyException, prelude::*};

create_exception!(nullabona_mls, CoreError, PyException);
create_exception!(nullabona_mls, StaleHandle, CoreError);
create_exception!(nullabona_mls, NotMember, CoreError);
create_exception!(nullabona_mls, PendingCommit, CoreError);
create_exception!(nullabona_mls, WrongEpoch, CoreError);
create_exception!(nullabona_mls, Duplicate, CoreError);
create_exception!(nullabona_mls, Invalid, CoreError);
create_exception!(nullabona_mls, Panic, CoreError);

/// The reason a call fails.
#[derive(Debug)]
pub enum Fail {
    Stale(&'static str),
    NotMember,
    Pending,
    WrongEpoch(u64),
    Duplicate,
    Invalid(&'static str, String),
    Panic(String),
}

pub type Outcome<T> = Result<T, Fail>;

impl Fail {
    pub fn syntax(what: &str) -> Self {
        Fail::Invalid("syntax", format!("not a well-formed {what}"))
    }

    pub fn argument(why: &str) -> Self {
        Fail::Invalid("argument", why.into())
    }

    /// OpenMLS refused. Its texts are fixed sentences.
    pub fn verify(reason: impl Display) -> Self {
        let text: String = reason.to_string().chars().take(200).collect();
        Fail::Invalid("verify", text)
    }

    pub fn state(reason: impl Display) -> Self {
        Fail::Invalid("state", format!("the rows do not load: {reason}"))
    }

    /// A change failed halfway: what is in memory can no longer be trusted.
    pub fn broken(_: impl Display) -> Self {
        Fail::Stale("a change failed halfway; load the group again")
    }

    pub fn processing<E: Display>(error: ProcessMessageError<E>, epoch: u64) -> Self {
        use MessageDecryptionError::SecretTreeError as Ratchet;
        use ProcessMessageError::{GroupStateError, ValidationError as Checked};
        match error {
            GroupStateError(MlsGroupStateError::UseAfterEviction) => Fail::NotMember,
            Checked(ValidationError::WrongEpoch | ValidationError::NoPastEpochData) => Fail::WrongEpoch(epoch),
            Checked(ValidationError::UnableToDecrypt(Ratchet(reason))) => match reason {
                SecretTreeError::SecretReuseError => Fail::Duplicate,
                SecretTreeError::TooDistantInThePast => {
                    Fail::Invalid("too-old", "behind the out-of-order window".into())
                }
                other => Fail::verify(other),
            },
            other => Fail::verify(other),
        }
    }

    pub fn exporting(error: ExportSecretError) -> Self {
        match error {
            ExportSecretError::GroupStateError(_) => Fail::NotMember,
            other => Fail::Invalid("argument", other.to_string()),
        }
    }

    pub fn raise(self, py: Python<'_>) -> PyErr {
        let (error, code) = match self {
            Fail::Stale(why) => (StaleHandle::new_err(why), "stale-handle"),
            Fail::NotMember => (NotMember::new_err("removed from the group"), "not-member"),
            Fail::Pending => (PendingCommit::new_err("a commit is pending"), "pending-commit"),
            Fail::WrongEpoch(epoch) => {
                let error = WrongEpoch::new_err(format!("epoch {epoch} cannot be read here"));
                if let Err(failure) = error.value(py).setattr("epoch", epoch) {
                    return failure;
                }
                (error, "wrong-epoch")
            }
            Fail::Duplicate => (Duplicate::new_err("seen before"), "duplicate"),
            Fail::Invalid(code, why) => (Invalid::new_err(format!("{why} [{code}]")), code),
            Fail::Panic(place) => (Panic::new_err(format!("panic at {place}")), "panic"),
        };
        match error.value(py).setattr("code", code) {
            Ok(()) => error,
            Err(failure) => failure,
        }
    }
}

thread_local! {
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// Keep panic messages, which may quote data, away from stderr; remember only where it happened.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| {
            let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{file}:{}", at.line())
        });
        PLACE.set(place);
    }));
}

/// Run `action`; a panic becomes `Fail::Panic`.
pub fn guarded<T>(action: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    panic::catch_unwind(panic::AssertUnwindSafe(action))
        .unwrap_or_else(|_| Err(Fail::Panic(PLACE.take().unwrap_or_else(|| "an unknown place".into()))))
}

/// `guarded`, without the interpreter lock, for functions that hold no handle.
pub fn outside<T: Send>(py: Python<'_>, action: impl FnOnce() -> Outcome<T> + Send) -> PyResult<T> {
    py.detach(|| guarded(action)).map_err(|failure| failure.raise(py))
}
