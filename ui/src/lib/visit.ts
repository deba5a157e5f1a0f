/** Opening panels about people from wherever one is: beside a conversation, or in the middle. */
import { type Props, places } from "./places.svelte.ts";

export function visit(name: string, props: Props = {}): void {
  if (places.now.room && !places.now.page && places.now.section === "chats")
    places.go({ side: name, sideProps: props });
  else places.go({ page: name, pageProps: props });
}
