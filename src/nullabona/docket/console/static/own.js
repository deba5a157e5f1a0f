import { ask, assertion, creation, guarded } from "/static/passkeys.js";

const label = document.getElementById("label");
guarded(document.getElementById("add"), async () => {
  const { sign, create } = await ask("/authenticators/options", { label: label.value });
  const signed = await assertion(sign);
  const made = await creation(create);
  const { go } = await ask("/authenticators", { signed: signed.credential, label: label.value, ...made });
  location.replace(go);
});
