/** What lies over the page: dialogs (components of `dialogs/`, by name), the one menu, and toasts. */
import type { IconName } from "./icons.ts";
import type { Props } from "./places.svelte.ts";

export interface OpenDialog {
  id: number;
  name: string;
  props: Props;
  /** Ends the dialog; `show` resolves with the result. */
  close: (result?: unknown) => void;
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  run?: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** For choices: shown with a tick where true. */
  checked?: boolean;
  /** A line above this item. */
  apart?: boolean;
  /** A second menu instead of an action. */
  items?: MenuItem[];
}

export interface OpenMenu {
  items: MenuItem[];
  label: string;
  x: number;
  y: number;
}

export interface Toast {
  id: number;
  text: string;
  hint: string;
  kind: "plain" | "good" | "bad";
  action: string;
  run: (() => void) | undefined;
  /** Stays until the person puts it away. */
  lasting: boolean;
}

const TOAST_MS = 6000;

class Overlays {
  dialogs = $state.raw<OpenDialog[]>([]);
  menu = $state.raw<OpenMenu | undefined>();
  toasts = $state.raw<Toast[]>([]);
  #count = 0;

  /** Show `dialogs/<name>.svelte`, which gets `props` and `close`. Resolves when it closes. */
  dialog<R = unknown>(name: string, props: Props = {}): Promise<R | undefined> {
    const id = ++this.#count;
    return new Promise((resolve) => {
      const close = (result?: unknown): void => {
        this.dialogs = this.dialogs.filter((one) => one.id !== id);
        resolve(result as R | undefined);
      };
      this.dialogs = [...this.dialogs, { id, name, props, close }];
    });
  }

  /** A menu at the pointer, or below the element that was used by keyboard. */
  showMenu(items: MenuItem[], label: string, at: MouseEvent | Element): void {
    let box: { x: number; y: number };
    if (at instanceof Element) {
      const rect = at.getBoundingClientRect();
      box = { x: rect.left, y: rect.bottom + 4 };
    } else {
      at.preventDefault();
      const target = at.currentTarget ?? at.target;
      const keyed = at.clientX === 0 && at.clientY === 0 && target instanceof Element;
      if (keyed) return this.showMenu(items, label, target);
      box = { x: at.clientX, y: at.clientY };
    }
    this.menu = { items, label, ...box };
  }

  /** Returns the id with which `dropToast` ends it early. */
  toast(text: string, more: Partial<Omit<Toast, "id" | "text">> = {}): number {
    const id = ++this.#count;
    const toast: Toast = { id, text, hint: "", kind: "plain", action: "", run: undefined, lasting: false, ...more };
    const others = this.toasts.filter((one) => one.text !== text || one.hint !== toast.hint || one.run || toast.run);
    const lasting = others.filter((one) => one.lasting);
    this.toasts = [...lasting, ...others.filter((one) => !one.lasting).slice(-2), toast];
    if (!toast.lasting) setTimeout(() => this.dropToast(id), toast.kind === "bad" ? 2 * TOAST_MS : TOAST_MS);
    return id;
  }

  dropToast(id: number): void {
    this.toasts = this.toasts.filter((one) => one.id !== id);
  }

  clear(): void {
    for (const one of this.dialogs) one.close();
    this.menu = undefined;
    this.toasts = [];
  }
}

export const overlays = new Overlays();
