/** What the modules ask of a browser: a window that nothing happens in, and frames. */
import { vi } from "vitest";

vi.stubGlobal("window", globalThis);
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("requestAnimationFrame", (paint: () => void) => setTimeout(paint, 16));
vi.stubGlobal("cancelAnimationFrame", (frame: number) => clearTimeout(frame));
