// Calls of WebAuthn, and nothing else. Every sentence comes from the page, in the officer's language.
const url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

export const said = (text, kind = "late") => {
  const place = document.getElementById("said");
  place.className = text ? `note ${kind}` : "";
  place.textContent = text;
};

export const word = (name) => document.body.dataset[name] ?? name;

export const ask = async (path, value) => {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Desk-Token": document.body.dataset.token ?? "" },
    body: JSON.stringify(value),
    redirect: "error",
  });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.sentence), { told });
  return told;
};

const evaluated = (credential) => credential.getClientExtensionResults().prf?.results?.first;

const prf = (secret) => ({ prf: { eval: { first: bytes(secret) } } });

// What the authenticator signs, and the secret it derives for this site (only where one is asked for).
export const assertion = async ({ options, input }) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  if (input) publicKey.extensions = prf(input);
  const credential = await navigator.credentials.get({ publicKey });
  const first = evaluated(credential);
  const { clientExtensionResults, ...rest } = credential.toJSON();
  return { credential: rest, secret: first ? url(first) : null };
};

// A new passkey and its secret; some authenticators give the secret only when they sign, so they are asked once more.
export const creation = async ({ options, input }) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  publicKey.extensions = prf(input);
  const credential = await navigator.credentials.create({ publicKey });
  let first = evaluated(credential);
  if (!first) {
    const again = await navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rpId: options.rp.id,
        allowCredentials: [{ type: "public-key", id: credential.rawId }],
        userVerification: "required",
        extensions: prf(input),
      },
    });
    first = evaluated(again);
  }
  const { clientExtensionResults, ...rest } = credential.toJSON();
  return { credential: rest, secret: first ? url(first) : null };
};

// Runs what a button starts: the button waits, and what went wrong is said. Until this has run it cannot be pressed:
// a press that comes before the script would be lost.
export const guarded = (button, work) => {
  if (!("later" in button.dataset)) button.disabled = false;
  if (button.autofocus) button.focus();
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    button.disabled = true;
    said("");
    try {
      await work();
    } catch (error) {
      const { told } = error;
      said(told ? [told.sentence, told.hint].filter(Boolean).join(". ") : word({ NotAllowedError: "notDone", InvalidStateError: "sameKey" }[error.name] ?? "failed"));
      button.disabled = false;
      button.focus();
    }
  });
};
