/** What lies along the bottom of the window (the composer, a phone's navigation): toasts stay above it. */
class Foot {
  /** In pixels. */
  height = $state(0);
  #nodes = new Set<Element>();
  #sizes = new ResizeObserver(() => this.#look());

  constructor() {
    this.#sizes.observe(document.documentElement);
  }

  /** An attachment: `node` is not covered while it lies there. */
  keep = (node: Element): (() => void) => {
    this.#nodes.add(node);
    this.#sizes.observe(node);
    return () => {
      this.#nodes.delete(node);
      this.#sizes.unobserve(node);
      this.#look();
    };
  };

  /** What reaches over half of the window is a column beside, or hidden, and not below. */
  #look(): void {
    const rects = [...this.#nodes].map((node) => node.getBoundingClientRect());
    const below = rects.filter((rect) => rect.height && rect.height < innerHeight / 2);
    this.height = Math.max(0, ...below.map((rect) => innerHeight - rect.top));
  }
}

export const foot = new Foot();
