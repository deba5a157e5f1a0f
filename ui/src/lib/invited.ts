/** An invite link that another program opened: it is followed, or shown to be looked at first. */
import { begin as entry } from "./begin.svelte.ts";
import { short } from "./handles.ts";
import { overlays } from "./overlays.svelte.ts";
import { app, tryCall } from "./state.svelte.ts";
import { joinRequests } from "./words/joinRequests.ts";
import { people } from "./words/people.ts";

/** A link was followed: said, and the conversation opens when it is there. */
export function followed(kind: "contact" | "room", who: string, account: string): void {
  if (kind === "room") overlays.toast(joinRequests.asked(who), { hint: joinRequests.askedHint, kind: "good" });
  else {
    app.await(account, overlays.toast(people.followed(who), { hint: people.followedHint, kind: "good" }));
  }
}

/** With the account there, what the link of the first screen promised is done; any other one is shown. */
export function welcome(): void {
  const invite = app.invite;
  if (!invite) return;
  app.invite = undefined;
  if (entry.promised !== invite.text) return void overlays.dialog("AddContact", { way: "link", text: invite.text });
  entry.promised = "";
  void tryCall({ call: "FollowLink", text: invite.text, greeting: "" }).then((done) => {
    if (done) followed(invite.kind, short(invite.handle, app.me?.handle ?? ""), done.account);
  });
}
