/** One voice note is heard at a time. */
class Player {
  url = $state("");
  playing = $state(false);
  /** Seconds. */
  at = $state(0);
  #audio: HTMLAudioElement | undefined;

  toggle(url: string, length: number): void {
    const audio = this.#load(url, length);
    if (audio.paused) void audio.play().catch(() => (this.playing = false));
    else audio.pause();
  }

  seek(url: string, length: number, at: number): void {
    this.#load(url, length).currentTime = at;
    this.at = at;
  }

  stop(): void {
    this.#audio?.pause();
    this.#audio = undefined;
    this.url = "";
    this.at = 0;
  }

  #load(url: string, length: number): HTMLAudioElement {
    if (this.#audio && this.url === url) return this.#audio;
    this.#audio?.pause();
    const audio = new Audio(url);
    audio.onplay = () => (this.playing = true);
    audio.onpause = () => (this.playing = false);
    audio.ontimeupdate = () => (this.at = Math.min(audio.currentTime, length));
    audio.onended = () => (this.at = 0);
    this.#audio = audio;
    this.url = url;
    this.at = 0;
    return audio;
  }
}

export const play = new Player();
