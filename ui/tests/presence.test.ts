import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";

const asked = vi.fn(() => Promise.resolve());
vi.mock("../src/lib/transport.ts", () => ({ call: asked }));

describe("somebody who is there", () => {
  const heard = new EventTarget();
  beforeEach(() => {
    vi.stubGlobal("addEventListener", heard.addEventListener.bind(heard));
    vi.stubGlobal("removeEventListener", heard.removeEventListener.bind(heard));
    asked.mockClear();
  });

  afterAll(() => {
    vi.stubGlobal("addEventListener", () => undefined);
  });

  it.each(["pointerdown", "keydown", "input", "compositionupdate", "wheel", "touchstart"])(
    "is told by %s, and no more once nobody watches",
    async (sign) => {
      const { presence } = await import("../src/lib/presence.ts");
      const end = presence();
      heard.dispatchEvent(new Event(sign));
      heard.dispatchEvent(new Event(sign));
      expect(asked.mock.calls).toEqual([[{ call: "Active" }]]);
      end();
      presence()();
      heard.dispatchEvent(new Event(sign));
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );
});
