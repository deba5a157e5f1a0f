import { ask, assertion, guarded } from "/static/passkeys.js";

const button = document.getElementById("sign");
guarded(button, async () => {
  const options = JSON.parse(button.dataset.options);
  const { credential } = await assertion({ options });
  const { go } = await ask("/sign", { credential });
  location.replace(go);
});
