import { ask, assertion, guarded } from "/static/passkeys.js";

const button = document.getElementById("sign-in");
guarded(button, async () => {
  const answer = await assertion(await ask("/sign-in/options", {}));
  const { go } = await ask("/sign-in", { ...answer, go: button.dataset.go });
  location.replace(go);
});
