import { ask, creation, guarded, said, word } from "/static/passkeys.js";

// The token stands behind the # of the address, which browsers send to nobody; it is taken out of the history at once.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
const show = (id) => ["wait", "steps", "paper"].forEach((one) => { document.getElementById(one).hidden = one !== id; });

const look = async () => {
  const { name, labels, known, enough } = await ask("/enrol/look", { token });
  document.getElementById("who").textContent = name;
  document.getElementById("recover").hidden = !known;
  const list = document.getElementById("labels");
  list.replaceChildren(...labels.map((label) => Object.assign(document.createElement("li"), { textContent: label })));
  document.getElementById("finish").disabled = !enough;
  show("steps");
};

const label = document.getElementById("label");
guarded(document.getElementById("add"), async () => {
  const made = await creation(await ask("/enrol/options", { token }));
  await ask("/enrol/passkey", { token, label: label.value, ...made });
  label.value = "";
  document.getElementById("add").disabled = false;
  await look();
});

guarded(document.getElementById("finish"), async () => {
  const { identity, known } = await ask("/enrol/finish", { token, identity: document.getElementById("identity").value });
  if (known) return location.replace("/sign-in?applied=1");
  document.getElementById("key").textContent = identity;
  show("paper");
});
document.getElementById("print").addEventListener("click", () => window.print());

look().catch((error) => { show("wait"); said(error.told ? `${error.told.sentence}. ${error.told.hint}` : word("failed")); });
