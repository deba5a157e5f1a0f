// The original goes up as it is, without its name: nobody here needs it, and nothing here opens it.
import { said, word } from "/static/passkeys.js";

const form = document.getElementById("intake");
const file = document.getElementById("original");
const kept = document.getElementById("document");
const shown = document.getElementById("hash");

const send = async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  const button = form.querySelector("button.main");
  button.disabled = true;
  said("");
  shown.textContent = "…";
  try {
    if (chosen.size > Number(file.dataset.most)) throw Object.assign(new Error(), { told: { sentence: word("tooLarge"), hint: "" } });
    const answer = await fetch("/intake/document", {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream", "X-Desk-Token": document.body.dataset.token },
      body: chosen,
      redirect: "error",
    });
    const told = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(), { told });
    kept.value = told.id;
    shown.textContent = `SHA-256 ${told.sha256} · ${told.size}`;
  } catch (error) {
    shown.textContent = "";
    file.value = "";
    said(error.told ? [error.told.sentence, error.told.hint].filter(Boolean).join(". ") : word("failed"));
  }
  button.disabled = false;
};
file.addEventListener("change", send);
send(); // what was chosen before this file had arrived, or came back with the page
